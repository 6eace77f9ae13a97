/** Sessions of browsers in Postgres, and sign-ins that have begun. */
import type { EndedSession, ProviderLogout, SessionStore, SignInAttempt } from '../../application/ports/sign-in.ts';
import type { KeyLimits, Role } from '../../domain/api-key.ts';
import type { ProjectLimits } from '../../domain/project.ts';
import { Prisma } from '../prisma-client/client.ts';
import type { Database } from './connection.ts';

/** Either with the hash of a key or with what is known of a user. */
type Row =
  | { readonly key_hash: Uint8Array }
  | {
      readonly key_hash: null;
      readonly user_id: string;
      readonly user_name: string;
      readonly role: Role;
      readonly project: string | null;
      readonly project_limits: ProjectLimits | null;
    };

/** Of a user, or of a key that is in the table, or of one that is not. */
interface ListedRow {
  readonly id: string;
  readonly key_hash: Uint8Array | null;
  readonly name: string | null;
  readonly role: Role | null;
  readonly project: string | null;
  readonly started_at: Date;
  readonly expires_at: Date;
}

export function createSessionStore(database: Database): SessionStore {
  return {
    beginSession: async (hash, keyHash, seconds) => {
      await database.$executeRaw`
        WITH expired AS (DELETE FROM sessions WHERE expires_at < now())
        INSERT INTO sessions (hash, key_hash, expires_at) VALUES (${hash}::bytea, ${keyHash}::bytea, ${after(seconds)})`;
    },
    session: async (hash) => {
      const [row] = await database.$queryRaw<Row[]>`
        SELECT s.key_hash, s.user_id, s.user_name, s.role, s.project, p.limits AS project_limits
        FROM sessions s LEFT JOIN projects p ON p.name = s.project WHERE s.hash = ${hash}::bytea AND s.expires_at > now()`;
      if (row === undefined) return undefined;
      if (row.key_hash !== null) return { keyHash: row.key_hash };
      const { user_id: id, user_name: name, role, project, project_limits } = row;
      return { principal: { id, name, role, project, limits: limitsOf(project_limits ?? undefined) } };
    },
    beginUserSession: async (hash, { id, name, role, project }, { session, idToken }, seconds) => {
      await database.$executeRaw`
        WITH expired AS (DELETE FROM sessions WHERE expires_at < now())
        INSERT INTO sessions (hash, user_id, user_name, role, project, provider_session, id_token, expires_at)
        VALUES (${hash}::bytea, ${id}, ${name}, ${role}, ${project}::text, ${session ?? null}::text, ${idToken ?? null}::text,
          ${after(seconds)})`;
    },
    beginSignIn: async (hash, attempt, seconds) => {
      await database.$executeRaw`
        WITH expired AS (DELETE FROM sign_ins WHERE expires_at < now())
        INSERT INTO sign_ins (hash, attempt, expires_at)
        VALUES (${hash}::bytea, ${JSON.stringify(attempt)}::jsonb, ${after(seconds)})`;
    },
    takeSignIn: async (hash) => {
      const [row] = await database.$queryRaw<{ attempt: SignInAttempt; expired: boolean }[]>`
        DELETE FROM sign_ins WHERE hash = ${hash}::bytea RETURNING attempt, expires_at < now() AS expired`;
      return row === undefined || row.expired ? undefined : row.attempt;
    },
    endSession: async (hash) => {
      const [row] = await database.$queryRaw<{ user_id: string | null; id_token: string | null }[]>`
        DELETE FROM sessions WHERE hash = ${hash}::bytea AND expires_at > now() RETURNING user_id, id_token`;
      return row && ({ userId: row.user_id ?? undefined, idToken: row.id_token ?? undefined } satisfies EndedSession);
    },
    listSessions: async (project) => {
      const of = project === undefined ? Prisma.empty : Prisma.sql`AND coalesce(k.project, s.project) = ${project}`;
      const rows = await database.$queryRaw<ListedRow[]>`
        SELECT s.id, s.key_hash, coalesce(k.name, s.user_name) AS name, coalesce(k.role, s.role) AS role,
          coalesce(k.project, s.project) AS project, s.started_at, s.expires_at
        FROM sessions s LEFT JOIN api_keys k ON k.hash = s.key_hash
        WHERE s.expires_at > now() ${of} ORDER BY s.started_at DESC, s.id`;
      return rows.map(({ id, key_hash, name, role, project: own, started_at, expires_at }) => ({
        id,
        owner: name === null || role === null ? { keyHash: key_hash! } : { name, role, project: own },
        startedAt: started_at.toISOString(),
        expiresAt: expires_at.toISOString(),
      }));
    },
    revokeSession: async (id) =>
      (await database.$executeRaw`DELETE FROM sessions WHERE id = ${id}::uuid AND expires_at > now()`) > 0,
    endSessionsOf: async (issuer, logout, hash, seconds) => {
      // One statement: a token whose sessions could not be ended is not used, and may come again.
      const [row] = await database.$queryRaw<{ readonly is_new: boolean; readonly ended: number }[]>`
        WITH expired AS (DELETE FROM logout_tokens WHERE expires_at < now()),
        used AS (
          INSERT INTO logout_tokens (hash, expires_at) VALUES (${hash}::bytea, ${after(seconds)})
          ON CONFLICT DO NOTHING RETURNING 1
        ),
        ended AS (DELETE FROM sessions WHERE EXISTS (SELECT 1 FROM used) AND ${isMeant(issuer, logout)} RETURNING 1)
        SELECT EXISTS (SELECT 1 FROM used) AS is_new, (SELECT count(*)::int FROM ended) AS ended`;
      return row!.is_new ? row!.ended : undefined;
    },
  };
}

/** Of a user all, or those of the session that is named. One of which the provider named no session may be any of the user's. */
function isMeant(issuer: string, { subject, session }: ProviderLogout): Prisma.Sql {
  const isOfUser =
    subject === undefined
      ? Prisma.sql`starts_with(user_id, ${`${issuer} `})`
      : Prisma.sql`user_id = ${`${issuer} ${subject}`}`;
  if (session === undefined) return isOfUser;
  const mayBe = subject === undefined ? Prisma.sql`false` : Prisma.sql`provider_session IS NULL`;
  return Prisma.sql`${isOfUser} AND (provider_session = ${session} OR ${mayBe})`;
}

function after(seconds: number): Prisma.Sql {
  return Prisma.sql`now() + make_interval(secs => ${seconds}::double precision)`;
}

/** Those that count for a principal. */
export function limitsOf({ requestsPerMinute, websockets }: ProjectLimits = {}): KeyLimits {
  return { requestsPerMinute, websockets };
}
