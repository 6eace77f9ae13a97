-- Searches, data sets, models and keys belong to projects, which have limits.
CREATE TABLE "projects" (
  "name" TEXT NOT NULL,
  "limits" JSONB NOT NULL DEFAULT '{}',
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "projects_pkey" PRIMARY KEY ("name")
);
INSERT INTO "projects" ("name") VALUES ('default');
ALTER TABLE "searches" ADD COLUMN "project" TEXT NOT NULL DEFAULT 'default';
ALTER TABLE "datasets" ADD COLUMN "project" TEXT NOT NULL DEFAULT 'default';
ALTER TABLE "models" ADD COLUMN "project" TEXT NOT NULL DEFAULT 'default';
-- A key without a project acts on all.
ALTER TABLE "api_keys" ADD COLUMN "project" TEXT, ADD COLUMN "limits" JSONB NOT NULL DEFAULT '{}';
-- Of a project: the key of another one says nothing.
DROP INDEX "searches_idempotency_key_key";
CREATE UNIQUE INDEX "searches_project_idempotency_key_key" ON "searches"("project", "idempotency_key");
CREATE INDEX "searches_project_created_at_id_idx" ON "searches"("project", "created_at", "id");
CREATE INDEX "models_project_created_at_id_idx" ON "models"("project", "created_at", "id");
CREATE INDEX "datasets_project_name_idx" ON "datasets"("project", "name");
ALTER TABLE "searches" ADD CONSTRAINT "searches_project_fkey" FOREIGN KEY ("project") REFERENCES "projects"("name") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "datasets" ADD CONSTRAINT "datasets_project_fkey" FOREIGN KEY ("project") REFERENCES "projects"("name") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "models" ADD CONSTRAINT "models_project_fkey" FOREIGN KEY ("project") REFERENCES "projects"("name") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_project_fkey" FOREIGN KEY ("project") REFERENCES "projects"("name") ON DELETE RESTRICT ON UPDATE CASCADE;
