/** The samplers a specification can use. */
import { z } from 'zod';

const seed = z.int().min(0).max(Number.MAX_SAFE_INTEGER).default(0);

export const samplerKinds = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('random'), seed }).describe('Independent samples on each hyperparameter’s scale'),
  z
    .strictObject({
      type: z.literal('grid'),
      seed,
      exact: z
        .boolean()
        .default(true)
        .describe(
          'Grid values are exact decimals, and every integer is used if there are enough points; false: as in earlier versions',
        ),
    })
    .describe('Every point of the grid once, in a shuffled order'),
  z.strictObject({ type: z.literal('sobol'), seed }).describe('Scrambled Sobol points: random, but more evenly spread'),
  z
    .strictObject({
      type: z.literal('tpe'),
      seed,
      startupTrials: z.int().min(1).max(10_000).default(8).describe('Trials that use Sobol points before TPE starts'),
      candidates: z.int().min(1).max(1000).default(48).describe('Candidates compared for every trial'),
      concurrency: z
        .int()
        .min(1)
        .max(1000)
        .default(4)
        .describe(
          'Trial i is proposed from the trials up to i − concurrency, however many run at once; 1 is strictly sequential',
        ),
    })
    .describe('Tree-structured Parzen estimator: learns from finished trials'),
  z
    .strictObject({
      type: z.literal('cmaes'),
      seed,
      generation: z.int().min(4).max(1000).optional().describe('Population size; 4 + ⌊3 ln d⌋ by default'),
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
