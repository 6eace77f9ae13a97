/** Backup of all state into one file, and its restore. The queue is not in it: reconciling adds the jobs of waiting trials again. */
import { createWriteStream, existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { createGzip } from 'node:zlib';
import pg from 'pg';
import { from, to } from 'pg-copy-streams';
import { DEFAULT_PROJECT } from '../../domain/project.ts';
import {
  BackupError,
  type BackupHead,
  type BackupReader,
  FORMAT,
  framed,
  headLine,
  openBackup,
  sealed,
  verifyChecksum,
} from './backup-file.ts';
import { applyMigrations, applyWithin, type Migration, migrationLock, readMigrations } from './migrations.ts';

/** A table comes after those that it references. */
export const backedUpTables = [
  'projects',
  'api_keys',
  'datasets',
  'searches',
  'trials',
  'reports',
  'checkpoints',
  'events',
  'event_pages',
  'models',
] as const;
/** Sign-ins of browsers, which a restored service must not accept. */
export const tablesLeftOut = ['sessions', 'sign_ins', 'logout_tokens'] as const;

/**
 * Writes a consistent snapshot of the database at `url` into a new file that only its owner may read. Searches may run meanwhile.
 *
 * @throws if the file exists, or the database has no tables of hypersearch. No file is left then.
 */
export async function backup(url: string, file: string, version: string): Promise<BackupHead> {
  if (existsSync(file)) throw new BackupError(`${file} exists already: name a new file`);
  const partial = `${file}.partial`;
  return withClient(url, async (client) => {
    await client.query('BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY');
    const head = await describe(client, version);
    try {
      await pipeline(
        Readable.from(snapshot(client, head), { objectMode: false }),
        createGzip(),
        sealed,
        createWriteStream(partial, { flags: 'wx', mode: 0o600, flush: true }),
      );
      await rename(partial, file);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') await rm(partial, { force: true });
      throw error;
    }
    return head;
  });
}

async function describe(client: pg.Client, version: string): Promise<BackupHead> {
  const found = await client.query<{ there: boolean }>(
    `select to_regclass('"_prisma_migrations"') is not null and to_regclass('searches') is not null as there`,
  );
  if (found.rows[0]?.there !== true)
    throw new BackupError('the database has no tables of hypersearch: nothing to back up');
  const migrations = await client.query<{ name: string }>(
    `select migration_name as name from "_prisma_migrations"
     where finished_at is not null and rolled_back_at is null order by migration_name`,
  );
  const tables: BackupHead['tables'] = [];
  for (const name of await existing(client, backedUpTables)) {
    const { rows: columns } = await client.query<{ name: string }>(
      `select attname as name from pg_attribute
       where attrelid = $1::regclass and attnum > 0 and not attisdropped and attgenerated = '' order by attnum`,
      [name],
    );
    const { rows } = await client.query<{ count: string }>(`select count(*) from ${pg.escapeIdentifier(name)}`);
    tables.push({ name, columns: columns.map((column) => column.name), rows: Number(rows[0]?.count) });
  }
  const createdAt = new Date().toISOString();
  return {
    kind: 'hypersearch backup',
    format: FORMAT,
    version,
    createdAt,
    migrations: migrations.rows.map((row) => row.name),
    tables,
  };
}

/** A database of an earlier version, which is not upgraded yet, lacks some. */
async function existing(client: pg.Client, names: readonly string[]): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    'select name from unnest($1::text[]) with ordinality as list(name, place) where to_regclass(name) is not null order by place',
    [names],
  );
  return rows.map(({ name }) => name);
}

async function* snapshot(client: pg.Client, head: BackupHead): AsyncGenerator<Buffer> {
  yield headLine(head);
  for (const table of head.tables) yield* framed(client.query(to(`COPY ${listOf(table)} TO STDOUT`)));
}

function listOf({ name, columns }: BackupHead['tables'][number]): string {
  return `${pg.escapeIdentifier(name)} (${columns.map((column) => pg.escapeIdentifier(column)).join(', ')})`;
}

export interface RestoreOptions {
  /** Of prisma/migrations. */
  readonly migrations: string;
  /** Whether what the database has is deleted first. */
  readonly replace: boolean;
}

/** What was restored, and how many migrations then brought it up to date. */
export interface Restored extends BackupHead {
  readonly upgradedBy: number;
}

/**
 * Loads a backup in one transaction, into a database that is empty unless `replace` is set. The tables are made where they are missing. A backup of an
 * earlier version is loaded into tables as they were then, which are migrated in the same transaction.
 *
 * @throws if the file is damaged or of a newer version, if the database is in use or not empty. Nothing stored has changed then.
 */
export async function restore(url: string, file: string, options: RestoreOptions): Promise<Restored> {
  await verifyChecksum(file);
  const reader = await openBackup(file);
  try {
    const { had, due } = split(reader.head, await readMigrations(options.migrations));
    await withClient(url, refuseIfUsed);
    await applyMigrations(url, options.migrations);
    await withClient(url, async (client) => {
      // A service that starts now waits for this lock until the restore is over.
      await client.query('select pg_advisory_lock($1)', [migrationLock]);
      await refuseIfUsed(client);
      await client.query('BEGIN');
      if (!options.replace) await refuseIfFilled(client);
      if (due.length > 0) await rebuild(client, had);
      await load(client, reader);
      await applyWithin(client, due);
      await client.query('COMMIT');
    });
    return { ...reader.head, upgradedBy: due.length };
  } finally {
    reader.close();
  }
}

/** This program's migrations: those that the backup had, and those that upgrade it. */
function split({ migrations, version }: BackupHead, own: readonly Migration[]): { had: Migration[]; due: Migration[] } {
  const newer = migrations.filter((name) => !own.some((migration) => migration.name === name));
  if (newer.length > 0) {
    throw new BackupError(
      `the backup was written by a newer version of hypersearch (${version}): it has the migration ${newer.join(', ')}, which this version does not know. Restore it with that version`,
    );
  }
  const isHad = ({ name }: Migration) => migrations.includes(name);
  return { had: own.filter(isHad), due: own.filter((migration) => !isHad(migration)) };
}

/** Makes all tables anew, empty, as these migrations leave them. */
async function rebuild(client: pg.Client, migrations: readonly Migration[]): Promise<void> {
  await client.query(`DROP TABLE ${[...backedUpTables, ...tablesLeftOut, '"_prisma_migrations"'].join(', ')}`);
  await applyWithin(client, migrations);
}

/** Connections that have just been closed are still listed for a moment. */
const CLOSING_MS = 2_000;

async function refuseIfUsed(client: pg.Client): Promise<void> {
  for (const until = Date.now() + CLOSING_MS; ; await sleep(50)) {
    const { rows } = await client.query<{ pid: number; name: string | null }>(
      `select pid, application_name as name from pg_stat_activity
       where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid()`,
    );
    if (rows.length === 0) return;
    if (Date.now() < until) continue;
    const names = [...new Set(rows.map(({ name }) => name || 'unnamed'))].join(', ');
    throw new BackupError(
      `the database is in use: ${rows.length} other connections (${names}). Stop every api and worker process (Ctrl-C or SIGTERM), close other programs, and restore again`,
    );
  }
}

async function load(client: pg.Client, reader: BackupReader): Promise<void> {
  // Also what migrations have put there: the default project.
  await client.query(`TRUNCATE ${(await existing(client, [...backedUpTables, ...tablesLeftOut])).join(', ')}`);
  for (const table of reader.head.tables) {
    const copy = client.query(from(`COPY ${listOf(table)} FROM STDIN`));
    await pipeline(reader.table(), copy);
    if (copy.rowCount !== table.rows) {
      throw new BackupError(`${table.name}: the backup has ${copy.rowCount} rows instead of ${table.rows}`);
    }
  }
}

async function refuseIfFilled(client: pg.Client): Promise<void> {
  for (const name of backedUpTables) {
    // An empty database has the default project.
    const own = name === 'projects' ? `where name <> '${DEFAULT_PROJECT}' or limits <> '{}'` : '';
    const { rows } = await client.query<{ count: string }>(`select count(*) from ${pg.escapeIdentifier(name)} ${own}`);
    const count = Number(rows[0]?.count);
    if (count === 0) continue;
    throw new BackupError(
      `the database is not empty: ${name} has ${count} rows. Restore into an empty database, or delete what it has with --replace`,
    );
  }
}

/** What is not committed at the end is undone by Postgres. */
async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, application_name: 'hypersearch backup' });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
