/** API keys and sessions in Postgres. */
import { randomUUID } from 'node:crypto';
import type { KeyStore } from '../../application/ports.ts';
import type { ApiKey, Role } from '../../domain/api-key.ts';
import { Prisma } from '../prisma-client/client.ts';
import type { Database } from './connection.ts';

interface Row {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly created_at: Date;
  readonly last_used_at: Date | null;
  readonly revoked_at: Date | null;
}

const columns = Prisma.sql`id, name, role, created_at, last_used_at, revoked_at`;
/** `last_used_at` is not written with every request. */
const USED_SECONDS = 60;

export function createKeyStore(database: Database): KeyStore {
  return {
    create: async ({ name, role, hash }) => {
      const [row] = await database.$queryRaw<Row[]>`
        INSERT INTO api_keys (id, name, role, hash) VALUES (${randomUUID()}::uuid, ${name}, ${role}, ${hash}::bytea)
        RETURNING ${columns}`;
      return keyOf(row!);
    },
    list: async () => {
      const rows = await database.$queryRaw<Row[]>`SELECT ${columns} FROM api_keys ORDER BY created_at DESC, id`;
      return rows.map(keyOf);
    },
    revoke: async (id) => {
      const rows = await database.$queryRaw<unknown[]>`
        WITH revoked AS (
          UPDATE api_keys SET revoked_at = coalesce(revoked_at, now()) WHERE id = ${id}::uuid RETURNING hash
        ), ended AS (DELETE FROM sessions USING revoked WHERE sessions.key_hash = revoked.hash)
        SELECT 1 FROM revoked`;
      return rows.length > 0;
    },
    isAny: async () => {
      const rows = await database.$queryRaw<unknown[]>`SELECT 1 FROM api_keys LIMIT 1`;
      return rows.length > 0;
    },
    use: async (hash) => {
      const [row] = await database.$queryRaw<
        Row[]
      >`SELECT ${columns} FROM api_keys WHERE hash = ${hash}::bytea AND revoked_at IS NULL`;
      if (row === undefined) return undefined;
      await database.$executeRaw`
        UPDATE api_keys SET last_used_at = now() WHERE id = ${row.id}::uuid
          AND (last_used_at IS NULL OR last_used_at < now() - make_interval(secs => ${USED_SECONDS}::double precision))`;
      return keyOf(row);
    },
    beginSession: async (hash, keyHash, seconds) => {
      await database.$executeRaw`
        WITH expired AS (DELETE FROM sessions WHERE expires_at < now())
        INSERT INTO sessions (hash, key_hash, expires_at)
        VALUES (${hash}::bytea, ${keyHash}::bytea, now() + make_interval(secs => ${seconds}::double precision))`;
    },
    sessionKey: async (hash) => {
      const [row] = await database.$queryRaw<{ key_hash: Uint8Array }[]>`
        SELECT key_hash FROM sessions WHERE hash = ${hash}::bytea AND expires_at > now()`;
      return row?.key_hash;
    },
    endSession: async (hash) => {
      await database.$executeRaw`DELETE FROM sessions WHERE hash = ${hash}::bytea`;
    },
  };
}

function keyOf(row: Row): ApiKey {
  return {
    id: row.id,
    name: row.name,
    role: row.role,
    createdAt: row.created_at.toISOString(),
    lastUsedAt: row.last_used_at?.toISOString() ?? null,
    revokedAt: row.revoked_at?.toISOString() ?? null,
  };
}
