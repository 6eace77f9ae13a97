/** What to try next. A sampler sees data, never the service: no store, no clock, no shared random sequence. */

import { enqueued } from './enqueued.ts';
import { gridSampler } from './samplers/grid.ts';
import { randomSampler } from './samplers/random.ts';
import type { Point, Space } from './space.ts';

/** What a sampler that learns from history may know of a finished trial. */
export interface Observation {
  readonly number: number;
  readonly point: Point;
  /** null where the trial has none: it diverged or failed. */
  readonly value: number | null;
}

export interface Sampler {
  /** How many different trials there are; Infinity where there is no end. */
  readonly size: number;
  /**
   * The hyperparameters of trial `number`, from exactly the trials in `history` (law 6: those numbered `number` −
   * concurrency and below; empty for samplers that do not learn).
   */
  propose(number: number, history: readonly Observation[]): Point;
}

export type SamplerSettings = { readonly type: 'random' | 'grid'; readonly seed: number };

const samplers: Record<SamplerSettings['type'], (space: Space, seed: number) => Sampler> = {
  random: randomSampler,
  grid: gridSampler,
};

/** `configurations` come first: points of the space, or parts of such points that decide all their conditions name. */
export function createSampler(
  space: Space,
  { type, seed }: SamplerSettings,
  configurations: readonly Point[] = [],
): Sampler {
  const sampler = samplers[type](space, seed);
  return configurations.length === 0 ? sampler : enqueued(space, sampler, configurations, seed);
}
