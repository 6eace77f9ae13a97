-- The values of a search are read without its trials, whose rows are forty times as large. Prisma's schema cannot express this index.
CREATE INDEX "trials_complete_values_idx" ON "trials"("search_id", "stage", "number") INCLUDE ("value", "deviation")
  WHERE "state" = 'complete' AND "value" IS NOT NULL;
