/**
 * npm run bench:training: training speed of one thread. Trains four kinds of networks with src/nn/training/train.ts, without validation rows, in
 * this thread, and measures the time per epoch, including shuffling and loss.
 *
 *   npm run bench:training -- [--data DIR] [--kernels simd] [--reps N] [--json] [w1 w2 w3 w4]
 *
 * DIR holds NAME.x and NAME.y (bench/parts/workloads.ts) and, itself or the folder above it, workloads.json; without it the
 * data is made here.
 */
import { parseArgs } from 'node:util';
import { compileKernels, instantiateKernels } from '../src/compute/kernels.ts';
import type { Kernels } from '../src/nn/kernels/kernels.ts';
import { train } from '../src/nn/training/train.ts';
import { writeGeneratedData } from './parts/generated-data.ts';
import { DEFAULT_KERNELS, kernelsNamed } from './parts/kernels.ts';
import { countFrom, median, rounded, runBench, tableOf } from './parts/report.ts';
import { temporarily } from './parts/temporary.ts';
import { optionsOf } from './parts/training-options.ts';
import { chosen, flopsOf, type Rows, readRows, readWorkloads, type Workload } from './parts/workloads.ts';

/** One line of `--json`. Times are medians over the repetitions, but for min_ms. */
export interface TrainingLine {
  readonly peer: 'hypersearch';
  readonly kernels: string;
  readonly workload: string;
  readonly epoch_ms: number;
  readonly samples_per_s: number;
  readonly gflops: number;
  readonly min_ms: number;
  readonly reps: number;
  /** Mean training loss of the last epoch. */
  readonly loss: number;
  readonly node: string;
}

/** The first epochs run slower: code is compiled, caches are filled. */
const WARM_UP = 3;

/** One training run: the warm-up, then `reps` times as many epochs as the workload says, each time divided by them. */
function measure(name: string, workload: Workload, rows: Rows, kernels: Kernels, reps: number): TrainingLine {
  const { n, epochs } = workload;
  const warmUp = epochs === 1 ? 1 : WARM_UP;
  const training = train(optionsOf(workload, rows, kernels, warmUp + reps * epochs));
  let loss = Number.NaN;
  const run = (count: number): number => {
    const begun = performance.now();
    for (let epoch = 0; epoch < count; epoch++) {
      const next = training.next('continue');
      if (!next.done) loss = next.value.trainLoss;
    }
    return (performance.now() - begun) / count;
  };
  run(warmUp);
  const times = Array.from({ length: reps }, () => run(epochs));
  const middle = median(times);
  return {
    peer: 'hypersearch',
    kernels: kernels.name,
    workload: name,
    epoch_ms: rounded(middle, 3),
    samples_per_s: Math.round((n / middle) * 1000),
    gflops: rounded(flopsOf(workload) / middle / 1e6, 3),
    min_ms: rounded(Math.min(...times), 3),
    reps,
    loss: rounded(loss, 4),
    node: process.version,
  };
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: {
      data: { type: 'string' },
      kernels: { type: 'string', default: DEFAULT_KERNELS },
      reps: { type: 'string' },
      json: { type: 'boolean' },
    },
    allowPositionals: true,
  });
  const kernels = instantiateKernels(compileKernels(kernelsNamed(values.kernels)));
  await temporarily(async (temporary) => {
    if (values.data === undefined) await writeGeneratedData(temporary, positionals);
    const folder = values.data ?? temporary;
    const lines = chosen(readWorkloads(folder), positionals).map(([name, workload]) => {
      const reps = values.reps === undefined ? workload.reps : countFrom('reps', values.reps);
      const line = measure(name, workload, readRows(folder, name, workload), kernels, reps);
      if (values.json) console.log(JSON.stringify(line));
      return line;
    });
    if (values.json) return;
    const { kernels: used, node } = lines[0]!;
    console.log(`one thread, ${used} kernels, Node ${node}\n`);
    const head = ['workload', 'ms an epoch', 'least', 'rows a second', 'GFLOP/s', 'loss', 'times'];
    const cells = lines.map((line) => [
      ...[line.workload, line.epoch_ms, line.min_ms, line.samples_per_s, line.gflops, line.loss, line.reps],
    ]);
    console.log(tableOf(head, cells));
  });
}

await runBench(main);
