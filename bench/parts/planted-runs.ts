/** Trains what is planted: on the compute core alone, one fold, in this thread. */

import { createInlineCore } from '../../src/compute/inline-core.ts';
import { compileKernels, instantiateKernels } from '../../src/compute/kernels.ts';
import { preparedFolds } from '../../src/compute/prepared-folds.ts';
import { resultOf, type TrialResult, type TrialTask } from '../../src/compute/trial.ts';
import { trainOptions } from '../../src/compute/trial-options.ts';
import { loadBuiltin } from '../../src/data/builtin.ts';
import type { Dataset } from '../../src/data/dataset.ts';
import type { PreparedData } from '../../src/data/preprocess.ts';
import { settingsOf } from '../../src/domain/specification/hyperparameters.ts';
import type { LayerParameters } from '../../src/nn/model/layer.ts';
import { train } from '../../src/nn/training/train.ts';
import { projectRoot } from '../../src/paths.ts';
import type { Planted } from './planted.ts';

const core = createInlineCore('simd');
const kernels = instantiateKernels(compileKernels('simd'));
const datasets = new Map<string, Dataset>();

function datasetOf(name: string): Dataset {
  const dataset = datasets.get(name) ?? loadBuiltin(name, `${projectRoot}/datasets`)!;
  datasets.set(name, dataset);
  return dataset;
}

function taskOf({ dataset: name, hyperparameters, seed, fraction = 0.25 }: Planted): TrialTask {
  const dataset = datasetOf(name);
  const classes = dataset.task === 'classification';
  return {
    settings: settingsOf(hyperparameters, {}),
    dataset,
    validation: { type: 'holdout', fraction },
    metric: classes ? 'validationAccuracy' : 'validationRmse',
    direction: classes ? 'maximize' : 'minimize',
    divergence: true,
    seed,
    trial: 0,
  };
}

export async function runPlanted(one: Planted): Promise<TrialResult> {
  return resultOf(await core.run(taskOf(one)));
}

/** What it has learned after so many epochs, and from which rows. */
export function learned(one: Planted, epochs: number): { data: PreparedData; layers: readonly LayerParameters[] } {
  const task = taskOf({ ...one, hyperparameters: { ...one.hyperparameters, epochs } });
  const data = preparedFolds(task.dataset, task.validation, task.seed, task.settings.preprocessing)[0]!;
  const training = train(trainOptions(task, data, 0, kernels));
  let next = training.next();
  while (!next.done) next = training.next('continue');
  if (next.value.outcome !== 'ended') throw new Error('nobody paused it');
  return { data, layers: next.value.parameters };
}
