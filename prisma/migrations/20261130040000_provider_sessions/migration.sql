-- Sessions that an admin can name, and that the identity provider can end.
ALTER TABLE "sessions"
  ADD COLUMN "id" UUID NOT NULL DEFAULT gen_random_uuid(),
  ADD COLUMN "started_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  ADD COLUMN "provider_session" TEXT,
  ADD COLUMN "id_token" TEXT;
CREATE TABLE "logout_tokens" (
  "hash" BYTEA NOT NULL,
  "expires_at" TIMESTAMPTZ(3) NOT NULL,
  CONSTRAINT "logout_tokens_pkey" PRIMARY KEY ("hash")
);
