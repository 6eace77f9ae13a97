-- When layer signals and curves of a search's trials were removed.
ALTER TABLE "searches" ADD COLUMN "signals_removed_at" TIMESTAMPTZ(3), ADD COLUMN "curves_removed_at" TIMESTAMPTZ(3);
