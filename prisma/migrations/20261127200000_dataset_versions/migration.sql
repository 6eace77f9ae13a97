-- The same name uploaded again is a new version: searches keep the one they began with.
ALTER TABLE "datasets" ADD COLUMN "version" INTEGER NOT NULL DEFAULT 1;
ALTER TABLE "datasets" ADD COLUMN "hints" JSONB NOT NULL DEFAULT '[]';
ALTER TABLE "datasets" DROP CONSTRAINT "datasets_pkey", ADD CONSTRAINT "datasets_pkey" PRIMARY KEY ("name", "hash");
CREATE UNIQUE INDEX "datasets_name_version_key" ON "datasets"("name", "version");
CREATE INDEX "searches_dataset_idx" ON "searches"("dataset");
