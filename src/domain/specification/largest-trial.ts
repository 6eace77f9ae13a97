/** The trial of a search that takes most memory. */

import type { Distribution, Value } from '../../algorithms/space/space.ts';
import type { TrialSettings, TrialTask } from '../../compute/trial.ts';
import { foldRows } from '../../data/folds.ts';
import { layerCountsOf, mostUnits } from './hidden-units.ts';
import { settingsOf } from './hyperparameters.ts';
import type { DatasetFacts, Specification } from './specification.ts';

/** How much memory one trial may take, and how much it would. */
export interface TrialMemory {
  readonly limitBytes: number;
  /** Bytes that training with these settings takes on so many rows of the data set. */
  needed(
    settings: TrialSettings,
    dataset: Pick<DatasetFacts, 'task' | 'features' | 'classes'>,
    objective: Pick<TrialTask, 'metric' | 'direction'>,
    rows: { readonly trainRows: number; readonly validationRows: number },
  ): number;
}

type Setting = Value | Distribution | undefined;

function greatest(setting: Setting): number {
  if (typeof setting !== 'object') return Number(setting);
  return setting.distribution === 'categorical' ? Math.max(...setting.choices.map(Number)) : setting.high;
}

function choicesOf(setting: Setting): readonly Value[] {
  if (typeof setting === 'object') return setting.distribution === 'categorical' ? setting.choices : [];
  return setting === undefined ? [] : [setting];
}

/** Those that cost memory: more with a greater value, and by choice. */
const growing = ['batchSize', 'dropout', 'patience'] as const;
const choosing = ['batchNorm', 'optimizer', 'activation', 'loss'] as const;

/**
 * Every hyperparameter at its most costly, whether or not conditions ever let them meet. What one costs more than another does
 * not depend on the others, so they are decided one by one.
 */
export function largestTrial(
  { hyperparameters, objective, validation }: Pick<Specification, 'hyperparameters' | 'objective' | 'validation'>,
  dataset: DatasetFacts,
  memory: TrialMemory,
): { settings: TrialSettings; bytes: number } {
  const rows = foldRows(validation, dataset.rows);
  const measured = (settings: TrialSettings) => ({
    settings,
    bytes: memory.needed(settings, dataset, objective, rows),
  });
  const larger = (candidates: TrialSettings[]) =>
    candidates.map(measured).reduce((a, b) => (b.bytes > a.bytes ? b : a));
  const most = Object.fromEntries(growing.map((name) => [name, greatest(hyperparameters[name])]));
  const base = { ...settingsOf(hyperparameters, {}), ...most } as TrialSettings;
  const networks = layerCountsOf(hyperparameters['hiddenLayers']).map((count) => ({
    ...base,
    hiddenUnits: mostUnits(hyperparameters, count),
  }));
  let found = larger(networks);
  for (const name of choosing) {
    // The schema has checked every choice against its row.
    const candidates = choicesOf(hyperparameters[name]).map((choice) => ({ ...found.settings, [name]: choice }));
    found = larger(candidates as TrialSettings[]);
  }
  return found;
}
