/** What the sampler of a draft would try, computed in the browser with the same samplers. Pure. */
import { createSampler, type SamplerSettings } from '../../../src/algorithms/samplers/create-sampler.ts';
import { type Distribution, type Point, spaceOf, type Value } from '../../../src/algorithms/space/space.ts';
import { readableOf } from '../../../src/domain/specification/hyperparameters.ts';
import { samplerSchema } from '../../../src/domain/specification/samplers.ts';
import type { Draft } from './draft.ts';

const MAX_SAMPLES = 200;

/** Points of trials that do not depend on others; empty if the space is invalid. */
export function sampledOf(hyperparameters: Draft, sampler: unknown, trials: number): readonly Point[] {
  const settings = samplerSchema.safeParse(sampler ?? {});
  const given = readableOf(hyperparameters) as Record<string, Value | Distribution>;
  try {
    const space = spaceOf(given);
    const type = settings.success ? settings.data : ({ type: 'random', seed: 0 } as const);
    const { size, learnsFrom, propose } = createSampler(space, type as SamplerSettings, [], 'maximize');
    const numbers = Array.from({ length: Math.min(size, Math.max(trials, 50), MAX_SAMPLES) }, (_, i) => i);
    return numbers.filter((number) => learnsFrom(number) === 0).map((number) => propose(number, []));
  } catch {
    return [];
  }
}
