-- Trials that wait at a rung, what they had come to, and stages of a search.
ALTER TABLE "searches"
  ADD COLUMN "paused" INTEGER NOT NULL DEFAULT 0,
  ADD COLUMN "stages" JSONB NOT NULL DEFAULT '[]',
  ADD COLUMN "epochs" BIGINT NOT NULL DEFAULT 0,
  ADD COLUMN "parent_id" UUID,
  ADD COLUMN "best_stage" INTEGER NOT NULL DEFAULT 0,
  ADD COLUMN "ended_by" TEXT;

ALTER TABLE "trials"
  ADD COLUMN "stage" INTEGER NOT NULL DEFAULT 0,
  ADD COLUMN "rung" INTEGER NOT NULL DEFAULT 0,
  ADD COLUMN "deviation" DOUBLE PRECISION,
  ADD COLUMN "verdict" JSONB;

ALTER TABLE "trials" DROP CONSTRAINT "trials_state_check";
ALTER TABLE "trials" ADD CONSTRAINT "trials_state_check"
  CHECK ("state" IN ('waiting', 'running', 'paused', 'complete', 'pruned', 'failed', 'cancelled'));

-- CreateTable
CREATE TABLE "reports" (
    "search_id" UUID NOT NULL,
    "epochs" INTEGER NOT NULL,
    "number" INTEGER NOT NULL,
    "value" DOUBLE PRECISION,

    CONSTRAINT "reports_pkey" PRIMARY KEY ("search_id","epochs","number")
);

-- CreateTable
CREATE TABLE "checkpoints" (
    "search_id" UUID NOT NULL,
    "number" INTEGER NOT NULL,
    "bytes" BYTEA NOT NULL,

    CONSTRAINT "checkpoints_pkey" PRIMARY KEY ("search_id","number")
);

-- AddForeignKey
ALTER TABLE "reports" ADD CONSTRAINT "reports_search_id_number_fkey" FOREIGN KEY ("search_id", "number") REFERENCES "trials"("search_id", "number") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "checkpoints" ADD CONSTRAINT "checkpoints_search_id_number_fkey" FOREIGN KEY ("search_id", "number") REFERENCES "trials"("search_id", "number") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "searches" ADD CONSTRAINT "searches_parent_id_fkey" FOREIGN KEY ("parent_id") REFERENCES "searches"("id") ON DELETE SET NULL ON UPDATE CASCADE;

ALTER TABLE "reports" ADD CONSTRAINT "reports_value_finite" CHECK ("value" IS NULL OR ("value" > '-Infinity' AND "value" < 'Infinity'));
-- Weights are noise: compressing them costs time and saves nothing.
ALTER TABLE "checkpoints" ALTER COLUMN "bytes" SET STORAGE EXTERNAL;
