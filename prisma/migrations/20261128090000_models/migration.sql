CREATE TABLE "models" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "notes" TEXT NOT NULL DEFAULT '',
    "state" TEXT NOT NULL,
    "attempt" INTEGER NOT NULL DEFAULT 0,
    "worker" TEXT,
    "lease_until" TIMESTAMPTZ(3),
    "failure" TEXT,
    "search_id" UUID NOT NULL,
    "origin" JSONB NOT NULL,
    "facts" JSONB,
    "document" BYTEA,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "models_pkey" PRIMARY KEY ("id")
);

CREATE INDEX "models_created_at_id_idx" ON "models"("created_at", "id");
CREATE INDEX "models_search_id_idx" ON "models"("search_id");
CREATE INDEX "models_state_idx" ON "models"("state");
