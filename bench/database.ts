/**
 * npm run bench:database: how fast lists, pages of trials and best trials are when one database holds very many trials. A search of real trials is
 * copied in Postgres; the API is a process of its own, and is asked for searches and places that follow from a seed.
 *
 *   npm run bench:database -- [--trials 10000000] [--each 10000] [--requests 300] [--json]
 *
 * Ends with code 1 if a request of those pages takes 50 ms or more at p99, or if one of them makes Postgres read all trials.
 */
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { createClient } from '../src/cli/api-client.ts';
import { readConfig } from '../src/config.ts';
import { startEmbeddedPostgres } from '../src/embedded-postgres/embedded-postgres.ts';
import { createLog } from '../src/log.ts';
import { randomAt } from '../src/random.ts';
import { startService } from '../src/service.ts';
import { copyTrials, trainedTrials } from './parts/copied-trials.ts';
import { withService } from './parts/own-service.ts';
import { type Cell, countFrom, rounded, runBench, tableOf } from './parts/report.ts';
import { temporarily } from './parts/temporary.ts';
import { runToCompletion } from './parts/through-service.ts';

const TRAINED = 200;
/** Trials that are copied in one statement, about. */
const AT_ONCE = 500_000;
const LIMIT_MS = 50;

/** Copies a search with all its trials until there are so many; the ids of all. */
async function copySearches(client: pg.Client, id: string, searches: number, each: number): Promise<string[]> {
  const columnsOf = async (table: string) =>
    (await client.query(`SELECT * FROM ${table} LIMIT 0`)).fields.map(({ name }) => name);
  const listed = (names: readonly string[], own: Readonly<Record<string, string>>) =>
    names.map((name) => own[name] ?? `o."${name}"`).join(', ');
  const quoted = (names: readonly string[]) => names.map((name) => `"${name}"`).join(', ');
  const searchColumns = await columnsOf('searches');
  const trialColumns = await columnsOf('trials');
  const ids = [id];
  while (ids.length < searches) {
    const count = Math.min(searches - ids.length, Math.max(1, Math.floor(AT_ONCE / each)));
    const own = {
      id: 'gen_random_uuid()',
      created_at: "o.created_at + k * interval '1 minute'",
      idempotency_key: 'NULL',
    };
    const { rows } = await client.query(
      `INSERT INTO searches (${quoted(searchColumns)}) SELECT ${listed(searchColumns, own)}
       FROM searches o, generate_series($2::int, $3::int) k WHERE o.id = $1 RETURNING id`,
      [id, ids.length, ids.length + count - 1],
    );
    const copies = rows.map((row) => String(row.id));
    await client.query(
      `INSERT INTO trials (${quoted(trialColumns)}) SELECT ${listed(trialColumns, { search_id: 'copy' })}
       FROM unnest($2::uuid[]) copy, trials o WHERE o.search_id = $1 ORDER BY copy, o.number`,
      [id, copies],
    );
    ids.push(...copies);
    console.error(`${(ids.length * each).toLocaleString('en-US')} trials`);
  }
  await client.query('VACUUM ANALYZE trials');
  await client.query('VACUUM ANALYZE searches');
  return ids;
}

interface Place {
  readonly id: string;
  readonly number: number;
  /** Of a page of trials of that search, by value and by number, and of searches. */
  readonly byValue: string;
  readonly byNumber: string;
  readonly searches: string;
}

const requests: Readonly<Record<string, (place: Place) => string>> = {
  'list of searches, first page': () => '/v1/searches?limit=50',
  'list of searches, a later page': ({ searches }) => `/v1/searches?limit=50${searches}`,
  search: ({ id }) => `/v1/searches/${id}`,
  'best trials': ({ id }) => `/v1/searches/${id}/best`,
  'trials by number, a later page': ({ id, byNumber }) => `/v1/searches/${id}/trials?limit=50${byNumber}`,
  'trials by value, first page': ({ id }) => `/v1/searches/${id}/trials?limit=50&sort=-value`,
  'trials by value, a later page': ({ id, byValue }) => `/v1/searches/${id}/trials?limit=50&sort=-value${byValue}`,
  'complete trials by number': ({ id }) => `/v1/searches/${id}/trials?limit=50&state=complete`,
  'a trial with its curves': ({ id, number }) => `/v1/searches/${id}/trials/${number}`,
};

/** Ends of addresses that lead to pages in the middle, with the cursors that a client gets by reading so far. */
async function continuationsOf(url: string, path: string, pages: number): Promise<string[]> {
  const found: string[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < pages; page++) {
    const separator = path.includes('?') ? '&' : '?';
    const response = await fetch(`${url}${path}${separator}limit=500${cursor === null ? '' : `&cursor=${cursor}`}`);
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
    ({ next: cursor } = (await response.json()) as { next: string | null });
    if (cursor === null) break;
    found.push(`&cursor=${encodeURIComponent(cursor)}`);
  }
  return found;
}

async function measure(url: string, ids: readonly string[], each: number, count: number) {
  const searches = await continuationsOf(url, '/v1/searches', 20);
  const byNumber = await continuationsOf(url, `/v1/searches/${ids[0]}/trials`, 20);
  const byValue = await continuationsOf(url, `/v1/searches/${ids[0]}/trials?sort=-value`, 20);
  const random = randomAt({ seed: 1, purpose: 'dataset' });
  const one = <T>(list: readonly T[]) => list[random.integer(list.length)]!;
  const measured: { name: string; times: number[] }[] = [];
  for (const [name, pathOf] of Object.entries(requests)) {
    const times: number[] = [];
    for (let i = 0; i < count; i++) {
      const place = { id: one(ids), number: random.integer(each), byValue: one(byValue), byNumber: one(byNumber) };
      const path = pathOf({ ...place, searches: one(searches) ?? '' });
      const begun = performance.now();
      const response = await fetch(url + path);
      const text = await response.text();
      if (!response.ok) throw new Error(`${path} answered ${response.status}: ${text.slice(0, 300)}`);
      times.push(performance.now() - begun);
    }
    measured.push({ name, times: times.sort((a, b) => a - b) });
  }
  return measured;
}

/** How often the whole table of trials was read. */
async function wholeReads(client: pg.Client): Promise<number> {
  const { rows } = await client.query(
    "SELECT seq_scan::int AS scans FROM pg_stat_user_tables WHERE relname = 'trials'",
  );
  return rows[0].scans;
}

async function bench(trials: number, each: number, count: number) {
  return temporarily(async (dataDirectory) => {
    const config = { ...readConfig(), dataDirectory, port: 0, threads: 1, logLevel: 'silent' as const };
    const postgres = await startEmbeddedPostgres({ directory: dataDirectory, log: createLog(config), durable: false });
    const client = new pg.Client(postgres.url);
    await client.connect();
    try {
      const service = await startService({ ...config, databaseUrl: postgres.url }, 'both');
      let id: string;
      try {
        ({ id } = await runToCompletion(createClient(service.url!), trainedTrials(Math.min(TRAINED, each))));
      } finally {
        await service.close();
      }
      await copyTrials(postgres.url, id, each);
      const ids = await copySearches(client, id, Math.ceil(trials / each), each);
      const { rows } = await client.query('SELECT pg_database_size(current_database())::float8 / 1e9 AS gb');
      return await withService('api', { DATABASE_URL: postgres.url }, async ({ url }) => {
        // What is loaded with the first requests is not of these.
        for (let i = 0; i < 20; i++) await (await fetch(`${url}/v1/searches/${id}/trials?limit=50`)).text();
        const before = await wholeReads(client);
        const measured = await measure(url, ids, each, count);
        return { measured, gb: Number(rows[0].gb), scans: (await wholeReads(client)) - before };
      });
    } finally {
      await client.end();
      await postgres.stop();
    }
  });
}

await runBench(async () => {
  const { values } = parseArgs({
    options: {
      trials: { type: 'string', default: '10000000' },
      each: { type: 'string', default: '10000' },
      requests: { type: 'string', default: '300' },
      json: { type: 'boolean' },
    },
  });
  const trials = countFrom('trials', values.trials);
  const each = countFrom('each', values.each);
  const { measured, gb, scans } = await bench(trials, each, countFrom('requests', values.requests));
  const rows: Cell[][] = measured.map(({ name, times }) => [
    name,
    ...[0.5, 0.99, 1].map((share) => rounded(times[Math.min(times.length - 1, Math.floor(share * times.length))]!, 1)),
  ]);
  if (values.json) console.log(JSON.stringify({ trials, each, gb, scans, rows }));
  else {
    console.log(`${cpus()[0]?.model ?? 'unknown'}, ${cpus().length} cores, Node ${process.version}`);
    console.log(
      `${trials} trials in searches of ${each}, ${gb.toFixed(1)} GB; times that all trials were read: ${scans}`,
    );
    console.log(tableOf(['request, ms', 'p50', 'p99', 'highest'], rows));
  }
  if (scans > 0 || rows.some(([, , p99]) => Number(p99) >= LIMIT_MS)) process.exitCode = 1;
});
