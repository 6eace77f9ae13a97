/** The tpe sampler keeps its mixtures between proposals and leaves out what cannot matter: its points, and their bits, must not show it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomSampler } from '../../src/algorithms/samplers/random/random.ts';
import type { Observation } from '../../src/algorithms/samplers/sampler.ts';
import { createSplit } from '../../src/algorithms/samplers/tpe/split.ts';
import { tpeSampler } from '../../src/algorithms/samplers/tpe/tpe.ts';
import { type Point, type Space, spaceOf } from '../../src/algorithms/space/space.ts';
import { pivotOf, plainMixture, plainProposal, plainSplit } from '../support/plain-tpe.ts';
import { spaces } from '../support/spaces.ts';

const settings = { seed: 3, startupTrials: 2, candidates: 12, concurrency: 1 };

/** A history of made-up results: points of the random sampler, near the first of them where `close`. */
function historyOf(space: Space, seed: number, count: number, pending = 0): Observation[] {
  const source = randomSampler(space, seed);
  return Array.from({ length: count }, (_, number) => {
    const point = source.propose(number % 5 === 4 ? number - 4 : number, []);
    const isPending = number >= count - pending;
    const value = isPending || number % 7 === 3 ? null : ((number * 37) % 11) + Object.keys(point).length;
    return {
      number,
      point,
      value,
      epochs: isPending ? 0 : 1 + (number % 3),
      complete: !isPending && number % 4 !== 1,
      ...(isPending && { pending: true }),
    };
  });
}

/** What a history can become: longer, its end replaced, with fewer pending trials, or another one. */
interface Change {
  readonly seed: number;
  readonly count: number;
  readonly pending: number;
  /** How many observations of the history before stay. */
  readonly kept: number;
}
const changes: fc.Arbitrary<Change[]> = fc.array(
  fc.record({
    seed: fc.integer({ min: 0, max: 1 }),
    count: fc.integer({ min: 0, max: 140 }),
    pending: fc.integer({ min: 0, max: 6 }),
    kept: fc.integer({ min: 0, max: 140 }),
  }),
  { minLength: 1, maxLength: 5 },
);

/** Histories that share the objects of what is kept of the one before. */
function course(space: Space, list: readonly Change[]): Observation[][] {
  const histories: Observation[][] = [];
  for (const { seed, count, pending, kept } of list) {
    const before = histories.at(-1) ?? [];
    const next = historyOf(space, seed, count, Math.min(pending, count));
    histories.push([...before.slice(0, kept), ...next.slice(Math.min(kept, before.length))]);
  }
  return histories;
}

describe('tpe', () => {
  it('proposes what the straightforward computation proposes, whatever histories it saw before', () => {
    fc.assert(
      fc.property(spaces, changes, (hyperparameters, list) => {
        const space = spaceOf(hyperparameters);
        const kept = tpeSampler(space, settings, 'maximize');
        for (const history of course(space, list)) {
          const number = history.length;
          const point = kept.propose(number, history);
          expect(point).toEqual(tpeSampler(space, settings, 'maximize').propose(number, history));
          const plain = plainProposal(space, settings, 'maximize', number, history);
          if (plain !== undefined) expect(point).toEqual(plain);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('has mixtures with the bits of the straightforward computation, and true lower bounds', () => {
    fc.assert(
      fc.property(spaces, changes, fc.nat(), (hyperparameters, list, seed) => {
        const space = spaceOf(hyperparameters);
        const split = createSplit(space, 'minimize', { added: () => {}, removed: () => {} });
        const at = randomSampler(space, seed);
        for (const history of course(space, list)) {
          split.follow(history);
          const { good, others } = plainSplit(history, 'minimize');
          const pivot = pivotOf(space, history);
          for (const [mixture, members] of [
            [split.better, good],
            [split.worse, others],
          ] as const) {
            const plain = plainMixture(space, members, pivot);
            const points: Point[] = [
              at.propose(0, []),
              ...(history.length > 0 ? [history[seed % history.length]!.point] : []),
            ];
            for (const point of points) {
              const density = mixture.logDensity(point);
              expect(density).toBe(plain.logDensity(point));
              expect(mixture.leastLogDensity(point)).toBeLessThanOrEqual(density);
            }
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it('also after a thousand trials, when most components are left out', () => {
    const space = spaceOf({
      rate: { distribution: 'float', low: 1e-5, high: 1, scale: 'log' },
      dropout: { distribution: 'float', low: 0, high: 0.5, scale: 'linear' },
      decay: { distribution: 'float', low: 1e-6, high: 1, scale: 'log' },
      units: { distribution: 'int', low: 8, high: 512, scale: 'log' },
      activation: { distribution: 'categorical', choices: ['relu', 'tanh', 'elu'] },
    });
    const sampler = tpeSampler(space, settings, 'maximize');
    const history = historyOf(space, 1, 1000);
    for (let number = history.length; number < 1020; number++) {
      const point = sampler.propose(number, history);
      expect(point).toEqual(plainProposal(space, settings, 'maximize', number, history));
      history.push({ number, point, value: number % 13, epochs: 1, complete: true });
    }
  });
});
