/** The pruners a specification can use. */
import { z } from 'zod';

const divergence = z
  .boolean()
  .default(true)
  .describe('Stop a trial whose loss is not finite or above 3 times its initial loss, whatever the type');
const epochs = z.int().min(1).max(1_000_000);
const reductionFactor = z
  .int()
  .min(2)
  .max(10)
  .default(3)
  .describe('One in this many trials is promoted to the next rung');
const minEpochs = epochs.default(1).describe('Epochs of the first rung');
const reporting = {
  startupTrials: z
    .int()
    .min(1)
    .max(10_000)
    .default(5)
    .describe('No trial is stopped before this many trials are complete'),
  warmupEpochs: z.int().min(0).max(1_000_000).default(0).describe('No trial is stopped before this many epochs'),
  interval: epochs.default(1).describe('Epochs between two checks'),
};

export const prunerKinds = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('none'), divergence }).describe('Every trial runs to completion'),
  z
    .strictObject({ type: z.literal('median'), ...reporting, divergence })
    .describe('Stops trials worse than the median of the complete ones. Depends on the order in which trials run'),
  z
    .strictObject({
      type: z.literal('percentile'),
      percentile: z.number().min(0).max(100).default(25).describe('Of the complete trials, from the best'),
      ...reporting,
      divergence,
    })
    .describe('Stops trials that are not within the best percentile. Depends on the order in which trials run'),
  z
    .strictObject({
      type: z.literal('successiveHalving'),
      minEpochs,
      reductionFactor,
      reproducible: z
        .boolean()
        .default(true)
        .describe(
          'true: wait for all trials of a rung; false: compare each with the trials that reached the rung before it (ASHA)',
        ),
      bracketSize: z.int().min(2).max(100_000).optional().describe('Trials of a bracket, if reproducible'),
      divergence,
    })
    .describe('At every rung the best trials are promoted'),
  z
    .strictObject({
      type: z.literal('diagnosis'),
      warmupEpochs: z.int().min(1).max(1_000_000).default(3).describe('Epochs before the first check'),
      patience: epochs.default(5).describe('Epochs between checks: a problem that persists so long stops the trial'),
      divergence,
    })
    .describe('Stops a trial whose finding of severity fault persists from one check to the next; reproducible'),
  z
    .strictObject({ type: z.literal('hyperband'), minEpochs, reductionFactor, divergence })
    .describe('Successive halving in brackets, from many short trials to a few long ones; reproducible'),
]);

/** `{}` and `{divergence: false}` are of type none. */
export const prunerSchema = z.preprocess(
  (sent) => (typeof sent === 'object' && sent !== null && !('type' in sent) ? { type: 'none', ...sent } : sent),
  prunerKinds,
);

export type PrunerSettings = z.output<typeof prunerKinds>;

export type BarrierSettings = Extract<PrunerSettings, { type: 'hyperband' | 'successiveHalving' }>;

export type DiagnosisSettings = Extract<PrunerSettings, { type: 'diagnosis' }>;
