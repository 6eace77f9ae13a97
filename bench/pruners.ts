/**
 * npm run bench:pruners: how many epochs each pruner saves, and how often it stops a trial that would have been among the best tenth. The same
 * trials with each pruner, through the whole service, on one thread.
 *
 *   npm run bench:pruners -- [--seeds 10] [--from 100] [--trials 100] [--json] [digits spiral]
 * The defaults of «diagnosis» were set on the seeds 0 to 9; those that are reported begin at 100.
 */
import { parseArgs } from 'node:util';
import type { ApiClient } from '../src/cli/api-client.ts';
import type { TrialSummary } from '../src/domain/trial.ts';
import { countFrom, rounded, runBench, tableOf } from './parts/report.ts';
import { runToCompletion, wideSpace, withClient } from './parts/through-service.ts';

const pruners: Readonly<Record<string, object>> = {
  diagnosis: { type: 'diagnosis' },
  median: { type: 'median', startupTrials: 5, warmupEpochs: 2 },
  'successive halving': { type: 'successiveHalving', bracketSize: 25 },
};

/** Deep networks of any activation on the spiral fail in more ways than those of one layer on digits. */
const workloads: Readonly<Record<string, object>> = {
  digits: { dataset: 'digits', hyperparameters: { ...wideSpace, epochs: 27 } },
  spiral: {
    dataset: 'spiral',
    hyperparameters: {
      ...wideSpace,
      hiddenUnits: { distribution: 'int', low: 8, high: 64, scale: 'log' },
      hiddenLayers: { distribution: 'int', low: 1, high: 6 },
      batchSize: { distribution: 'int', low: 16, high: 128, scale: 'log' },
      initializer: { distribution: 'categorical', choices: ['xavier', 'he', 'smallNormal'] },
      optimizer: 'momentum',
      epochs: 40,
    },
  },
};

const BEST_PART = 0.1;

async function trialsOf(client: ApiClient, id: string): Promise<TrialSummary[]> {
  const text = await (await client.export(id, 'ndjson')).text();
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as TrialSummary);
}

/** The best tenth; of equal values the lower number. */
function bestOf(trials: readonly TrialSummary[]): number[] {
  const ranked = trials.toSorted((a, b) => (b.value ?? 0) - (a.value ?? 0) || a.number - b.number);
  return ranked.slice(0, Math.round(BEST_PART * trials.length)).map(({ number }) => number);
}

await runBench(async () => {
  const { values, positionals } = parseArgs({
    options: {
      seeds: { type: 'string', default: '10' },
      from: { type: 'string', default: '100' },
      trials: { type: 'string', default: '100' },
      json: { type: 'boolean' },
    },
    allowPositionals: true,
  });
  const [seeds, trials] = [countFrom('seeds', values.seeds), countFrom('trials', values.trials)];
  const from = countFrom('from', values.from);
  const unknown = positionals.filter((name) => !Object.hasOwn(workloads, name));
  if (unknown.length > 0)
    throw new Error(`there is no ${unknown.join(', ')}; there are ${Object.keys(workloads).join(', ')}`);
  const chosen = Object.entries(workloads).filter(([name]) => positionals.length === 0 || positionals.includes(name));
  await withClient(async (client) => {
    const run = async (workload: object, seed: number, pruner: object) => {
      const search = await runToCompletion(client, {
        ...workload,
        sampler: { type: 'random', seed },
        pruner,
        budget: { trials },
      });
      return { search, trials: await trialsOf(client, search.id) };
    };
    const rows: (string | number)[][] = [];
    for (const [name, workload] of chosen) {
      const sums = new Map(Object.keys(pruners).map((pruner) => [pruner, { epochs: 0, stopped: 0, lost: 0 }]));
      let [epochs, best] = [0, 0];
      for (let seed = from; seed < from + seeds; seed++) {
        const whole = await run(workload, seed, { type: 'none' });
        const good = bestOf(whole.trials);
        epochs += whole.search.epochs;
        best += good.length;
        for (const [pruner, settings] of Object.entries(pruners)) {
          const pruned = await run(workload, seed, settings);
          const lost = good.filter((number) => pruned.trials[number]!.state === 'pruned');
          const sum = sums.get(pruner)!;
          sum.epochs += pruned.search.epochs;
          sum.stopped += pruned.search.trials.pruned;
          sum.lost += lost.length;
          const line = { workload: name, seed, pruner, epochs: pruned.search.epochs, of: whole.search.epochs, lost };
          if (values.json) console.log(JSON.stringify(line));
        }
      }
      for (const [pruner, sum] of sums) {
        const saved = rounded(1 - sum.epochs / epochs, 3);
        rows.push([name, pruner, saved, rounded(sum.stopped / (seeds * trials), 3), rounded(sum.lost / best, 4), best]);
      }
    }
    const head = ['workload', 'pruner', 'epochs saved', 'trials stopped', 'of the best tenth stopped', 'of so many'];
    if (!values.json) console.log(tableOf(head, rows));
  });
});
