/**
 * npm run bench:search: the speed of a whole search. Forty given networks on the digits run through the service: one REST request, planned,
 * delivered, trained in threads, with every epoch published and every result and event in Postgres.
 *
 *   npm run bench:search -- [--trials FILE] [--threads 2] [--passes 2] [--kernels simd] [--peers] [--python PATH] [--scaling] [--json]
 *
 * --peers runs the same networks in PyTorch and scikit-learn on as many processes, one pass of each after one of ours;
 * --scaling compares one thread with two, pass by pass: the compute core alone, and the whole service, whose Postgres and API
 * compute on the same processors.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { projectRoot } from '../src/paths.ts';
import { coreSeconds } from './parts/core.ts';
import { digits, writeGeneratedData } from './parts/generated-data.ts';
import { DEFAULT_KERNELS, kernelsNamed } from './parts/kernels.ts';
import { findPython, type Python, type PythonPeer, runPeer } from './parts/python.ts';
import { countFrom, median, rounded, runBench, spread } from './parts/report.ts';
import { type Pass, withService } from './parts/search.ts';
import { temporarily } from './parts/temporary.ts';
import { readTrials, type TrialList } from './parts/trials.ts';

/** Warm-up before measuring: threads, query plans, connections, compiled code. */
const WARM_UP = 4;

const { values } = parseArgs({
  options: {
    trials: { type: 'string', default: join(projectRoot, 'bench', 'trials.json') },
    threads: { type: 'string', default: '2' },
    passes: { type: 'string', default: '2' },
    kernels: { type: 'string', default: DEFAULT_KERNELS },
    peers: { type: 'boolean' },
    python: { type: 'string' },
    scaling: { type: 'boolean' },
    json: { type: 'boolean' },
  },
});

function report(line: Record<string, string | number>): void {
  const text = Object.entries(line).map(([name, value]) => `${name} ${value}`);
  console.log(values.json ? JSON.stringify(line) : text.join('  '));
}

function reportTrials(peer: string, trials: number, seconds: number, accuracy: number, more: object): number {
  const line = {
    peer,
    workload: 'w2-search',
    trials,
    trials_per_s: rounded(trials / seconds, 2),
    ms_per_trial: rounded((seconds * 1000) / trials, 1),
    mean_acc: rounded(accuracy, 4),
    ...more,
  };
  report(line);
  return seconds;
}

function reportPass(trials: TrialList, threads: number, done: Pass): number {
  const { seconds, meanAccuracy, kernels, loopDelayMs } = done;
  const more = { kernels, threads, loop_delay_ms: rounded(loopDelayMs, 2) };
  return reportTrials('hypersearch', trials.length, seconds, meanAccuracy, more);
}

/** Ratios of each pass to ours of the same round: above 1, they took longer. */
function reportRatios(measure: string, ratios: readonly number[]): void {
  report(
    values.json
      ? {
          measure,
          median: rounded(median(ratios), 3),
          min: rounded(Math.min(...ratios), 3),
          max: rounded(Math.max(...ratios), 3),
        }
      : { measure, 'median (least–greatest)': spread(ratios) },
  );
}

async function peerPass(
  python: Python,
  peer: PythonPeer,
  folder: string,
  file: string,
  threads: number,
): Promise<number> {
  const done = await runPeer(python, peer, 'search', [folder, 'w2', file, String(threads)]);
  const [trials, seconds, accuracy] = ['trials', 'seconds', 'mean_acc'].map((name) => Number(done[name]));
  return reportTrials(peer, trials!, seconds!, accuracy!, { version: String(done['version']), processes: threads });
}

async function compare(trials: TrialList, passes: number, threads: number): Promise<void> {
  const python = values.peers ? await findPython(values.python) : undefined;
  for (const missing of python?.missing ?? []) console.error(`not compared: ${missing}`);
  await temporarily(async (folder) => {
    const file = join(folder, 'trials.json');
    await writeFile(file, JSON.stringify(trials));
    await writeGeneratedData(folder, ['w2']);
    await withService({ threads, kernels: kernelsNamed(values.kernels) }, digits(), async (pass) => {
      await pass(trials.slice(0, WARM_UP), 0);
      const ratios = new Map<PythonPeer, number[]>(python?.found.map((peer) => [peer, []]));
      for (let round = 1; round <= passes; round++) {
        const ours = reportPass(trials, threads, await pass(trials, round));
        for (const [peer, all] of ratios) all.push((await peerPass(python!, peer, folder, file, threads)) / ours);
      }
      for (const [peer, all] of ratios) reportRatios(`${peer} / hypersearch, seconds`, all);
    });
  });
}

async function scaling(trials: TrialList, passes: number): Promise<void> {
  const rows = digits();
  const kernels = kernelsNamed(values.kernels);
  const core: number[] = [];
  const ratios: number[] = [];
  for (let round = 1; round <= passes; round++) {
    const [one, two] = [1, 2].map(
      (threads) => () =>
        withService({ threads, kernels }, rows, async (pass) => {
          await pass(trials.slice(0, WARM_UP), 0);
          return reportPass(trials, threads, await pass(trials, round));
        }),
    );
    const alone = await one!();
    ratios.push(alone / (await two!()));
    core.push((await coreSeconds(trials, 1, kernels)) / (await coreSeconds(trials, 2, kernels)));
  }
  reportRatios('compute core alone, 1 thread / 2 threads, seconds', core);
  reportRatios('whole service, 1 thread / 2 threads, seconds', ratios);
}

await runBench(async () => {
  const trials = readTrials(values.trials);
  const passes = countFrom('passes', values.passes);
  if (values.scaling) await scaling(trials, passes);
  else await compare(trials, passes, countFrom('threads', values.threads));
});
