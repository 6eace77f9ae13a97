/** Creates samplers from their settings. */

import type { Direction } from '../objective.ts';
import type { Point, Space } from '../space/space.ts';
import { type CmaesSettings, cmaesSampler } from './cmaes/cmaes.ts';
import { enqueued } from './enqueued.ts';
import { gridSampler } from './grid/grid.ts';
import { randomSampler } from './random/random.ts';
import type { Sampler } from './sampler.ts';
import { sobolSampler } from './sobol/sobol.ts';
import { type TpeSettings, tpeSampler } from './tpe/tpe.ts';

export type SamplerSettings =
  | { readonly type: 'random' | 'sobol'; readonly seed: number }
  | { readonly type: 'grid'; readonly seed: number; readonly exact?: boolean }
  | ({ readonly type: 'tpe' } & TpeSettings)
  | ({ readonly type: 'cmaes' } & CmaesSettings);

/** Samplers that use the results of other trials. */
const learning: readonly SamplerSettings['type'][] = ['tpe', 'cmaes'];

export function isLearning({ type }: Pick<SamplerSettings, 'type'>): boolean {
  return learning.includes(type);
}

function samplerOf(space: Space, settings: SamplerSettings, direction: Direction): Sampler {
  switch (settings.type) {
    case 'random':
      return randomSampler(space, settings.seed);
    case 'grid':
      return gridSampler(space, settings.seed, settings.exact);
    case 'sobol':
      return sobolSampler(space, settings.seed);
    case 'tpe':
      return tpeSampler(space, settings, direction);
    case 'cmaes':
      return cmaesSampler(space, settings, direction);
  }
}

/** `configurations` are tried first: points of the space or parts of points, with values for everything their conditions refer to. */
export function createSampler(
  space: Space,
  settings: SamplerSettings,
  configurations: readonly Point[] = [],
  direction: Direction = 'minimize',
): Sampler {
  const sampler = samplerOf(space, settings, direction);
  return configurations.length === 0 ? sampler : enqueued(space, sampler, configurations, settings.seed);
}
