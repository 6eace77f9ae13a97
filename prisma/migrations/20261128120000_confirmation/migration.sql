-- The best trials of a search can be trained again. Those runs are rows of trials, marked by what they repeat.
ALTER TABLE "searches" ADD COLUMN "confirmation" JSONB;
ALTER TABLE "trials" ADD COLUMN "confirms" INTEGER, ADD COLUMN "repeat" INTEGER;
