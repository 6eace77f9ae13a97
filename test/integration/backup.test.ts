/** Backup in the middle of a search, restore elsewhere: the search ends by itself, with the bits of an undisturbed one. */

import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { backedUpTables, backup, restore, tablesLeftOut } from '../../src/adapters/postgres/backup.ts';
import type { ApiClient } from '../../src/cli/api-client.ts';
import { projectRoot } from '../../src/paths.ts';
import { createTestDatabase, withPostgres } from '../support/postgres.ts';
import { ended, lasting, reached } from '../support/searches.ts';
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
    await reached(service.client, id, 'complete', 3);
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

it('refuses a backup of another version', async () => {
  const content = await readFile(file);
  const newer = resealed(content, (text) => text.replace('"migrations":[', '"migrations":["29990101000000_later",'));
  await refused(newer, 'newer version');
  const older = resealed(content, (text) => text.replace(',"20261128200000_keys"', ''));
  await refused(older, 'older version');
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
