/**
 * npm run bench:soak: whether anything grows while the service works. The service with its own Postgres runs searches of every kind, four at a time, each
 * watched by a client, while others ask for lists, pages, exports and analyses. Only the newest searches that have ended are kept, the others are deleted.
 *
 *   npm run bench:soak -- [--minutes 30] [--threads 2] [--svg FILE] [--json]
 *
 * Ends with code 1 if a measure of the last fifth lies more than a quarter above the second fifth, or if a request fails. Linux only.
 */
import { writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import pg from 'pg';
import type { ApiClient } from '../src/cli/api-client.ts';
import { readConfig } from '../src/config.ts';
import { startEmbeddedPostgres } from '../src/embedded-postgres/embedded-postgres.ts';
import { createLog } from '../src/log.ts';
import { lineCharts } from './parts/line-charts.ts';
import { withService } from './parts/own-service.ts';
import { countFrom, median, rounded, runBench, tableOf } from './parts/report.ts';
import { memoryOfFamily, residentOf } from './parts/resident.ts';
import { temporarily } from './parts/temporary.ts';

const AT_ONCE = 4;
/** Searches that have ended and are not deleted yet. */
const KEPT = 12;
const SAMPLE_MS = 10_000;
const MAX_GROWTH = 0.25;

const space = {
  learningRate: { distribution: 'float', low: 1e-4, high: 1, scale: 'log' },
  hiddenUnits: { distribution: 'int', low: 8, high: 64, scale: 'log' },
  activation: { distribution: 'categorical', choices: ['relu', 'tanh'] },
};
const kinds: readonly object[] = [
  { dataset: 'digits', hyperparameters: { ...space, epochs: 10 }, budget: { trials: 60 } },
  {
    dataset: 'digits',
    hyperparameters: { ...space, epochs: 9 },
    sampler: { type: 'tpe' },
    pruner: { type: 'hyperband', minEpochs: 1, reductionFactor: 3 },
    budget: { trials: 80 },
  },
  {
    dataset: 'iris',
    hyperparameters: { ...space, epochs: 20 },
    validation: { type: 'kFold', folds: 3 },
    pruner: { type: 'median' },
    budget: { trials: 60 },
  },
  { dataset: 'iris', hyperparameters: { ...space, epochs: 2 }, budget: { trials: 1000 } },
  { dataset: 'digits', hyperparameters: { ...space, epochs: 5 }, sampler: { type: 'cmaes' }, budget: { trials: 40 } },
];

/** What the load has done since the last sample. */
interface Counts {
  trials: number;
  events: number;
  /** Of requests, in milliseconds. */
  latencies: number[];
}

const measures = {
  service: 'Memory of the service, MB',
  postgres: 'Memory of Postgres, MB',
  connections: 'Connections to Postgres',
  tables: 'Tables and indexes, MB',
  p50: 'Requests, p50, ms',
  p99: 'Requests, p99, ms',
} as const;
type Measure = keyof typeof measures;
type Sample = Readonly<Record<Measure | 'minute' | 'trialsPerSecond', number>>;

/** Searches one after the other until the time is over, in one of the places. */
async function keepSearching(client: ApiClient, place: number, isOver: () => boolean, counts: Counts, kept: string[]) {
  for (let turn = place; !isOver(); turn++) {
    const { id } = await client.create(kinds[turn % kinds.length]!);
    for await (const message of client.stream(id)) {
      counts.events++;
      if (message.type === 'search.failed') throw new Error(`a search failed: ${message.data.failure}`);
      if (message.type === 'search.complete') break;
      if (message.type === 'snapshot' && message.search.state === 'complete') break;
    }
    const { trials } = await client.search(id);
    counts.trials += trials.total;
    kept.push(id);
    while (kept.length > KEPT) {
      const old = kept.shift()!;
      const response = await fetch(`${client.url}/v1/searches/${old}`, { method: 'DELETE' });
      if (!response.ok) throw new Error(`a search could not be deleted: ${await response.text()}`);
    }
  }
}

/** Requests as people and scripts send them, one after the other. */
async function keepAsking(client: ApiClient, isOver: () => boolean, counts: Counts, kept: readonly string[]) {
  for (let turn = 0; !isOver(); turn++) {
    // The newest are not deleted soon.
    const id = kept.at(-1 - (turn % 4));
    const paths = ['/v1/searches?limit=50', '/readyz'];
    if (id !== undefined) {
      const of = `/v1/searches/${id}`;
      paths.push(of, `${of}/trials?sort=value&limit=50`, `${of}/best`, `${of}/findings`, `${of}/curves`, `${of}/table`);
      if (turn % 10 === 0) paths.push(`${of}/importance`, `${of}/export?format=csv`);
    }
    for (const path of paths) {
      const begun = performance.now();
      const response = await fetch(client.url + path);
      await response.arrayBuffer();
      if (!response.ok) throw new Error(`${path} answered ${response.status}`);
      // The others compute or read a whole search.
      if (!/importance|export/.test(path)) counts.latencies.push(performance.now() - begun);
    }
    await sleep(200);
  }
}

async function sample(database: pg.Client, pids: { service: number; postgres: number }) {
  const { rows } = await database.query(`
    SELECT (SELECT count(*)::int FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()) AS connections,
      (SELECT sum(pg_total_relation_size(oid))::float8 / 1e6 FROM pg_class WHERE relkind IN ('r', 'm')
        AND relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)) AS tables`);
  return {
    service: residentOf(pids.service),
    postgres: memoryOfFamily(pids.postgres),
    connections: Number(rows[0].connections),
    tables: Number(rows[0].tables),
  };
}

async function soak(
  client: ApiClient,
  database: pg.Client,
  pids: { service: number; postgres: number },
  minutes: number,
) {
  const begun = performance.now();
  let failed: unknown;
  const isOver = () => failed !== undefined || performance.now() - begun > minutes * 60_000;
  const counts: Counts = { trials: 0, events: 0, latencies: [] };
  const kept: string[] = [];
  const load = [
    ...Array.from({ length: AT_ONCE }, (_, place) => keepSearching(client, place, isOver, counts, kept)),
    keepAsking(client, isOver, counts, kept),
  ].map((one) =>
    one.catch((error: unknown) => {
      failed ??= error;
    }),
  );
  const samples: Sample[] = [];
  let totals = { trials: 0, events: 0, requests: 0 };
  while (!isOver()) {
    await sleep(SAMPLE_MS);
    const latencies = counts.latencies.splice(0).sort((a, b) => a - b);
    const at = (share: number) => latencies[Math.floor(share * latencies.length)] ?? 0;
    totals = { trials: counts.trials, events: counts.events, requests: totals.requests + latencies.length };
    samples.push({
      minute: (performance.now() - begun) / 60_000,
      ...(await sample(database, pids)),
      trialsPerSecond: totals.trials / ((performance.now() - begun) / 1000),
      p50: at(0.5),
      p99: at(0.99),
    });
  }
  await Promise.all(load);
  if (failed !== undefined) throw failed;
  return { samples, totals };
}

/** Of a measure: its median in the second and in the last fifth. */
function growth(samples: readonly Sample[], measure: Measure) {
  const fifth = Math.floor(samples.length / 5);
  const of = (part: readonly Sample[]) => median(part.map((one) => one[measure]));
  const [before, after] = [of(samples.slice(fifth, 2 * fifth)), of(samples.slice(-fifth))];
  return { before, after, share: after / before - 1 };
}

await runBench(async () => {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '30' },
      threads: { type: 'string', default: '2' },
      svg: { type: 'string' },
      json: { type: 'boolean' },
    },
  });
  const minutes = countFrom('minutes', values.minutes);
  const { samples, totals } = await temporarily(async (directory) => {
    const log = createLog({ ...readConfig(), logLevel: 'silent' });
    const postgres = await startEmbeddedPostgres({ directory, log });
    const database = new pg.Client(postgres.url);
    await database.connect();
    try {
      const { rows } = await database.query("SELECT pg_read_file('postmaster.pid') AS file");
      const environment = {
        DATABASE_URL: postgres.url,
        HYPERSEARCH_DATA: directory,
        HYPERSEARCH_THREADS: values.threads,
      };
      return await withService('start', environment, (client, service) =>
        soak(client, database, { service, postgres: Number.parseInt(rows[0].file, 10) }, minutes),
      );
    } finally {
      await database.end();
      await postgres.stop();
    }
  });
  const names = Object.keys(measures) as Measure[];
  const rows = names.map((name) => {
    const { before, after, share } = growth(samples, name);
    return [measures[name], rounded(before, 1), rounded(after, 1), `${(100 * share).toFixed(1)} %`];
  });
  if (values.json) console.log(JSON.stringify({ totals, samples }));
  else {
    console.log(`${minutes} min: ${totals.trials} trials, ${totals.events} messages, ${totals.requests} requests`);
    console.log(tableOf(['median', 'in the second fifth', 'in the last', 'growth'], rows));
  }
  if (values.svg !== undefined) {
    const charts = names.map((name) => ({
      title: measures[name],
      points: samples.map((one) => [one.minute, one[name]] as const),
    }));
    await writeFile(values.svg, lineCharts(charts, 'minutes'));
  }
  if (names.some((name) => growth(samples, name).share > MAX_GROWTH)) process.exitCode = 1;
});
