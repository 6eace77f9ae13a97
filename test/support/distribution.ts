/** How values of our random sampler compare with draws of another tool's. */
import { createSampler } from '../../src/algorithms/samplers/create-sampler.ts';
import { type Distribution, spaceOf, type Value } from '../../src/algorithms/space/space.ts';
import { settingsOf } from './samplers.ts';

export const DRAWS = 10_000;

/** Of numbers with many values their quantiles, from the lowest to the highest; of others how often each was drawn. */
export type Draws =
  | { readonly quantiles: readonly number[] }
  | { readonly counts: readonly (readonly [Value, number])[] };

/** 10,000 values of the random sampler, without conditions. */
export function sampled(setting: Distribution): Value[] {
  const { when: _, ...alone } = setting;
  const sampler = createSampler(spaceOf({ one: alone }), settingsOf('random', 11), [], 'minimize');
  return Array.from({ length: DRAWS }, (_, number) => sampler.propose(number, [])['one']!);
}

/** The share of values at most `x`. */
function share(values: readonly number[], x: number): number {
  return values.filter((value) => value <= x).length / values.length;
}

/** Kolmogorov and Smirnov: the largest distance of the distribution functions, at the quantiles that are known. */
export function distance(ours: readonly number[], quantiles: readonly number[]): number {
  return Math.max(...quantiles.map((x, i) => Math.abs(share(ours, x) - i / (quantiles.length - 1))));
}

/** Two samples of 10,000 differ by less with probability 0.9999 (Smirnov's asymptotic formula). */
export const FAR = 1.63 * Math.sqrt(2 / DRAWS) * 1.37;

/** Five standard deviations of the difference of two counts. */
export function countsDiffer(own: number, other: number): boolean {
  return Math.abs(own - other) >= 5 * Math.sqrt(2 * Math.max(own, other));
}

/** Without the noise of binary fractions. */
export function rounded(value: Value): Value {
  return typeof value === 'number' ? Number(value.toPrecision(12)) : value;
}
