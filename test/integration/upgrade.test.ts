/** A database that the first version left: it is migrated, everything in it is read, and what had begun goes on to the same bits. */
import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { applyMigrations } from '../../src/adapters/postgres/migrations.ts';
import type { Search } from '../../src/domain/search.ts';
import { samplerOf } from '../../src/domain/specification/specification.ts';
import type { Trial } from '../../src/domain/trial.ts';
import { projectRoot } from '../../src/paths.ts';
import { createTestDatabase, type TestDatabase, withPostgres } from '../support/postgres.ts';
import { main, run } from '../support/processes.ts';
import { allTrials, ended, expectSound } from '../support/searches.ts';
import { startTestService, type TestService } from '../support/service.ts';
import { temporaryFolder } from '../support/temporary.ts';

const FIRST = '20261123000000_first';

let database: TestDatabase;
let service: TestService;
let searches: readonly Search[];
beforeAll(async () => {
  database = await createTestDatabase({ migrated: false });
  const folder = await temporaryFolder();
  await cp(join(projectRoot, 'prisma/migrations', FIRST), join(folder.path, FIRST), { recursive: true });
  expect(await applyMigrations(database.url, folder.path)).toEqual([FIRST]);
  await folder.remove();
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await client.query(await readFile(join(projectRoot, 'test/fixtures/first-version.sql'), 'utf8'));
  await client.end();
  service = await startTestService({ databaseUrl: database.url });
  searches = (await service.client.list()).items;
});
afterAll(async () => {
  await service?.close();
  await database?.drop();
});

const named = (name: string) => searches.find((search) => search.name === name)!;

async function read(path: string): Promise<{ status: number; text: string }> {
  const response = await fetch(`${service.url}${path}`);
  return { status: response.status, text: await response.text() };
}

it('has all searches, each as it was', () => {
  expect(searches.map(({ name, state, trials }) => [name, state, trials.complete, trials.diverged])).toEqual([
    ['digits, a grid that was paused', 'paused', 5, 1],
    ['diabetes, renamed', 'complete', 3, 0],
    ['digits, all too slow', 'failed', 0, 0],
    ['iris, grid', 'complete', 3, 0],
    ['iris, random', 'complete', 10, 3],
  ]);
});

it('keeps a direction in the specification alone', async () => {
  const { rows } = await withPostgres(database.url, (client) =>
    client.query(`SELECT column_name FROM information_schema.columns WHERE table_name = 'searches'`),
  );
  expect(rows.map(({ column_name }) => column_name)).not.toContain('direction');
  expect(named('diabetes, renamed').specification.objective.direction).toBe('minimize');
});

describe('reading', () => {
  it.each([
    '',
    '/trials',
    '/trials?sort=-value',
    '/table',
    '/curves',
    '/findings',
    '/best',
    '/importance',
    '/coverage',
    '/history',
    '/preflight',
    '/events?after=0',
    '/export?format=csv',
    '/export?format=ndjson',
  ])('answers GET …%s of every search', async (path) => {
    for (const { id, name } of searches) {
      const { status, text } = await read(`/v1/searches/${id}${path}`);
      expect({ name, status, text: status === 200 ? '' : text }).toEqual({ name, status: 200, text: '' });
    }
  });

  it('answers for every trial, with its curves', async () => {
    for (const { id, trials } of searches) {
      for (let number = 0; number < trials.planned; number++) {
        const { status, text } = await read(`/v1/searches/${id}/trials/${number}`);
        expect(status, text).toBe(200);
        const trial = JSON.parse(text) as Trial;
        if (trial.state === 'complete') expect(trial.folds[0]!.trainLoss).toHaveLength(trial.epochs);
      }
    }
  });

  it('streams a search from its snapshot, and from its first event', async () => {
    for (const { id, seq } of searches) {
      expect((await heard(`/v1/searches/${id}/events`, 1))[0]).toMatchObject({ type: 'snapshot', seq });
      const events = await heard(`/v1/searches/${id}/events?after=0`, seq);
      expect(events.map((event) => event['seq'])).toEqual(Array.from({ length: seq }, (_, i) => i + 1));
    }
  });
});

/** The first `count` messages of a websocket. */
async function heard(path: string, count: number): Promise<Record<string, unknown>[]> {
  const socket = new WebSocket(`${service.url.replace('http', 'ws')}${path}`);
  const messages: Record<string, unknown>[] = [];
  await new Promise<void>((resolve, reject) => {
    socket.on('message', (data) => {
      messages.push(JSON.parse(String(data)) as Record<string, unknown>);
      if (messages.length === count) resolve();
    });
    socket.on('close', () => reject(new Error(`closed after ${messages.length} messages`)));
    socket.on('error', reject);
  });
  socket.close();
  return messages;
}

it('replays what was trained to the bits that were stored', async () => {
  for (const [name, numbers] of [
    ['iris, random', Array.from({ length: 10 }, (_, number) => number)],
    ['diabetes, renamed', [0, 2]],
  ] as const) {
    for (const number of numbers) {
      const replay = run(process.execPath, [main, 'replay', named(name).id, String(number)], {
        HYPERSEARCH_URL: service.url,
      });
      await replay.prints(/bit for bit|NOT the same/);
      expect(replay.output()).toContain('the same, bit for bit');
      await replay.end();
    }
  }
});

it('plans for a grid of then the points it had', async () => {
  for (const name of ['digits, a grid that was paused', 'iris, grid']) {
    const { id, specification } = named(name);
    expect(specification.sampler).toMatchObject({ type: 'grid', exact: false });
    const sampler = samplerOf(specification);
    for (const { number, hyperparameters } of await allTrials(service.client, id)) {
      expect(sampler.propose(number, [])).toEqual(hyperparameters);
    }
  }
});

it('goes on with a grid that was paused: each point once, what was done as it was', async () => {
  const { id } = named('digits, a grid that was paused');
  const before = (await allTrials(service.client, id)).filter(({ state }) => state === 'complete');
  expect(before).toHaveLength(5);
  await fetch(`${service.url}/v1/searches/${id}/resume`, { method: 'POST' });
  expect(await ended(service.client, id)).toMatchObject({ state: 'complete', trials: { complete: 12 } });
  const after = await allTrials(service.client, id);
  expect(after.filter(({ number }) => before.some((trial) => trial.number === number))).toEqual(before);
  expect(new Set(after.map(({ hyperparameters }) => JSON.stringify(hyperparameters))).size).toBe(12);
  await expectSound(database.url, id);
});

it('retries a trial that had failed, and takes more trials', async () => {
  const { id } = named('digits, all too slow');
  const retried = await fetch(`${service.url}/v1/searches/${id}/trials/0/retry`, { method: 'POST' });
  expect(retried.status).toBe(200);
  await ended(service.client, id);
  const other = named('diabetes, renamed').id;
  const raised = await fetch(`${service.url}/v1/searches/${other}`, {
    method: 'PATCH',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ budget: { trials: 5 } }),
  });
  expect(raised.status).toBe(200);
  expect(await ended(service.client, other)).toMatchObject({ trials: { complete: 5 } });
});

it('refines a search of then', async () => {
  const { id } = named('iris, random');
  const refined = await fetch(`${service.url}/v1/searches/${id}/refine`, { method: 'POST' });
  expect(refined.status).toBe(201);
});

it('begins a search from the best of one', async () => {
  const { id } = named('iris, random');
  const warm = await service.client.create({
    dataset: 'iris',
    warmStart: { search: id, trials: 2 },
    budget: { trials: 2 },
  });
  expect(await ended(service.client, warm.id)).toMatchObject({ state: 'complete' });
});
