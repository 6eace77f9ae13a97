/**
 * A rolling upgrade: workers, then APIs, of an earlier version are replaced by those of this one, on one database and queue, while a search runs and
 * requests come. `npm run verify:rolling` does it from any commit, with both queues.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createClient } from '../../src/cli/api-client.ts';
import type { Search } from '../../src/domain/search.ts';
import { projectRoot } from '../../src/paths.ts';
import { isAnyOpen, seqsUntilTheEnd } from '../support/chaos.ts';
import { buildEarlier, type EarlierVersion, earlierCommit } from '../support/earlier-version.ts';
import { createTestDatabase, withPostgres } from '../support/postgres.ts';
import {
  eventually,
  findRedis,
  freePort,
  main,
  type RunningApi,
  type RunningProcess,
  run,
  startApi,
  startRedis,
  startWorkerProcess,
} from '../support/processes.ts';
import { ended, expectSound, hashesOf, lasting } from '../support/searches.ts';
import { startTraffic } from '../support/traffic.ts';

const commit = process.env['ROLLING_FROM'] || (await earlierCommit());
const asked = (process.env['ROLLING_QUEUES'] ?? 'postgres').split(',');
const queues = asked.filter((queue) => queue !== 'redis' || findRedis() !== undefined);
if (commit === undefined)
  console.warn('SKIPPED: two versions at once: the history of git does not have the earlier one');
if (queues.length < asked.length)
  console.warn('SKIPPED: two versions at once with Redis: no redis-server is installed');

let earlier: EarlierVersion;
beforeAll(async () => {
  if (commit !== undefined) earlier = await buildEarlier(commit);
}, 600_000);
afterAll(() => earlier?.remove());

const specifications = [
  lasting(50, 40, { sampler: { type: 'tpe', seed: 3 }, pruner: { type: 'hyperband' } }),
  lasting(30, 25, {
    sampler: { type: 'grid' },
    hyperparameters: {
      learningRate: { distribution: 'float', low: 1e-5, high: 1e-3, scale: 'log', points: 5 },
      dropout: { distribution: 'float', low: 0, high: 0.4, points: 5 },
      epochs: 20,
    },
  }),
];

/** Workers that have begun trials, by the events. */
async function workersIn(databaseUrl: string): Promise<string[]> {
  const { rows } = await withPostgres(databaseUrl, (client) =>
    client.query<{ worker: string }>(
      `SELECT DISTINCT data->>'worker' AS worker FROM events WHERE type = 'trial.started'`,
    ),
  );
  return rows.map(({ worker }) => worker);
}

it.skipIf(commit === undefined).each(queues)(
  'workers, then APIs, are replaced under load, with BullMQ on %s',
  async (queue) => {
    const database = await createTestDatabase({ migrated: false });
    const redis = queue === 'redis' ? await startRedis(findRedis()!) : undefined;
    const environment = {
      DATABASE_URL: database.url,
      REDIS_URL: redis?.url ?? '',
      HYPERSEARCH_SWEEP_SECONDS: '0.3',
      HYPERSEARCH_THREADS: '1',
    };
    const ports = [await freePort(), await freePort()];
    const apiAt = (port: number, program: string) =>
      startApi({ ...environment, HYPERSEARCH_PORT: String(port) }, program);
    const workers: RunningProcess[] = [];
    const apis: RunningApi[] = [];
    const said: RunningProcess[] = [];
    const kept = <P extends RunningProcess>(process: P): P => {
      said.push(process);
      return process;
    };
    let traffic: ReturnType<typeof startTraffic> | undefined;
    try {
      for (const port of ports) apis.push(kept(await apiAt(port, earlier.program)));
      for (const _ of ports) workers.push(kept(await startWorkerProcess(environment, earlier.program)));
      const client = createClient(apis[0]!.url);
      const begin = () => Promise.all(specifications.map((specification) => client.create(specification)));
      const calm = await begin();
      for (const { id } of calm) await ended(client, id);

      const disturbed: Search[] = [];
      const watched: Promise<readonly number[]>[] = [];
      /** Whatever is replaced, it is in the middle of a search. */
      const keepSearching = async () => {
        if (await isAnyOpen(database.url)) return;
        const next = await Promise.all(specifications.map((one) => createClient(apis[1]!.url).create(one)));
        disturbed.push(...next);
        watched.push(...next.map(({ id, seq }) => seqsUntilTheEnd(client, id, seq)));
      };
      await keepSearching();
      traffic = startTraffic(calm[0]!.id);
      for (const api of apis) traffic.send(api.url, 'earlier');

      for (const i of workers.keys()) {
        await keepSearching();
        await workers[i]!.end();
        workers[i] = kept(await startWorkerProcess(environment));
        await eventually(
          async () => {
            await keepSearching();
            const names = await workersIn(database.url);
            return names.some((name) => name.endsWith(`:${workers[i]!.child.pid}`));
          },
          60_000,
          'trials of the new worker',
        );
      }
      for (const [i, port] of ports.entries()) {
        await keepSearching();
        await traffic.stopSending(apis[i]!.url);
        await apis[i]!.end();
        apis[i] = kept(await apiAt(port, main));
        traffic.send(apis[i]!.url, 'present');
        const { answered } = traffic;
        const before = { ...answered };
        const both = i < ports.length - 1 ? (['earlier', 'present'] as const) : (['present'] as const);
        await eventually(
          async () => both.every((version) => answered[version] >= before[version] + 40),
          60_000,
          'answers of both versions',
        );
      }
      await keepSearching();
      await traffic.end();
      expect(traffic.failed).toEqual([]);

      for (const [i, { id }] of disturbed.entries()) {
        expect(await ended(client, id)).toMatchObject({ state: 'complete', trials: { failed: 0 } });
        expect(await hashesOf(client, id)).toEqual(await hashesOf(client, calm[i % calm.length]!.id));
        await expectSound(database.url, id);
        const first = disturbed[i]!.seq + 1;
        const seqs = (await watched[i])!;
        expect(seqs).toEqual(seqs.map((_, k) => first + k));
        expect(seqs.at(-1)).toBe((await client.search(id)).seq);
      }
      // Notes were changed by requests to both versions: they are events of a search that had ended before.
      await expectSound(database.url, calm[0]!.id);
      await expectRefusedWhereNewer(environment);
    } catch (error) {
      throw new Error(`the processes said:\n${said.map((process) => process.output()).join('\n')}`, { cause: error });
    } finally {
      await traffic?.end();
      await Promise.all([...apis, ...workers].map((process) => process.end()));
      await redis?.close();
      await database.drop();
    }
  },
  600_000,
);

/** A process of the earlier version that is started after the upgrade says why it does not run. */
async function expectRefusedWhereNewer(environment: Record<string, string>): Promise<void> {
  const entries = await readdir(join(projectRoot, 'prisma/migrations'));
  const newer = entries.filter((name) => /^\d/.test(name) && !earlier.migrations.includes(name));
  if (newer.length === 0) return;
  const late = run(process.execPath, [earlier.program, 'worker'], environment);
  await late.prints(/The database belongs to a newer version of hypersearch: it has the migration/);
  await eventually(async () => late.child.exitCode !== null, 30_000, 'its end');
  expect(late.child.exitCode).toBe(1);
}
