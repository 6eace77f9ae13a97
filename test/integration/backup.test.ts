/** Backup in the middle of a search, restore elsewhere: the search ends by itself, with the bits of an undisturbed one. */

import { createHash, randomUUID } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { backedUpTables, backup, restore, tablesLeftOut } from '../../src/adapters/postgres/backup.ts';
import { applyMigrations } from '../../src/adapters/postgres/migrations.ts';
import type { ApiClient } from '../../src/cli/api-client.ts';
import { projectRoot } from '../../src/paths.ts';
import { createTestDatabase, withPostgres } from '../support/postgres.ts';
import { eventually, main, run } from '../support/processes.ts';
import { ended, expectSound, lasting } from '../support/searches.ts';
import { startTestService } from '../support/service.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary.ts';

const options = { migrations: join(projectRoot, 'prisma', 'migrations'), replace: false };
const specification = lasting(40, 24, {
  sampler: { type: 'tpe', seed: 3 },
  pruner: { type: 'hyperband' },
});

let folder: TemporaryFolder;
let file: string;
let undisturbed: Map<number, string | null>;

async function hashes(client: ApiClient, id: string): Promise<Map<number, string | null>> {
  const text = await (await client.export(id, 'ndjson')).text();
  const trials = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { number: number; resultHash: string | null });
  return new Map(trials.map(({ number, resultHash }) => [number, resultHash]));
}

async function rowsOf(url: string): Promise<Record<string, number>> {
  return withPostgres(url, async (client) => {
    const counts: Record<string, number> = {};
    for (const name of backedUpTables) {
      counts[name] = Number((await client.query<{ count: string }>(`select count(*) from ${name}`)).rows[0]?.count);
    }
    return counts;
  });
}

beforeAll(async () => {
  folder = await temporaryFolder();
  file = join(folder.path, 'backup');
  const service = await startTestService();
  try {
    const { id } = await service.client.create(specification);
    // Some have ended, some wait at a rung. How many are complete by then depends on the brackets, and these on the speed of the machine.
    await eventually(async () => {
      const { trials } = await service.client.search(id);
      return trials.complete + trials.pruned >= 3;
    });
    await backup(service.databaseUrl, file, 'test');
    await expect(restore(service.databaseUrl, file, options)).rejects.toThrow('is in use');
    await ended(service.client, id);
    undisturbed = await hashes(service.client, id);
  } finally {
    await service.close();
  }
}, 60_000);

afterAll(() => folder.remove());

async function atFresh(work: (url: string) => Promise<void>): Promise<void> {
  const database = await createTestDatabase();
  try {
    await work(database.url);
  } finally {
    await database.drop();
  }
}

async function refused(content: Buffer, reason: string): Promise<void> {
  const changed = join(folder.path, 'changed');
  await writeFile(changed, content);
  await atFresh(async (url) => {
    const before = await rowsOf(url);
    await expect(restore(url, changed, { ...options, replace: true })).rejects.toThrow(reason);
    expect(await rowsOf(url)).toEqual(before);
  });
}

/** With another text, and a checksum that matches it. */
function resealed(content: Buffer, change: (text: string) => string): Buffer {
  const text = gunzipSync(content.subarray(0, -32)).toString('latin1');
  const zipped = gzipSync(Buffer.from(change(text), 'latin1'));
  return Buffer.concat([zipped, createHash('sha256').update(zipped).digest()]);
}

it('goes on after a restore, with the same results', async () => {
  await atFresh(async (url) => {
    const { tables } = await restore(url, file, options);
    expect(await rowsOf(url)).toEqual(Object.fromEntries(tables.map(({ name, rows }) => [name, rows])));
    await expect(restore(url, file, options)).rejects.toThrow('is not empty');
    await restore(url, file, { ...options, replace: true });
    const service = await startTestService({ databaseUrl: url });
    try {
      const search = (await service.client.list()).items[0]!;
      expect(search.state).toBe('running');
      await ended(service.client, search.id);
      expect(await hashes(service.client, search.id)).toEqual(undisturbed);
    } finally {
      await service.close();
    }
  });
}, 60_000);

it('refuses a file that was cut off', async () => {
  const content = await readFile(file);
  await refused(content.subarray(0, -1000), 'checksum');
  await refused(content.subarray(0, 10), 'checksum');
});

it('refuses a file with another byte', async () => {
  const content = await readFile(file);
  content[content.length >> 1]! ^= 1;
  await refused(content, 'checksum');
});

it('refuses a backup of a newer version', async () => {
  const content = await readFile(file);
  const newer = resealed(content, (text) => text.replace('"migrations":[', '"migrations":["29990101000000_later",'));
  await refused(newer, 'newer version');
});

it('undoes everything where the tables are not those of its migrations', async () => {
  const content = await readFile(file);
  const without = resealed(content, (text) => text.replace(',"20261128200000_keys"', ''));
  await refused(without, 'api_keys');
  const unfit = resealed(content, (text) => text.replace(',"20261129150000_traceparent"', ''));
  await refused(unfit, 'column "traceparent" of relation "searches" does not exist');
});

describe('a backup of an earlier version', () => {
  const migrations = readdirSync(options.migrations, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();

  /** Of a database that has these migrations alone, with the searches of the first version. */
  async function earlierBackup(names: readonly string[]): Promise<string> {
    const earlier = join(folder.path, `earlier-${randomUUID()}`);
    const database = await createTestDatabase({ migrated: false });
    const some = await temporaryFolder();
    try {
      const apply = async (more: readonly string[]) => {
        for (const name of more) await cp(join(options.migrations, name), join(some.path, name), { recursive: true });
        await applyMigrations(database.url, some.path);
      };
      await apply(names.slice(0, 1));
      const rows = await readFile(join(projectRoot, 'test/fixtures/first-version.sql'), 'utf8');
      await withPostgres(database.url, (client) => client.query(rows));
      await apply(names);
      const head = await backup(database.url, earlier, '0.0.1');
      expect(head.migrations).toEqual(names);
    } finally {
      await some.remove();
      await database.drop();
    }
    return earlier;
  }

  /** Of all tables but that of the migrations: columns, indexes, keys. */
  async function schemaOf(url: string): Promise<unknown> {
    return withPostgres(url, async (client) => {
      const { rows: columns } = await client.query(
        `select table_name, column_name, data_type, column_default, is_nullable from information_schema.columns
         where table_schema = 'public' and table_name <> '_prisma_migrations' order by 1, 2`,
      );
      const { rows: indexes } = await client.query(
        `select indexdef from pg_indexes where schemaname = 'public' and tablename <> '_prisma_migrations' order by 1`,
      );
      const { rows: keys } = await client.query(
        `select conrelid::regclass::text as name, pg_get_constraintdef(oid) as definition from pg_constraint
         where connamespace = 'public'::regnamespace order by 1, 2`,
      );
      const { rows: applied } = await client.query(
        'select migration_name, checksum from "_prisma_migrations" where finished_at is not null order by 1',
      );
      return { columns, indexes, keys, applied };
    });
  }

  it.each([
    ['the first', 1],
    ['the one before projects', migrations.indexOf('20261129120000_projects')],
    ['the last but one', migrations.length - 1],
  ])(
    'is restored and upgraded: %s',
    async (_, count) => {
      const earlier = await earlierBackup(migrations.slice(0, count));
      await atFresh(async (url) => {
        const schema = await schemaOf(url);
        // What the database had goes, with the tables.
        await restore(url, file, options);
        await expect(restore(url, earlier, options)).rejects.toThrow('is not empty');
        const restored = await restore(url, earlier, { ...options, replace: true });
        expect(restored).toMatchObject({ version: '0.0.1', upgradedBy: migrations.length - count });
        expect(await schemaOf(url)).toEqual(schema);
        expect(await rowsOf(url)).toMatchObject({ projects: 1, searches: 5, trials: 30 });
        expect(await applyMigrations(url, options.migrations)).toEqual([]);
      });
    },
    60_000,
  );

  it('goes on: what was paused ends, by a service that the command line restored for', async () => {
    const earlier = await earlierBackup(migrations.slice(0, 1));
    const database = await createTestDatabase({ migrated: false });
    try {
      const command = run(process.execPath, [main, 'restore', earlier], { DATABASE_URL: database.url });
      await command.prints(/restored .* searches 5, .*; it was of version 0\.0\.1, and \d+ migrations upgraded it/);
      await command.end();
      const service = await startTestService({ databaseUrl: database.url });
      try {
        const paused = (await service.client.list()).items.find(({ state }) => state === 'paused')!;
        await fetch(`${service.url}/v1/searches/${paused.id}/resume`, { method: 'POST' });
        expect(await ended(service.client, paused.id)).toMatchObject({ state: 'complete', trials: { complete: 12 } });
        await expectSound(database.url, paused.id);
      } finally {
        await service.close();
      }
    } finally {
      await database.drop();
    }
  }, 60_000);
});

it('undoes everything where the content does not match the head', async () => {
  const content = await readFile(file);
  const fewer = resealed(content, (text) => text.replace(/("name":"events".*?"rows":)\d+/, '$10'));
  await refused(fewer, 'events: the backup has');
});

it('has every table', async () => {
  await atFresh(async (url) => {
    const { rows } = await withPostgres(url, (client) =>
      client.query<{ name: string }>(
        `select tablename as name from pg_tables where schemaname = 'public' and tablename <> '_prisma_migrations'`,
      ),
    );
    expect(rows.map(({ name }) => name).sort()).toEqual([...backedUpTables, ...tablesLeftOut].sort());
  });
});

it('does not overwrite a file', async () => {
  await atFresh((url) => expect(backup(url, file, 'test')).rejects.toThrow('exists already'));
});
