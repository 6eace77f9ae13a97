/** Arbitrary search spaces for property tests. */
import fc from 'fast-check';
import { createSampler } from '../../src/algorithms/samplers/create-sampler.ts';
import { type Distribution, isActive, type Point, type Space, type Value } from '../../src/algorithms/space/space.ts';

const float: fc.Arbitrary<Distribution> = fc
  .tuple(
    fc.double({ min: 1e-6, max: 1e3, noNaN: true }),
    fc.oneof({ weight: 9, arbitrary: fc.double({ min: 1, max: 1e4, noNaN: true }) }, fc.constant(1)),
    fc.boolean(),
  )
  .map(([low, factor, isLog]) => ({
    distribution: 'float',
    low,
    high: low * factor,
    scale: isLog ? 'log' : 'linear',
  }));

const int: fc.Arbitrary<Distribution> = fc
  .tuple(
    fc.integer({ min: 1, max: 50 }),
    fc.integer({ min: 0, max: 300 }),
    fc.boolean(),
    fc.integer({ min: 1, max: 5 }),
  )
  .map(([low, span, isLog, step]) => ({
    distribution: 'int',
    low,
    high: low + span,
    scale: isLog ? 'log' : 'linear',
    step: isLog && step >= 2 * low ? 1 : step,
  }));

const categorical: fc.Arbitrary<Distribution> = fc
  .uniqueArray(fc.constantFrom<Value>('a', 'b', 'c', 1, 2, true, false), { minLength: 1, maxLength: 5 })
  .map((choices) => ({ distribution: 'categorical', choices }));

/** Up to five hyperparameters; some are active only where the first (a choice of a, b, c) has certain values. */
export const spaces: fc.Arbitrary<Record<string, Value | Distribution>> = fc
  .tuple(
    fc.array(fc.tuple(fc.oneof(float, int, categorical), fc.option(fc.subarray(['a', 'b', 'c'], { minLength: 1 }))), {
      maxLength: 4,
    }),
    fc.boolean(),
  )
  .map(([others, fixed]) => {
    const space: Record<string, Value | Distribution> = {
      parent: fixed ? 'b' : { distribution: 'categorical', choices: ['a', 'b', 'c'] },
    };
    others.forEach(([distribution, when], i) => {
      space[`h${i}`] = when === null ? distribution : { ...distribution, when: { parent: when } };
    });
    return space;
  });

/** `count` parts of points of `space`, as a user may give them: every other value, where its condition is decided by the rest. */
export function partsOf(space: Space, count: number): Point[] {
  const source = createSampler(space, { type: 'random', seed: 99 });
  return Array.from({ length: count }, (_, number) => {
    const whole = source.propose(number, []);
    const part: Record<string, Value> = {};
    space.dimensions.forEach(({ name, distribution }, index) => {
      const value = whole[name];
      const known = value !== undefined && isActive(distribution.when, part, space.fixed);
      if (known && (index + number) % 2 === 0) part[name] = value;
    });
    return part;
  });
}
