-- Curves and findings of trials that have ended are stored compressed (src/adapters/postgres/packed-trials.ts).
ALTER TABLE "trials" ADD COLUMN "packed" BYTEA;
-- Postgres would try in vain to compress them once more.
ALTER TABLE "trials" ALTER COLUMN "packed" SET STORAGE EXTERNAL;
-- Those that ended without a result of their own, or under an earlier version, are packed some time later. Imported ones stay as they are.
CREATE INDEX "trials_unpacked_idx" ON "trials" ("search_id", "number")
  WHERE "curves" IS NOT NULL AND "job" <> '' AND "state" IN ('complete', 'pruned', 'failed', 'cancelled');
