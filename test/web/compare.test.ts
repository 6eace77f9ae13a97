/** The comparison of searches: what differs, what can be compared, and the best values so far over one axis. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { History } from '../../web/src/api.ts';
import { type Axis, bestSoFar } from '../../web/src/compare/best-so-far.ts';
import {
  type Compared,
  comparables,
  differences,
  groupsOf,
  incomparable,
  sameValidationRows,
} from '../../web/src/compare/differences.ts';
import { markOf } from '../../web/src/compare/marks.ts';

const specification = {
  dataset: 'digits',
  hyperparameters: { l2: 0.1, learningRate: 0.2 },
  sampler: { type: 'random', seed: 0 },
  pruner: { type: 'none', divergence: true },
  validation: { type: 'holdout', fraction: 0.2 },
  objective: { metric: 'validationAccuracy', direction: 'maximize' },
  stages: [],
  budget: { trials: 3 },
};

function search(name: string, more: object = {}, dataset: object = {}): Compared {
  return {
    id: name,
    name,
    dataset: { name: 'digits', hash: 'h1', ...dataset },
    specification: { ...specification, name, ...more },
  } as unknown as Compared;
}

describe('differences', () => {
  it('are those settings alone that are not the same in all, whatever their order', () => {
    const other = search('b', {
      budget: { trials: 3 },
      hyperparameters: { learningRate: 0.3, l2: 0.1 },
      pruner: { divergence: true, type: 'median' },
    });
    expect(differences([search('a'), other, search('c')])).toEqual([
      { path: 'hyperparameters.learningRate', values: [0.2, 0.3, 0.2] },
      { path: 'pruner.type', values: ['none', 'median', 'none'] },
    ]);
  });
  it('stand together with others of their part', () => {
    const tpe = search('b', { sampler: { type: 'tpe', seed: 0, candidates: 24 }, pruner: { type: 'median' } });
    const paths = differences([search('a'), tpe]).map(({ path }) => path);
    expect(paths).toEqual(['sampler.type', 'sampler.candidates', 'pruner.type', 'pruner.divergence']);
  });
  it('have nothing where a search has no such setting', () => {
    const median = search('b', { pruner: { type: 'none', divergence: true, startupTrials: 5 } });
    expect(differences([search('a'), median])).toEqual([{ path: 'pruner.startupTrials', values: [undefined, 5] }]);
  });
});

describe('what can be compared', () => {
  const searches = [
    search('a'),
    search('wine', { dataset: 'wine' }, { name: 'wine', hash: 'h2' }),
    search('b'),
    search('newer', {}, { hash: 'h3' }),
    search('loss', { objective: { metric: 'validationLoss', direction: 'minimize' } }),
  ];
  it('is grouped by data set, its version, metric and direction', () => {
    const classes = comparables(searches).map((one) => one.searches.map(({ name }) => name));
    expect(classes).toEqual([['a', 'b'], ['wine'], ['newer'], ['loss']]);
  });
  it('is said', () => {
    expect(incomparable(searches)).toEqual([
      'They use different data sets, digits and wine.',
      'They use different versions of the data set digits.',
      'They have different metrics, validationAccuracy and validationLoss.',
      'They have different directions: maximize and minimize.',
    ]);
    expect(incomparable([searches[0]!, searches[2]!])).toEqual([]);
  });
  it('are trials of another tool only where it is known that they have the same data', () => {
    const imported = (name: string, metric: string, dataset: object = { name: '', hash: '' }) =>
      search(name, { objective: { metric: 'observed', direction: 'maximize' }, observed: { metric } }, dataset);
    const known = { name: 'digits', hash: 'h1' };
    const all = [imported('x', 'f1'), imported('y', 'f1'), imported('p', 'f1', known), imported('q', 'f1', known)];
    const other = imported('r', 'auc', known);
    const classes = comparables([...all, other, search('a')]).map((one) => [
      one.metric,
      ...one.searches.map(({ name }) => name),
    ]);
    expect(classes).toEqual([
      ['f1', 'x'],
      ['f1', 'y'],
      ['f1', 'p', 'q'],
      ['auc', 'r'],
      ['validationAccuracy', 'a'],
    ]);
    expect(incomparable(all.slice(0, 2))).toEqual([
      'They use different data sets, the unknown data of x and the unknown data of y.',
    ]);
    expect(incomparable([all[2]!, other])).toEqual(['They have different metrics, f1 and auc.']);
  });
  it('differs by chance alone if the validation rows differ', () => {
    const seeded = search('seeded', { sampler: { type: 'random', seed: 1 } });
    expect(sameValidationRows([search('a'), search('b')])).toBe(true);
    expect(sameValidationRows([search('a'), seeded])).toBe(false);
  });
});

it('searches that differ only in seed and name are a group', () => {
  const seeds = [1, 2].map((seed) => search(`seed ${seed}`, { sampler: { type: 'random', seed } }));
  const groups = groupsOf([search('a'), search('tpe', { sampler: { type: 'tpe', seed: 0 } }), ...seeds]);
  expect(groups.map(({ name, searches }) => [name, searches.length])).toEqual([
    ['a (3 seeds)', 3],
    ['tpe', 1],
  ]);
});

it('24 groups look different', () => {
  expect(new Set(Array.from({ length: 24 }, (_, i) => JSON.stringify(markOf(i)))).size).toBe(24);
});

/** Points with number, epochs, seconds, value; `best` of a search that maximizes. */
function history(
  points: readonly (readonly [number: number, epochs: number, seconds: number, value: number])[],
): History {
  let best = Number.NEGATIVE_INFINITY;
  return {
    points: points.map(([number, epochs, seconds, value]) => {
      best = Math.max(best, value);
      return { number, epochs, seconds, value, best, stage: 0 };
    }),
  };
}
const none = { trials: 0, epochs: 0, time: 0 };
const of = (one: History | undefined, open = false, end = none) => ({ history: one, open, end });
const a = history([
  [0, 5, 9, 0.1],
  [2, 15, 3, 0.4],
]);
const b = history([[0, 3, 4, 0.2]]);

describe('the best so far', () => {
  it('of single searches is their own, and ends where they end', () => {
    const { xs, bands } = bestSoFar([[of(a)], [of(b)], [of(undefined)]], 'trials', 'maximize');
    expect(xs).toEqual([1, 3]);
    expect(bands.map(({ median }) => median)).toEqual([
      [0.1, 0.4],
      [0.2, null],
      [null, null],
    ]);
    expect(bestSoFar([[of(a)]], 'epochs', 'maximize').xs).toEqual([5, 15]);
  });
  it('goes on to the end of the search, also if its last trials have no value', () => {
    const { xs, bands } = bestSoFar([[of(b, false, { trials: 7, epochs: 4, time: 0 })]], 'trials', 'maximize');
    expect([xs, bands[0]!.median]).toEqual([
      [1, 7],
      [0.2, 0.2],
    ]);
  });
  it('over time is in the order in which trials ended', () => {
    const { xs, bands } = bestSoFar([[of(a)]], 'time', 'maximize');
    expect(xs).toEqual([3, 9]);
    expect(bands[0]!.median).toEqual([0.4, 0.4]);
  });
  it('of a group begins where all have a value; who has ended keeps its best', () => {
    const { xs, bands } = bestSoFar([[of(a), of(b)]], 'epochs', 'maximize');
    expect(xs).toEqual([3, 5, 15]);
    expect(bands[0]!.median[0]).toBeNull();
    expect(bands[0]!.median[1]).toBeCloseTo(0.15);
    expect(bands[0]!.low[2]).toBeCloseTo(0.25);
    expect(bands[0]!.high[2]).toBeCloseTo(0.35);
  });
  it('of a group ends where one that is open has come to', () => {
    const { bands } = bestSoFar([[of(a), of(history([[0, 6, 1, 0.3]]), true)]], 'epochs', 'maximize');
    // Places: 5, 6, 15.
    expect(bands[0]!.median.map((value) => value !== null)).toEqual([false, true, false]);
  });
  it('of any group lies between its members, and never becomes worse', () => {
    const values = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(
        fc.array(values, { minLength: 1, maxLength: 5 }),
        fc.constantFrom<Axis>('trials', 'epochs', 'time'),
        (members, by) => {
          const histories = members.map((own) =>
            history(own.map((value, i) => [i, 2 * (i + 1), ((i * 7) % own.length) + 1, value])),
          );
          const { bands } = bestSoFar([histories.map((one) => of(one))], by, 'maximize');
          const { low, median, high } = bands[0]!;
          let before = Number.NEGATIVE_INFINITY;
          median.forEach((middle, i) => {
            if (middle === null) return;
            expect(low[i]! <= middle && middle <= high[i]!).toBe(true);
            expect(middle).toBeGreaterThanOrEqual(before);
            before = middle;
          });
          const final = histories.map(({ points }) => points.at(-1)!.best).sort((x, y) => x - y);
          expect(median.at(-1)!).toBeGreaterThanOrEqual(final[0]!);
          expect(high.at(-1)!).toBeLessThanOrEqual(final.at(-1)!);
        },
      ),
    );
  });
});
