/** The trial of a search that needs the most memory. */

import type { Distribution, Value } from '../../algorithms/space/space.ts';
import type { TrialSettings, TrialTask } from '../../compute/trial.ts';
import { foldRows } from '../../data/folds.ts';
import { layerCountsOf, maxUnits } from './hidden-units.ts';
import { settingsOf } from './hyperparameters.ts';
import { type DatasetFacts, type Specification, trainedObjective } from './specification.ts';

/** The memory limit of a trial, and how to estimate its need. */
export interface TrialMemory {
  readonly limitBytes: number;
  /** Bytes needed for training with these settings on this many rows. */
  needed(
    settings: TrialSettings,
    dataset: Pick<DatasetFacts, 'task' | 'features' | 'classes'>,
    objective: Pick<TrialTask, 'metric' | 'direction'>,
    rows: { readonly trainRows: number; readonly validationRows: number },
  ): number;
}

type Setting = Value | Distribution | undefined;

function maxOf(setting: Setting): number {
  if (typeof setting !== 'object') return Number(setting);
  return setting.distribution === 'categorical' ? Math.max(...setting.choices.map(Number)) : setting.high;
}

function choicesOf(setting: Setting): readonly Value[] {
  if (typeof setting === 'object') return setting.distribution === 'categorical' ? setting.choices : [];
  return setting === undefined ? [] : [setting];
}

/** Hyperparameters that affect memory: numbers, where more costs more, and choices. */
const growing = ['batchSize', 'dropout', 'patience'] as const;
const choosing = ['batchNorm', 'optimizer', 'activation', 'loss'] as const;

/**
 * Every hyperparameter at its most expensive value, even if conditions never allow the combination. Which value is the most expensive does
 * not depend on the other hyperparameters, so each is chosen separately.
 */
export function largestTrial(
  { hyperparameters, objective, validation }: Pick<Specification, 'hyperparameters' | 'objective' | 'validation'>,
  dataset: DatasetFacts,
  memory: TrialMemory,
): { settings: TrialSettings; bytes: number } {
  const trained = trainedObjective({ objective });
  const rows = foldRows(validation, dataset.rows);
  const measured = (settings: TrialSettings) => ({
    settings,
    bytes: memory.needed(settings, dataset, trained, rows),
  });
  const larger = (candidates: TrialSettings[]) =>
    candidates.map(measured).reduce((a, b) => (b.bytes > a.bytes ? b : a));
  const numbers = Object.fromEntries(growing.map((name) => [name, maxOf(hyperparameters[name])]));
  const base = { ...settingsOf(hyperparameters, {}), ...numbers } as TrialSettings;
  const networks = layerCountsOf(hyperparameters['hiddenLayers']).map((count) => ({
    ...base,
    hiddenUnits: maxUnits(hyperparameters, count),
  }));
  let found = larger(networks);
  for (const name of choosing) {
    // Every choice has been validated against the table of hyperparameters.
    const candidates = choicesOf(hyperparameters[name]).map((choice) => ({ ...found.settings, [name]: choice }));
    found = larger(candidates as TrialSettings[]);
  }
  return found;
}
