-- How an uploaded data set's columns are taken: who parses it again must come to the same rows.
ALTER TABLE "datasets" ADD COLUMN "options" JSONB NOT NULL DEFAULT '{}';
ALTER TABLE "datasets" ADD COLUMN "dropped" INTEGER NOT NULL DEFAULT 0;
