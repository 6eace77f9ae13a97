/** Trains runs with injected faults on the inline compute core, with one fold. */

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
import type { InjectedRun } from './injected-run.ts';

const core = createInlineCore('simd');
const kernels = instantiateKernels(compileKernels('simd'));
const datasets = new Map<string, Dataset>();

function datasetOf(name: string): Dataset {
  const dataset = datasets.get(name) ?? loadBuiltin(name, `${projectRoot}/datasets`)!;
  datasets.set(name, dataset);
  return dataset;
}

function taskOf({ dataset: name, hyperparameters, seed, fraction = 0.25 }: InjectedRun): TrialTask {
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

export async function trainInjected(one: InjectedRun): Promise<TrialResult> {
  return resultOf(await core.run(taskOf(one)));
}

/** The learned parameters after some epochs, and the data. */
export function learned(one: InjectedRun, epochs: number): { data: PreparedData; layers: readonly LayerParameters[] } {
  const task = taskOf({ ...one, hyperparameters: { ...one.hyperparameters, epochs } });
  const data = preparedFolds(task.dataset, task.validation, task.seed, task.settings.preprocessing)[0]!;
  const training = train(trainOptions(task, data, 0, kernels));
  let next = training.next();
  while (!next.done) next = training.next('continue');
  if (next.value.outcome !== 'ended') throw new Error('unexpected pause');
  return { data, layers: next.value.parameters };
}
