import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSampler } from '../../src/algorithms/samplers/create-sampler.ts';
import { gridOf, permuted } from '../../src/algorithms/samplers/grid/grid.ts';
import { gridValuesOf, isActive, type Point, type Space, spaceOf } from '../../src/algorithms/space/space.ts';
import { spaces } from '../support/spaces.ts';

const key = (point: object) => JSON.stringify(Object.entries(point).sort());

describe('the grid', () => {
  it('has every point exactly once, conditional ones too', () => {
    fc.assert(
      fc.property(spaces, fc.nat(), (hyperparameters, seed) => {
        const sampler = createSampler(spaceOf(hyperparameters), { type: 'grid', seed });
        fc.pre(sampler.size <= 3000);
        const points = Array.from({ length: sampler.size }, (_, n) => key(sampler.propose(n, [])));
        expect(new Set(points).size).toBe(sampler.size);
      }),
      { numRuns: 60 },
    );
  });

  it('goes through the tree of dimensions, depth first', () => {
    const enumerated = ({ dimensions, fixed }: Space, level = 0, point: Point = {}): Point[] => {
      const dimension = dimensions[level];
      if (dimension === undefined) return [point];
      const { name, distribution } = dimension;
      if (!isActive(distribution.when, point, fixed)) return enumerated({ dimensions, fixed }, level + 1, point);
      return gridValuesOf(distribution).flatMap((value) =>
        enumerated({ dimensions, fixed }, level + 1, { ...point, [name]: value }),
      );
    };
    let conditional = 0;
    fc.assert(
      fc.property(spaces, (hyperparameters) => {
        const space = spaceOf(hyperparameters);
        const { size, pointAt } = gridOf(space);
        fc.pre(size <= 2000);
        const points = enumerated(space);
        conditional += Number(new Set(points.map((point) => Object.keys(point).length)).size > 1);
        expect(Array.from({ length: size }, (_, i) => pointAt(i))).toEqual(points);
      }),
      { numRuns: 100 },
    );
    expect(conditional).toBeGreaterThan(5);
  });

  it('counts what a conditional space really has', () => {
    const { size, pointAt } = gridOf(
      spaceOf({
        optimizer: { distribution: 'categorical', choices: ['sgd', 'momentum', 'adam'] },
        momentum: { distribution: 'categorical', choices: [0.5, 0.9], when: { optimizer: ['momentum'] } },
        layers: { distribution: 'int', low: 1, high: 2, scale: 'linear' },
      }),
    );
    expect(size).toBe((1 + 2 + 1) * 2);
    const points = Array.from({ length: size }, (_, i) => pointAt(i));
    expect(points.filter((point) => 'momentum' in point)).toHaveLength(4);
  });

  it('decodes any point of ten million at once', () => {
    const axis = { distribution: 'float', low: 0, high: 1, scale: 'linear', points: 3163 } as const;
    const sampler = createSampler(spaceOf({ a: axis, b: axis }), { type: 'grid', seed: 5 });
    expect(sampler.size).toBe(3163 * 3163);
    const begun = performance.now();
    const points = new Set(Array.from({ length: 2000 }, (_, i) => key(sampler.propose(i * 5000, []))));
    expect(points.size).toBe(2000);
    expect(performance.now() - begun).toBeLessThan(2000);
  });

  it('visits the first points of a cancelled grid all over the range', () => {
    const axis = { distribution: 'float', low: 0, high: 1, scale: 'linear', points: 1000 } as const;
    const sampler = createSampler(spaceOf({ a: axis }), { type: 'grid', seed: 9 });
    const first = Array.from({ length: 100 }, (_, i) => Number(sampler.propose(i, [])['a']));
    for (const quarter of [0, 0.25, 0.5, 0.75]) {
      expect(first.filter((v) => v >= quarter && v < quarter + 0.25).length).toBeGreaterThan(12);
    }
  });
});

describe('permuted', () => {
  it('is a permutation of every size', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500 }), fc.nat(), (size, seed) => {
        const images = new Set(Array.from({ length: size }, (_, i) => permuted(i, size, seed)));
        expect(images.size).toBe(size);
        for (const image of images) expect(image >= 0 && image < size).toBe(true);
      }),
      { numRuns: 60 },
    );
  });
});
