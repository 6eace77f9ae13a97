-- Browsers that sign in with an identity provider: sessions without a key, and sign-ins that have begun.
ALTER TABLE "sessions"
  ALTER COLUMN "key_hash" DROP NOT NULL,
  ADD COLUMN "user_id" TEXT,
  ADD COLUMN "user_name" TEXT,
  ADD COLUMN "role" TEXT,
  ADD COLUMN "project" TEXT,
  ADD CONSTRAINT "sessions_project_fkey" FOREIGN KEY ("project") REFERENCES "projects"("name") ON DELETE CASCADE ON UPDATE CASCADE;
CREATE TABLE "sign_ins" (
  "hash" BYTEA NOT NULL,
  "attempt" JSONB NOT NULL,
  "expires_at" TIMESTAMPTZ(3) NOT NULL,
  CONSTRAINT "sign_ins_pkey" PRIMARY KEY ("hash")
);
