-- API keys, sessions of browsers, and who made each change.
CREATE TABLE "api_keys" (
  "id" UUID NOT NULL,
  "name" TEXT NOT NULL,
  "role" TEXT NOT NULL,
  "hash" BYTEA NOT NULL,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "last_used_at" TIMESTAMPTZ(3),
  "revoked_at" TIMESTAMPTZ(3),
  CONSTRAINT "api_keys_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "api_keys_hash_key" ON "api_keys"("hash");
CREATE TABLE "sessions" (
  "hash" BYTEA NOT NULL,
  "key_hash" BYTEA NOT NULL,
  "expires_at" TIMESTAMPTZ(3) NOT NULL,
  CONSTRAINT "sessions_pkey" PRIMARY KEY ("hash")
);
CREATE INDEX "sessions_key_hash_idx" ON "sessions"("key_hash");
ALTER TABLE "events" ADD COLUMN "by" TEXT;
