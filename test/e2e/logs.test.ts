/** What a process of the service writes to its log, by HYPERSEARCH_LOG and HYPERSEARCH_LOG_FORMAT. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createClient } from '../../src/cli/api-client.ts';
import { createTestDatabase, type TestDatabase, withPostgres } from '../support/postgres.ts';
import { eventually, freePort, type RunningApi, startApi, startWorkerProcess } from '../support/processes.ts';
import { lasting } from '../support/searches.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database?.drop());

interface Entry {
  readonly level: string;
  readonly time: string;
  readonly msg: string;
  readonly requestId?: string;
  readonly searchId?: string;
  readonly trial?: number;
  readonly attempt?: number;
}

function entriesOf({ output }: Pick<RunningApi, 'output'>): Entry[] {
  const lines = output().split('\n');
  return lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as Entry);
}

const levels = ['silent', 'error', 'warn', 'info', 'debug'] as const;

describe('a process that loses its connection for a moment', () => {
  const said: Partial<Record<(typeof levels)[number], Entry[]>> = {};
  beforeAll(async () => {
    const own = { DATABASE_URL: database.url };
    const apis = await Promise.all(levels.map((level) => startApi({ ...own, HYPERSEARCH_LOG: level })));
    await withPostgres(database.url, async (client) => {
      const listening = `FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'hypersearch pub/sub' AND query LIKE 'LISTEN%'`;
      const pids = async () =>
        (await client.query<{ pid: number }>(`SELECT pid ${listening}`)).rows.map(({ pid }) => pid);
      const before = await pids();
      expect(before).toHaveLength(levels.length);
      await client.query(`SELECT pg_terminate_backend(pid) ${listening}`);
      const again = async () => (await pids()).filter((pid) => !before.includes(pid)).length === levels.length;
      await eventually(again, 30_000, 'every process listens again');
    });
    await apis[3]!.prints(/listening to Postgres again/);
    for (const [i, api] of apis.entries()) {
      await api.end();
      said[levels[i]!] = entriesOf(api);
      expect(api.child.exitCode).toBe(0);
    }
  });

  it.each([
    ['silent', []],
    ['error', []],
    ['warn', ['warn']],
    ['info', ['warn', 'info']],
    ['debug', ['warn', 'info']],
  ] as const)('at the level %s it says: %j', (level, expected) => {
    const about = said[level]!.filter(({ msg }) => /listening to Postgres/.test(msg));
    expect(about.map((entry) => entry.level)).toEqual(expected);
    for (const { time } of about) expect(Math.abs(Date.parse(time) - Date.now())).toBeLessThan(600_000);
  });
});

describe('a process without its Redis', () => {
  const start = async (more: Record<string, string>) => {
    const redis = `redis://127.0.0.1:${await freePort()}`;
    return startApi({ DATABASE_URL: database.url, REDIS_URL: redis, ...more });
  };

  it('says so as an error at the level error, and nothing at the level silent', async () => {
    const [heard, silent] = await Promise.all([
      start({ HYPERSEARCH_LOG: 'error' }),
      start({ HYPERSEARCH_LOG: 'silent' }),
    ]);
    await heard.prints(/queue: /);
    await Promise.all([heard.end(), silent.end()]);
    expect(new Set(entriesOf(heard).map(({ level }) => level))).toEqual(new Set(['error']));
    expect(silent.output()).toMatch(/^hypersearch is ready\.\n {2}page .*\n {2}API .*\n {2}stop .*\nstopping…\n$/);
  });

  it('says it in a line for people where the format is text', async () => {
    const api = await start({ HYPERSEARCH_LOG_FORMAT: 'text' });
    await api.prints(/^\[\d\d:\d\d:\d\d\.\d{3}\] ERROR: queue: .*ECONNREFUSED/m);
    await api.end();
    expect(entriesOf(api)).toEqual([]);
  });
});

it('says where in the sources a trial threw that crashed in a compute thread', async () => {
  const api = await startApi({ DATABASE_URL: database.url });
  const { id } = await createClient(api.url).create(lasting(100, 1, { limits: { attempts: 1 } }));
  await withPostgres(database.url, (client) =>
    client.query(
      `UPDATE searches SET specification = jsonb_set(specification, '{hyperparameters,optimizer}', '"unheardOf"') WHERE id = $1`,
      [id],
    ),
  );
  const worker = await startWorkerProcess({ DATABASE_URL: database.url });
  await worker.prints(/trial 0 of [0-9a-f-]+ crashed: .*\/src\/nn\/training\/optimizers\.ts:\d+:\d+/);
  const crash = entriesOf(worker).find(({ msg }) => / crashed: /.test(msg));
  expect(crash).toMatchObject({ searchId: id, trial: 0, attempt: 1 });
  await Promise.all([worker.end(), api.end()]);
});

it('names the request that failed, by the id of the proxy before it or one of its own', async () => {
  const api = await startApi({ DATABASE_URL: database.url });
  const { id } = await createClient(api.url).create(lasting(100, 1));
  await withPostgres(database.url, (client) => client.query("UPDATE searches SET warnings = '3' WHERE id = $1", [id]));
  const failed = async (headers: Record<string, string>) => {
    const response = await fetch(`${api.url}/v1/searches/${id}`, { headers });
    expect(response.status).toBe(500);
    return response.headers.get('x-request-id')!;
  };
  expect(await failed({ 'x-request-id': 'proxy-7' })).toBe('proxy-7');
  const own = await failed({ 'x-request-id': 'two words' });
  expect(own).toMatch(/^[0-9a-f]{8}-[0-9a-f-]{27}$/);
  await api.end();
  const errors = entriesOf(api).filter(({ level }) => level === 'error');
  expect(errors.map(({ requestId }) => requestId)).toEqual(['proxy-7', own]);
});
