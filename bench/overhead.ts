/**
 * npm run bench:overhead: the overhead of a trial. Trials that train almost nothing run through the whole service, with every result and event
 * stored. Prints trials per second, how they change as a search grows, and the latency of the best trials and of a page of trials in a large
 * search. For a sampler that learns, it prints trials per second for three values of `concurrency`.
 *
 *   npm run bench:overhead -- [--trials 3000] [--growth 100000] [--json]
 */
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { type ApiClient, createClient } from '../src/cli/api-client.ts';
import { ended } from '../src/cli/format.ts';
import { readConfig } from '../src/config.ts';
import { startService } from '../src/service.ts';
import { temporarily } from './parts/temporary.ts';
import { tinyTrials } from './parts/tiny-and-long-trials.ts';

const { values } = parseArgs({
  options: { trials: { type: 'string' }, growth: { type: 'string' }, json: { type: 'boolean' } },
});

interface Milestone {
  readonly trials: number;
  readonly seconds: number;
  /** Resident memory of the process, threads included and Postgres not, in MB. */
  readonly memory: number;
}

/** Runs a search of tiny trials; resolves with the seconds after which each of `at` trials was finished. */
async function run(
  client: ApiClient,
  trials: number,
  at: readonly number[],
  more: object = {},
): Promise<{ id: string; milestones: Milestone[] }> {
  const begun = performance.now();
  const { id } = await client.create({ ...tinyTrials(trials), ...more });
  const milestones: Milestone[] = [];
  while (milestones.length < at.length) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    const done = ended((await client.search(id)).trials);
    while (milestones.length < at.length && done >= at[milestones.length]!) {
      const memory = Math.round(process.memoryUsage.rss() / 1e6);
      milestones.push({ trials: done, seconds: (performance.now() - begun) / 1000, memory });
    }
  }
  return { id, milestones };
}

/** Milliseconds of `times` requests in a row, ascending. */
async function latencies(request: () => Promise<unknown>, times: number): Promise<number[]> {
  const took: number[] = [];
  for (let i = 0; i < times; i++) {
    const begun = performance.now();
    await request();
    took.push(performance.now() - begun);
  }
  return took.sort((a, b) => a - b);
}

function report(row: Record<string, string | number>): void {
  console.log(
    values.json
      ? JSON.stringify(row)
      : Object.entries(row)
          .map(([name, value]) => `${name} ${value}`)
          .join('  '),
  );
}

await temporarily(async (dataDirectory) => {
  const config = { ...readConfig(), dataDirectory, port: 0, logLevel: 'silent' as const };
  const service = await startService(config, 'both');
  try {
    const client = createClient(service.url!);
    const queue = config.redisUrl === undefined ? 'BullMQ on Postgres' : 'BullMQ on Redis';
    report({
      machine: cpus()[0]?.model ?? 'unknown',
      cores: cpus().length,
      node: process.version,
      queue,
      threads: config.threads,
    });
    await run(client, 200, [200]); // warm: threads, plans, connections

    const trials = Number(values.trials ?? 3000);
    const { milestones } = await run(client, trials, [trials]);
    const { seconds } = milestones[0]!;
    report({
      measure: 'durable trials',
      trials,
      seconds: seconds.toFixed(2),
      'per second': Math.round(trials / seconds),
    });

    for (const concurrency of [1, 4, 16]) {
      const learned = Math.ceil(trials / 3);
      const { milestones: done } = await run(client, learned, [learned], { sampler: { type: 'tpe', concurrency } });
      const perSecond = Math.round(learned / done[0]!.seconds);
      report({ measure: 'tpe', concurrency, trials: learned, 'per second': perSecond });
    }

    const growth = Number(values.growth ?? 0);
    if (growth > 0) {
      const at = [1000, growth / 10, growth / 2, growth - 1000, growth].filter((n, i, all) => n > (all[i - 1] ?? 0));
      const { id, milestones: grown } = await run(client, growth, at);
      grown.forEach((now, i) => {
        const before = grown[i - 1] ?? { trials: 0, seconds: 0 };
        const each = ((now.seconds - before.seconds) / (now.trials - before.trials)) * 1000;
        const { trials: to, memory } = now;
        report({ measure: 'cost a trial', from: before.trials, to, ms: each.toFixed(3), 'MB resident': memory });
      });
      for (const path of [
        'best?limit=10',
        'trials?limit=50',
        'trials?limit=50&sort=-value',
        'trials?limit=50&state=complete',
      ]) {
        const request = async () => (await fetch(`${client.url}/v1/searches/${id}/${path}`)).text();
        const took = await latencies(request, 300);
        const [p50, p99] = [0.5, 0.99].map((p) => took[Math.floor(took.length * p)]!.toFixed(2));
        report({ measure: path, trials: growth, 'p50 ms': p50!, 'p99 ms': p99! });
      }
    }
  } finally {
    await service.close();
  }
});
