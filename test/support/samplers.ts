/** The samplers that a specification may name, as tests go through them: a new one is among them by itself. */
import { createSampler, isLearning, type SamplerSettings } from '../../src/search/create-sampler.ts';
import type { Space } from '../../src/search/space.ts';
import { samplerKinds } from '../../src/searches/samplers.ts';

export type SamplerType = SamplerSettings['type'];
export const samplerTypes: readonly SamplerType[] = samplerKinds.options.map(({ shape }) => shape.type.value);
export const learningTypes: readonly SamplerType[] = samplerTypes.filter((type) => isLearning({ type }));

/** Settings with which those that learn begin to within a few trials; the others have their defaults. */
export const earlySettings: Readonly<Partial<Record<SamplerType, object>>> = {
  tpe: { startupTrials: 4, concurrency: 3 },
  cmaes: { generation: 5 },
};

export function settingsOf(type: SamplerType, seed: number): SamplerSettings {
  // Seeds are not judged: tests go beyond those that a specification may have.
  return { ...samplerKinds.parse({ type, ...earlySettings[type] }), seed };
}

/** The first trial that is proposed from the results of others. */
export function firstLearned(type: SamplerType, space: Space): number {
  const { learnsFrom } = createSampler(space, settingsOf(type, 0));
  for (let number = 0; number < 100; number++) if (learnsFrom(number) > 0) return number;
  throw new Error(`${type} learns nothing in its first hundred trials`);
}
