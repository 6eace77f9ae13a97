-- What was found in a trial, and the codes of it, for lists and filters.
ALTER TABLE "trials"
  ADD COLUMN "findings" JSONB NOT NULL DEFAULT '[]',
  ADD COLUMN "found" TEXT[] NOT NULL DEFAULT '{}';
