/** Which samplers a specification may name. */
import { z } from 'zod';

const seed = z.int().min(0).max(Number.MAX_SAFE_INTEGER).default(0);

export const samplerKinds = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('random'), seed }).describe('Independent draws, in each hyperparameter’s scale'),
  z
    .strictObject({
      type: z.literal('grid'),
      seed,
      exact: z
        .boolean()
        .default(true)
        .describe(
          'Points are exact decimals, and all whole numbers are taken where there are points enough; false as earlier versions did',
        ),
    })
    .describe('Every point of the grid once, in an order that is a fair sample'),
  z.strictObject({ type: z.literal('sobol'), seed }).describe('Scrambled Sobol points: random, but more evenly spread'),
  z
    .strictObject({
      type: z.literal('tpe'),
      seed,
      startupTrials: z.int().min(1).max(10_000).default(8).describe('Sobol points, to begin with'),
      candidates: z.int().min(1).max(1000).default(48).describe('Compared for every trial'),
      concurrency: z
        .int()
        .min(1)
        .max(1000)
        .default(4)
        .describe(
          'Trial i is proposed from the trials up to i − concurrency, however many run: 1 is one after the other',
        ),
    })
    .describe('Tree-structured Parzen estimator: learns from finished trials what is good'),
  z
    .strictObject({
      type: z.literal('cmaes'),
      seed,
      generation: z
        .int()
        .min(4)
        .max(1000)
        .optional()
        .describe('Trials that are proposed together; 4 + ⌊3 ln d⌋ unless given'),
    })
    .describe(
      'CMA-ES on the numeric hyperparameters: a distribution that moves towards the better half of each generation',
    ),
]);

/** `{}` and `{seed: 7}` are random. */
export const samplerSchema = z.preprocess(
  (sent) => (typeof sent === 'object' && sent !== null && !('type' in sent) ? { type: 'random', ...sent } : sent),
  samplerKinds,
);
