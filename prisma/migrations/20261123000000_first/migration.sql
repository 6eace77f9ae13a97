-- CreateTable
CREATE TABLE "searches" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "specification" JSONB NOT NULL,
    "dataset" TEXT NOT NULL,
    "dataset_hash" TEXT NOT NULL,
    "direction" TEXT NOT NULL,
    "total" INTEGER NOT NULL,
    "planned" INTEGER NOT NULL DEFAULT 0,
    "waiting" INTEGER NOT NULL DEFAULT 0,
    "running" INTEGER NOT NULL DEFAULT 0,
    "complete" INTEGER NOT NULL DEFAULT 0,
    "pruned" INTEGER NOT NULL DEFAULT 0,
    "failed" INTEGER NOT NULL DEFAULT 0,
    "cancelled" INTEGER NOT NULL DEFAULT 0,
    "diverged" INTEGER NOT NULL DEFAULT 0,
    "best_value" DOUBLE PRECISION,
    "best_number" INTEGER,
    "event_seq" INTEGER NOT NULL DEFAULT 0,
    "failure" TEXT,
    "idempotency_key" TEXT,
    "request_hash" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "searches_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "trials" (
    "search_id" UUID NOT NULL,
    "number" INTEGER NOT NULL,
    "state" TEXT NOT NULL,
    "attempt" INTEGER NOT NULL DEFAULT 0,
    "failures" INTEGER NOT NULL DEFAULT 0,
    "job" TEXT NOT NULL,
    "hyperparameters" JSONB NOT NULL,
    "value" DOUBLE PRECISION,
    "outcome" TEXT,
    "reason" TEXT,
    "epochs" INTEGER NOT NULL DEFAULT 0,
    "curves" JSONB,
    "result_hash" TEXT,
    "kernels" TEXT,
    "worker" TEXT,
    "lease_until" TIMESTAMPTZ(3),
    "started_at" TIMESTAMPTZ(3),
    "finished_at" TIMESTAMPTZ(3),
    "duration_ms" DOUBLE PRECISION,

    CONSTRAINT "trials_pkey" PRIMARY KEY ("search_id","number")
);

-- CreateTable
CREATE TABLE "events" (
    "search_id" UUID NOT NULL,
    "seq" INTEGER NOT NULL,
    "type" TEXT NOT NULL,
    "data" JSONB NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "events_pkey" PRIMARY KEY ("search_id","seq")
);

-- CreateTable
CREATE TABLE "datasets" (
    "name" TEXT NOT NULL,
    "title" TEXT NOT NULL,
    "task" TEXT NOT NULL,
    "target" TEXT NOT NULL,
    "hash" TEXT NOT NULL,
    "rows" INTEGER NOT NULL,
    "features" INTEGER NOT NULL,
    "classes" TEXT[],
    "feature_names" TEXT[],
    "csv" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "datasets_pkey" PRIMARY KEY ("name")
);

-- CreateIndex
CREATE UNIQUE INDEX "searches_idempotency_key_key" ON "searches"("idempotency_key");

-- CreateIndex
CREATE INDEX "searches_created_at_id_idx" ON "searches"("created_at", "id");

-- CreateIndex
CREATE INDEX "searches_state_idx" ON "searches"("state");

-- CreateIndex
CREATE INDEX "trials_search_id_value_number_idx" ON "trials"("search_id", "value", "number");

-- CreateIndex
CREATE INDEX "trials_best_first_idx" ON "trials"("search_id", "value" DESC, "number");

-- CreateIndex
CREATE INDEX "trials_search_id_state_number_idx" ON "trials"("search_id", "state", "number");

-- AddForeignKey
ALTER TABLE "trials" ADD CONSTRAINT "trials_search_id_fkey" FOREIGN KEY ("search_id") REFERENCES "searches"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "events" ADD CONSTRAINT "events_search_id_fkey" FOREIGN KEY ("search_id") REFERENCES "searches"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- The states are words of the vocabulary, nothing else (Prisma does not model checks, so they stand here alone).
ALTER TABLE "searches" ADD CONSTRAINT "searches_state_check" CHECK ("state" IN ('running', 'paused', 'complete', 'failed', 'cancelled'));
ALTER TABLE "trials" ADD CONSTRAINT "trials_state_check" CHECK ("state" IN ('waiting', 'running', 'complete', 'pruned', 'failed', 'cancelled'));
-- No number that is not a number can be stored as a value, let alone become best (law 8).
ALTER TABLE "trials" ADD CONSTRAINT "trials_value_finite" CHECK ("value" IS NULL OR ("value" > '-Infinity' AND "value" < 'Infinity'));
