/** API keys in Postgres. */
import { randomUUID } from 'node:crypto';
import type { KeyStore } from '../../application/ports/sign-in.ts';
import type { ApiKey, KeyLimits, Role } from '../../domain/api-key.ts';
import type { ProjectLimits } from '../../domain/project.ts';
import { Prisma } from '../prisma-client/client.ts';
import type { Database } from './connection.ts';
import { createSessionStore, limitsOf } from './session-store.ts';

interface Row {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly project: string | null;
  readonly limits: KeyLimits;
  readonly created_at: Date;
  readonly last_used_at: Date | null;
  readonly revoked_at: Date | null;
}

const columns = Prisma.sql`id, name, role, project, limits, created_at, last_used_at, revoked_at`;
/** `last_used_at` is not written with every request. */
const USED_SECONDS = 60;

export function createKeyStore(database: Database): KeyStore {
  return {
    create: async ({ name, role, project, limits, hash }) => {
      const [row] = await database.$queryRaw<Row[]>`
        INSERT INTO api_keys (id, name, role, project, limits, hash)
        VALUES (${randomUUID()}::uuid, ${name}, ${role}, ${project}::text, ${JSON.stringify(limits)}::jsonb, ${hash}::bytea)
        RETURNING ${columns}`;
      return keyOf(row!);
    },
    list: async (project) => {
      const of = project === undefined ? Prisma.empty : Prisma.sql`WHERE project = ${project}`;
      const rows = await database.$queryRaw<Row[]>`SELECT ${columns} FROM api_keys ${of} ORDER BY created_at DESC, id`;
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
      const [row] = await database.$queryRaw<(Row & { readonly project_limits: ProjectLimits | null })[]>`
        SELECT ${columns}, (SELECT p.limits FROM projects p WHERE p.name = k.project) AS project_limits
        FROM api_keys k WHERE hash = ${hash}::bytea AND revoked_at IS NULL`;
      if (row === undefined) return undefined;
      await database.$executeRaw`
        UPDATE api_keys SET last_used_at = now() WHERE id = ${row.id}::uuid
          AND (last_used_at IS NULL OR last_used_at < now() - make_interval(secs => ${USED_SECONDS}::double precision))`;
      const { id, name, role, project, limits, project_limits } = row;
      return { id, name, role, project, limits: limitsOf({ ...project_limits, ...limits }) };
    },
    ...createSessionStore(database),
  };
}

function keyOf(row: Row): ApiKey {
  return {
    id: row.id,
    name: row.name,
    role: row.role,
    project: row.project,
    limits: row.limits,
    createdAt: row.created_at.toISOString(),
    lastUsedAt: row.last_used_at?.toISOString() ?? null,
    revokedAt: row.revoked_at?.toISOString() ?? null,
  };
}
