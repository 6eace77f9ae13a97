-- When the events of a search's trials, and the others, were removed.
ALTER TABLE "searches" ADD COLUMN "events_removed_at" TIMESTAMPTZ(3), ADD COLUMN "audit_removed_at" TIMESTAMPTZ(3);
