// Applies prisma/migrations at start, with no Prisma command line: same table, checksums and lock as
// `prisma migrate deploy`, so that the two may be mixed, even at the same moment.
import { createHash, randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { messageOf } from '../../errors.ts';

/** The number that Prisma's own engine locks while it migrates. */
export const migrationLock = 72707369;

/** A migration that cannot be applied, or that contradicts what the database has on record. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError';
}

export interface Migration {
  /** It begins with its date: the order of names is that of migrations. */
  readonly name: string;
  readonly sql: string;
}

interface Recorded {
  readonly checksum: string;
  readonly finished: boolean;
  readonly logs: string | null;
}

/**
 * Applies, in order of their names, the migrations in `directory` that the database at `url` does not have yet.
 * A server that is not up yet is waited for. Of several processes one applies, the others wait and find it done.
 *
 * @returns the names of those applied now.
 * @throws MigrationError if one fails, failed earlier, or was edited after it was applied, and if the database has newer ones.
 */
export async function applyMigrations(url: string, directory: string, waitMs = 10_000): Promise<string[]> {
  const migrations = await readMigrations(directory);
  const client = await connect(url, waitMs);
  try {
    // Held by the connection, so it is free again when this ends, in whatever way.
    await client.query('select pg_advisory_lock($1)', [migrationLock]);
    const recorded = await readRecorded(client);
    refuseNewer(migrations, [...recorded.keys()]);
    const due = migrations.filter((migration) => !isDone(migration, recorded.get(migration.name)));
    for (const migration of due) await apply(client, migration);
    return due.map(({ name }) => name);
  } finally {
    await client.end();
  }
}

/** Those in `directory`, in order. */
export async function readMigrations(directory: string): Promise<Migration[]> {
  const entries = await readdir(directory, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return Promise.all(
    names
      .sort()
      .map(async (name) => ({ name, sql: await readFile(path.join(directory, name, 'migration.sql'), 'utf8') })),
  );
}

/** SQLSTATE 57P03: starting up; 53300: all connections in use just now. */
const passingFaults = new Set(['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', '57P03', '53300']);

async function connect(url: string, waitMs: number): Promise<pg.Client> {
  for (const until = Date.now() + waitMs; ; ) {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: Math.max(waitMs, 1_000) });
    // A failing query rejects by itself; without a listener a lost connection would end the process.
    client.on('error', () => undefined);
    try {
      await client.connect();
      return client;
    } catch (error) {
      await client.end().catch(() => undefined);
      const { code } = error as { code?: string };
      if (!passingFaults.has(code ?? '') || Date.now() > until) throw error;
      await sleep(200);
    }
  }
}

const MIGRATIONS_TABLE = `create table if not exists "_prisma_migrations" (
  "id" varchar(36) primary key not null,
  "checksum" varchar(64) not null,
  "finished_at" timestamptz,
  "migration_name" varchar(255) not null,
  "logs" text,
  "rolled_back_at" timestamptz,
  "started_at" timestamptz not null default now(),
  "applied_steps_count" integer not null default 0
)`;

async function readRecorded(client: pg.Client): Promise<Map<string, Recorded>> {
  await client.query(MIGRATIONS_TABLE);
  const { rows } = await client.query<Recorded & { name: string }>(
    `select migration_name as name, checksum, finished_at is not null as finished, logs
     from "_prisma_migrations" where rolled_back_at is null order by started_at`,
  );
  return new Map(rows.map((row) => [row.name, row]));
}

function isDone({ name, sql }: Migration, recorded: Recorded | undefined): boolean {
  if (!recorded) return false;
  if (!recorded.finished) {
    throw new MigrationError(
      `Migration ${name} failed earlier, and nothing is migrated until that is settled` +
        `${recorded.logs ? ` (${recorded.logs})` : ''}. Repair the database, then run ` +
        `"npx prisma migrate resolve" with --rolled-back ${name} to have it applied again, or --applied ${name} if it is in effect.`,
    );
  }
  if (!checksums(sql).includes(recorded.checksum)) {
    throw new MigrationError(
      `Migration ${name} was edited after it was applied to this database. Restore ` +
        `${name}/migration.sql as it was, and put the change into a new migration.`,
    );
  }
  return true;
}

/** An older program does not know what a newer one has made of the tables. */
function refuseNewer(migrations: readonly Migration[], recorded: readonly string[]): void {
  const newest = migrations.at(-1)?.name ?? '';
  const newer = recorded.filter((name) => name > newest).sort();
  if (newer.length === 0) return;
  throw new MigrationError(
    `The database belongs to a newer version of hypersearch: it has the migration ${newer.join(', ')}, and the newest that this version ` +
      `knows is ${newest}. Start the newer version, or restore a backup from before the upgrade.`,
  );
}

/** The file's own first, then those of its other line endings, which a checkout on Windows may have changed. */
function checksums(sql: string): string[] {
  const unix = sql.replaceAll('\r\n', '\n');
  return [sql, unix, unix.replaceAll('\n', '\r\n')].map((text) => createHash('sha256').update(text).digest('hex'));
}

/**
 * Applies `migrations` in the transaction that `client` is in: all of them take effect with it, or none.
 *
 * @throws MigrationError if one fails.
 */
export async function applyWithin(client: pg.Client, migrations: readonly Migration[]): Promise<void> {
  await client.query(MIGRATIONS_TABLE);
  for (const { name, sql } of migrations) {
    await client.query(sql).catch((error: unknown) => {
      throw new MigrationError(`Migration ${name} failed: ${messageOf(error)}`, { cause: error });
    });
    await client.query(
      `insert into "_prisma_migrations" (id, checksum, migration_name, finished_at, applied_steps_count)
       values ($1, $2, $3, clock_timestamp(), 1)`,
      [randomUUID(), checksums(sql)[0], name],
    );
  }
}

/** Recorded as begun before it runs: if it fails, or we are killed, the next start knows that it must not go on. */
async function apply(client: pg.Client, { name, sql }: Migration): Promise<void> {
  const id = randomUUID();
  await client.query('insert into "_prisma_migrations" (id, checksum, migration_name) values ($1, $2, $3)', [
    id,
    checksums(sql)[0],
    name,
  ]);
  try {
    // Without parameters a script of many statements is one message, and one transaction.
    await client.query(sql);
  } catch (error) {
    const message = messageOf(error);
    // If this fails too, the connection is lost, and the row that was begun says enough.
    await client.query('update "_prisma_migrations" set logs = $2 where id = $1', [id, message]).catch(() => undefined);
    throw new MigrationError(`Migration ${name} failed: ${message}`, { cause: error });
  }
  await client.query('update "_prisma_migrations" set finished_at = now(), applied_steps_count = 1 where id = $1', [
    id,
  ]);
}
