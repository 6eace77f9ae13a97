-- The objective of a constant prediction, by stage, with which the best trial is compared. Empty for searches that exist already.
ALTER TABLE "searches" ADD COLUMN "baselines" JSONB NOT NULL DEFAULT '[]';
