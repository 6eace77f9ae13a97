/** Lists of trials: the networks that every peer of a search trains. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { createSampler } from '../../src/algorithms/samplers/create-sampler.ts';
import { spaceOf } from '../../src/algorithms/space/space.ts';

const trialsSchema = z
  .array(
    z.object({
      hidden: z.array(z.int().min(1)).min(1).max(20),
      lr: z.number().positive(),
      batch: z.int().min(1),
      epochs: z.int().min(1),
      seed: z.int().min(0),
    }),
  )
  .min(1);
export type TrialList = z.infer<typeof trialsSchema>;

/** How many of a list are tried. */
const TRIALS = 40;

/** The first forty of the list in `file`. */
export function readTrials(file: string): TrialList {
  const parsed = trialsSchema.safeParse(JSON.parse(readFileSync(file, 'utf8')));
  if (!parsed.success) throw new Error(`${file} is no list of trials:\n${z.prettifyError(parsed.error)}`);
  return parsed.data.slice(0, TRIALS);
}

/**
 * The rule by which bench/trials.json was made: the first forty trials of this service's own random search with seed 2016 over
 * one or two layers of 32, 64 or 128 units, learning rates from 10^−3.5 to 10^−2 by power of ten (to four digits), batches of
 * 32, 64 or 128, 20 epochs.
 */
export function madeTrials(): TrialList {
  const units = { distribution: 'categorical', choices: [32, 64, 128] } as const;
  const space = spaceOf({
    layers: { distribution: 'int', low: 1, high: 2, scale: 'linear' },
    first: units,
    second: units,
    lr: { distribution: 'float', low: 10 ** -3.5, high: 1e-2, scale: 'log' },
    batch: { distribution: 'categorical', choices: [32, 64, 128] },
  });
  const sampler = createSampler(space, { type: 'random', seed: 2016 });
  return Array.from({ length: TRIALS }, (_, seed) => {
    const { layers, first, second, lr, batch } = sampler.propose(seed, []);
    const hidden = [Number(first), Number(second)].slice(0, Number(layers));
    return { hidden, lr: Number(Number(lr).toPrecision(4)), batch: Number(batch), epochs: 20, seed };
  });
}
