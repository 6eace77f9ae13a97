/** Runs a list of trials on the compute core, without queue or database. */
import { join } from 'node:path';
import { compileKernels } from '../../src/compute/kernels.ts';
import type { KernelsName } from '../../src/compute/kernels-names.ts';
import { createThreadedCore } from '../../src/compute/threaded-core.ts';
import type { TrialTask } from '../../src/compute/trial.ts';
import { loadBuiltin } from '../../src/data/builtin.ts';
import { fallbacks, settingsOf } from '../../src/domain/specification/hyperparameters.ts';
import { projectRoot, workerScript } from '../../src/paths.ts';
import type { TrialList } from './trials.ts';

/** How often the list is gone through, so that threads that have no last trial to share weigh little. */
const PASSES = 10;

function tasksOf(trials: TrialList): TrialTask[] {
  const dataset = loadBuiltin('digits', join(projectRoot, 'datasets'));
  if (dataset === undefined) throw new Error('there is no data set digits');
  return trials.map(({ hidden, lr, batch, epochs, seed }) => ({
    settings: {
      ...settingsOf({ ...fallbacks, learningRate: lr, batchSize: batch, epochs, optimizer: 'adam', l2: 0 }, {}),
      hiddenUnits: hidden,
    },
    dataset,
    validation: { type: 'holdout', fraction: 0.2 },
    metric: 'validationAccuracy',
    direction: 'maximize',
    divergence: true,
    seed: 1,
    trial: seed,
  }));
}

/** Seconds that `threads` threads take for the list, gone through PASSES times, after a pass that is not counted. */
export async function coreSeconds(trials: TrialList, threads: number, kernels: KernelsName): Promise<number> {
  const entry = workerScript('compute-thread');
  const core = createThreadedCore(threads, entry, compileKernels(kernels));
  const tasks = tasksOf(trials);
  try {
    await Promise.all(tasks.map((task) => core.run(task)));
    const begun = performance.now();
    await Promise.all(Array.from({ length: PASSES }, () => tasks.map((task) => core.run(task))).flat());
    return (performance.now() - begun) / 1000;
  } finally {
    await core.close();
  }
}
