/** Learning curves of the trials that bench:strategies searches among: what the service would train, without the service. */
import { join } from 'node:path';
import { type Point, spaceOf, type Value } from '../../src/algorithms/space/space.ts';
import { createInlineCore } from '../../src/compute/inline-core.ts';
import { loadBuiltin } from '../../src/data/builtin.ts';
import type { Dataset } from '../../src/data/dataset.ts';
import { fallbacks, settingsOf } from '../../src/domain/specification/hyperparameters.ts';
import { projectRoot } from '../../src/paths.ts';
import { wideSpace } from './through-service.ts';

export const EPOCHS = 27;
const FOLDS = 5;
export const searched = spaceOf({ ...fallbacks, ...wideSpace, epochs: EPOCHS });

/** By epoch, from 1: the mean validation accuracy over the folds; null from where the trial diverged. */
export type Curve = readonly (number | null)[];

/** `until`: the epoch after which it is put aside. */
export type CurveOf = (seed: number, trial: number, point: Point, until?: number) => Promise<Curve>;

export function createCurves(): CurveOf {
  const core = createInlineCore('simd');
  const dataset: Dataset = loadBuiltin('digits', join(projectRoot, 'datasets'))!;
  const hyperparameters: Record<string, Value> = { ...searched.fixed };
  return async (seed, trial, point, until) => {
    const end = await core.run({
      settings: settingsOf(hyperparameters, point),
      dataset,
      validation: { type: 'kFold', folds: FOLDS, stratified: true, repeats: 1 },
      ...{ metric: 'validationAccuracy', direction: 'maximize', divergence: true },
      ...{ seed, trial, pauseAfter: until },
    });
    return Array.from({ length: EPOCHS }, (_, epoch) => {
      const values = end.folds.map(({ validationMetric }) => validationMetric[epoch] ?? null);
      const known = values.filter((value) => value !== null);
      return known.length < FOLDS ? null : known.reduce((sum, value) => sum + value, 0) / FOLDS;
    });
  };
}
