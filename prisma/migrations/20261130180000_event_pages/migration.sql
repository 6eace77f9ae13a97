-- The sequence number up to which the events of a search are packed.
-- Before the reference below, whose lock is a lesser one: changes of searches that are under way would wait for it, and this for them.
ALTER TABLE "searches" ADD COLUMN "events_packed" INTEGER NOT NULL DEFAULT 0;
-- Events of searches that have ended are stored compressed, many to a row (src/adapters/postgres/event-log.ts).
CREATE TABLE "event_pages" (
  "search_id" UUID NOT NULL REFERENCES "searches" ("id") ON DELETE CASCADE ON UPDATE CASCADE,
  "last_seq" INTEGER NOT NULL,
  "events" INTEGER NOT NULL,
  "packed" BYTEA NOT NULL,
  "without" TEXT[] NOT NULL DEFAULT '{}',
  CONSTRAINT "event_pages_pkey" PRIMARY KEY ("search_id", "last_seq")
);
-- Postgres would try in vain to compress them once more.
ALTER TABLE "event_pages" ALTER COLUMN "packed" SET STORAGE EXTERNAL;
