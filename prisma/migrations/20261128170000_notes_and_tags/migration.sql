-- Searches and trials have notes and tags.
ALTER TABLE "searches" ADD COLUMN "notes" TEXT NOT NULL DEFAULT '', ADD COLUMN "tags" TEXT[] NOT NULL DEFAULT ARRAY[]::TEXT[];
ALTER TABLE "trials" ADD COLUMN "notes" TEXT NOT NULL DEFAULT '', ADD COLUMN "tags" TEXT[] NOT NULL DEFAULT ARRAY[]::TEXT[];
