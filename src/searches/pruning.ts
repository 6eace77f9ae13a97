/** Which pruners a specification may name, and when a trial of it is looked at. */
import { z } from 'zod';

const divergence = z
  .boolean()
  .default(true)
  .describe('Stop a trial whose loss is no number or above 3 times its first, whatever the type');
const epochs = z.int().min(1).max(1_000_000);
const reductionFactor = z.int().min(2).max(10).default(3).describe('One of so many goes on from a rung to the next');
const minEpochs = epochs.default(1).describe('Epochs of the first rung');
const looks = {
  startupTrials: z
    .int()
    .min(1)
    .max(10_000)
    .default(5)
    .describe('Nothing is stopped before so many trials are complete'),
  warmupEpochs: z.int().min(0).max(1_000_000).default(0).describe('Nothing is stopped before so many epochs'),
  interval: epochs.default(1).describe('Looked at every so many epochs'),
};

export const prunerKinds = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('none'), divergence }).describe('Every trial runs to its end'),
  z
    .strictObject({ type: z.literal('median'), ...looks, divergence })
    .describe('Stops what is worse than the median of the complete trials. Depends on the order in which trials run'),
  z
    .strictObject({
      type: z.literal('percentile'),
      percentile: z.number().min(0).max(100).default(25).describe('Of the complete trials, from the best'),
      ...looks,
      divergence,
    })
    .describe('Stops what is not among the best percents. Depends on the order in which trials run'),
  z
    .strictObject({
      type: z.literal('successiveHalving'),
      minEpochs,
      reductionFactor,
      reproducible: z
        .boolean()
        .default(true)
        .describe('All trials of a rung are awaited; if not, each is judged by those before it, whichever these are'),
      bracketSize: z.int().min(2).max(100_000).optional().describe('Trials that halve together, if reproducible'),
      divergence,
    })
    .describe('At every rung the best go on'),
  z
    .strictObject({
      type: z.literal('diagnosis'),
      warmupEpochs: z.int().min(1).max(1_000_000).default(3).describe('The first look comes after so many epochs'),
      patience: epochs.default(5).describe('Epochs from one look to the next: so long a fault may take to heal'),
      divergence,
    })
    .describe('Stops a trial in which a fault is found that does not heal, and says which; reproducible'),
  z
    .strictObject({ type: z.literal('hyperband'), minEpochs, reductionFactor, divergence })
    .describe('Successive halving with brackets from many short trials to few long ones; reproducible'),
]);

/** `{}` and `{divergence: false}` are of type none. */
export const prunerSchema = z.preprocess(
  (sent) => (typeof sent === 'object' && sent !== null && !('type' in sent) ? { type: 'none', ...sent } : sent),
  prunerKinds,
);

export type PrunerSettings = z.output<typeof prunerKinds>;

export type BarrierSettings = Extract<PrunerSettings, { type: 'hyperband' | 'successiveHalving' }>;

/** Pruners under which a trial waits at its rung for the others of its bracket. */
export function hasBarriers(pruner: PrunerSettings): pruner is BarrierSettings {
  return pruner.type === 'hyperband' || (pruner.type === 'successiveHalving' && pruner.reproducible);
}

/** Pruners that judge a trial at once, by those that were there before it. */
export function isImmediate(
  pruner: PrunerSettings,
): pruner is Exclude<PrunerSettings, { type: 'none' | 'diagnosis' | 'hyperband' }> {
  return pruner.type !== 'none' && pruner.type !== 'diagnosis' && !hasBarriers(pruner);
}

export type DiagnosisSettings = Extract<PrunerSettings, { type: 'diagnosis' }>;

/** The next epoch after `completed` at which «diagnosis» looks at a trial, at most `last`; undefined where there is none. */
export function nextDiagnosis(
  { warmupEpochs, patience }: Pick<DiagnosisSettings, 'warmupEpochs' | 'patience'>,
  completed: number,
  last: number,
): number | undefined {
  const looks = Math.floor((completed - warmupEpochs) / patience) + 1;
  const next = completed < warmupEpochs ? warmupEpochs : warmupEpochs + looks * patience;
  return next <= last ? next : undefined;
}
