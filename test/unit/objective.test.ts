/** Which of two values is better, held against the definition of a direction. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ascending, bestFirst, bestOf, compare, isBetter, quantileOfBest } from '../../src/objective.ts';
import { projectRoot } from '../../src/paths.ts';

const value = fc.option(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e9, max: 1e9 }), { nil: null });

describe('an objective', () => {
  it('is better the greater or the smaller it is, and no value is the worst', () => {
    fc.assert(
      fc.property(value, value, (a, b) => {
        const greater = a !== null && (b === null || a > b);
        const smaller = a !== null && (b === null || a < b);
        expect(isBetter(a, b, 'maximize')).toBe(greater);
        expect(isBetter(a, b, 'minimize')).toBe(smaller);
        expect(Math.sign(compare(a, b, 'maximize')) + Math.sign(compare(b, a, 'maximize'))).toBe(0);
      }),
    );
  });

  it.each([
    ['maximize', [3, 1, 2, 4, 0]],
    ['minimize', [4, 1, 2, 3, 0]],
  ] as const)(
    'orders trials to %s it, of equal values the lower number, those without a value last',
    (direction, order) => {
      const trials = [null, 2, 2, 5, 1].map((of, number) => ({ number, value: of }));
      expect(trials.toSorted(bestFirst(direction)).map(({ number }) => number)).toEqual(order);
    },
  );

  it('knows the best of a list', () => {
    expect(bestOf([2, 5, 1], 'maximize')).toBe(5);
    expect(bestOf([2, 5, 1], 'minimize')).toBe(1);
    expect(bestOf([], 'minimize')).toBeNull();
  });

  it('turns what goes from the worst to the best into ascending values', () => {
    expect(ascending(['worst', 'best'], 'maximize')).toEqual(['worst', 'best']);
    expect(ascending(['worst', 'best'], 'minimize')).toEqual(['best', 'worst']);
    expect(quantileOfBest(0.25, 'maximize')).toBe(0.75);
    expect(quantileOfBest(0.25, 'minimize')).toBe(0.25);
  });

  it('has its direction compared in two files: one for TypeScript, one for SQL', () => {
    const comparing = ['src', 'web/src', 'bench', 'workers'].flatMap((folder) =>
      readdirSync(join(projectRoot, folder), { recursive: true, encoding: 'utf8' })
        .filter((name) => /\.tsx?$/.test(name) && !name.includes('prisma-client'))
        .map((name) => join(projectRoot, folder, name))
        .filter((file) => /[!=]== '(maximize|minimize)'/.test(readFileSync(file, 'utf8')))
        .map((file) => relative(projectRoot, file)),
    );
    expect(comparing.sort()).toEqual(['src/adapters/value-order.ts', 'src/objective.ts']);
  });
});
