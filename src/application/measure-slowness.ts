/** Measures how fast a thread of this machine trains, for estimates of time (domain/estimate.ts). Some 200 ms. */
import { runInline } from '../compute/inline-core.ts';
import type { TrialSettings, TrialTask } from '../compute/trial.ts';
import type { Dataset } from '../data/dataset.ts';
import { partsOf, type Slowness } from '../domain/estimate.ts';
import { settingsOf } from '../domain/specification/hyperparameters.ts';
import type { Kernels } from '../nn/kernels/kernels.ts';

/** Until the code is compiled it takes up to ten times longer; then the fastest counts, since others may have been interrupted. */
const RUNS = { small: 24, large: 6 } as const;
const validation = { type: 'holdout', fraction: 0.2, repeats: 1 } as const;
/** Many small steps, and few large products. */
const small = settingsOf({ hiddenUnits: 16, batchSize: 8, epochs: 3 }, {});
const large = { ...settingsOf({ batchSize: 128, epochs: 1 }, {}), hiddenUnits: [256, 256] };

export function measureSlowness(kernels: Kernels, dataset: Dataset): Slowness {
  const measure = (settings: TrialSettings, count: number) => {
    const task: TrialTask = {
      ...{ settings, dataset, validation, seed: 0, trial: 0 },
      metric: 'validationLoss',
      direction: 'minimize',
      divergence: false,
    };
    const conditions = { interrupted: () => false, memoryLimit: Number.POSITIVE_INFINITY };
    const runs = Array.from({ length: count }, () => runInline(kernels, task, () => undefined, conditions).durationMs);
    return { seconds: Math.min(...runs) / 1000, ...partsOf(settings, dataset, validation) };
  };
  const steps = measure(small, RUNS.small);
  const dense = measure(large, RUNS.large);
  // Two equations with two unknowns: seconds = products · p + rest · r.
  const determinant = steps.products * dense.rest - dense.products * steps.rest;
  const products = (steps.seconds * dense.rest - dense.seconds * steps.rest) / determinant;
  const rest = (steps.products * dense.seconds - dense.products * steps.seconds) / determinant;
  return { products: withinReason(products), rest: withinReason(rest) };
}

/** Measurements of a machine that is busy can contradict each other. */
function withinReason(slowness: number): number {
  return Number.isFinite(slowness) ? Math.min(Math.max(slowness, 0.2), 20) : 1;
}

/** A machine is busier at some times than at others. */
const KNOWN_MS = 10 * 60_000;

/** Measures again when it is asked after ten minutes. */
export function rememberedSlowness(measure: () => Promise<Slowness>): () => Promise<Slowness> {
  let known: { readonly slowness: Promise<Slowness>; readonly until: number } | undefined;
  return () => {
    if (known === undefined || known.until < Date.now()) known = { slowness: measure(), until: Date.now() + KNOWN_MS };
    const { slowness } = known;
    slowness.catch(() => {
      known = undefined;
    });
    return slowness;
  };
}
