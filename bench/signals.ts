/**
 * npm run bench:signals: the cost of measuring signals during training. Trains the four workloads with and without signals, interleaved, for the
 * default number of epochs, and prints the relative overhead.
 *
 *   npm run bench:signals -- [--data DIR] [--rounds 9] [--json] [w1 w2 w3 w4]
 */
import { parseArgs } from 'node:util';
import { compileKernels, instantiateKernels } from '../src/compute/kernels.ts';
import type { Kernels } from '../src/nn/kernels/kernels.ts';
import { train } from '../src/nn/training/train.ts';
import { writeGeneratedData } from './parts/generated-data.ts';
import { DEFAULT_KERNELS, kernelsNamed } from './parts/kernels.ts';
import { countFrom, median, rounded, runBench, spread, tableOf } from './parts/report.ts';
import { temporarily } from './parts/temporary.ts';
import { optionsOf } from './parts/training-options.ts';
import { chosen, type Rows, readRows, readWorkloads, type Workload } from './parts/workloads.ts';

/** Of the large workload fewer: an epoch of it takes long, and one looks like the other. */
const EPOCHS = 20;
const LARGE_EPOCHS = 3;
const LARGE = 100_000;

function seconds(workload: Workload, rows: Rows, kernels: Kernels, signals: boolean): number {
  const weights = workload.sizes.slice(1).reduce((sum, units, l) => sum + units * workload.sizes[l]!, 0);
  const epochs = weights > LARGE ? LARGE_EPOCHS : EPOCHS;
  const begun = performance.now();
  const training = train({ ...optionsOf(workload, rows, kernels, epochs), signals });
  while (!training.next('continue').done);
  return (performance.now() - begun) / 1000;
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: {
      data: { type: 'string' },
      kernels: { type: 'string', default: DEFAULT_KERNELS },
      rounds: { type: 'string', default: '9' },
      json: { type: 'boolean' },
    },
    allowPositionals: true,
  });
  const kernels = instantiateKernels(compileKernels(kernelsNamed(values.kernels)));
  const rounds = countFrom('rounds', values.rounds);
  await temporarily(async (temporary) => {
    if (values.data === undefined) await writeGeneratedData(temporary, positionals);
    const folder = values.data ?? temporary;
    const lines = chosen(readWorkloads(folder), positionals).map(([name, workload]) => {
      const rows = readRows(folder, name, workload);
      for (const signals of [true, false]) seconds(workload, rows, kernels, signals);
      const costs = Array.from({ length: rounds }, (_, round) => {
        const first = round % 2 === 0;
        const one = seconds(workload, rows, kernels, first);
        const other = seconds(workload, rows, kernels, !first);
        return first ? one / other - 1 : other / one - 1;
      });
      const line = { workload: name, cost: rounded(median(costs), 4), spread: spread(costs, 4), rounds };
      if (values.json) console.log(JSON.stringify(line));
      return line;
    });
    if (values.json) return;
    const cells = lines.map((line) => [line.workload, line.spread, line.rounds]);
    console.log(tableOf(['workload', 'longer by', 'rounds'], cells));
  });
}

await runBench(main);
