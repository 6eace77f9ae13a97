-- How long threads worked on each search, for a fair share of them.
ALTER TABLE "searches" ADD COLUMN "virtual_time" DOUBLE PRECISION NOT NULL DEFAULT 0, ADD COLUMN "turn_seconds" DOUBLE PRECISION;
