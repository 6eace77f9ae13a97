/** Every sampler by its settings. */

import type { Direction } from '../objective.ts';
import { enqueued } from './enqueued.ts';
import type { Sampler } from './sampler.ts';
import { type CmaesSettings, cmaesSampler } from './samplers/cmaes.ts';
import { gridSampler } from './samplers/grid.ts';
import { randomSampler } from './samplers/random.ts';
import { sobolSampler } from './samplers/sobol.ts';
import { type TpeSettings, tpeSampler } from './samplers/tpe.ts';
import type { Point, Space } from './space.ts';

export type SamplerSettings =
  | { readonly type: 'random' | 'sobol'; readonly seed: number }
  | { readonly type: 'grid'; readonly seed: number; readonly exact?: boolean }
  | ({ readonly type: 'tpe' } & TpeSettings)
  | ({ readonly type: 'cmaes' } & CmaesSettings);

/** Those that look at other trials. */
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

/** `configurations` come first: points of the space, or parts of such points that decide all their conditions name. */
export function createSampler(
  space: Space,
  settings: SamplerSettings,
  configurations: readonly Point[] = [],
  direction: Direction = 'minimize',
): Sampler {
  const sampler = samplerOf(space, settings, direction);
  return configurations.length === 0 ? sampler : enqueued(space, sampler, configurations, settings.seed);
}
