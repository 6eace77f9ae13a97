/** Ensemble selection is deterministic, never worse than its best candidate on the rows that choose, and evaluated by rows that chose nothing. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ScoredMetric } from '../../src/models/scores.ts';
import { selectEnsemble } from '../../src/models/select-ensemble.ts';
import { randomAt } from '../../src/random.ts';

const number = fc.double({ min: -10, max: 10, noNaN: true });

/** Values of some candidates, and targets. */
const regressions = fc
  .record({ rows: fc.integer({ min: 2, max: 40 }), candidates: fc.integer({ min: 1, max: 6 }) })
  .chain(({ rows, candidates }) =>
    fc.record({
      targets: fc.array(number, { minLength: rows, maxLength: rows }).map((values) => Float64Array.from(values)),
      candidates: fc.array(
        fc.array(number, { minLength: rows, maxLength: rows }).map((values) => Float64Array.from(values)),
        { minLength: candidates, maxLength: candidates },
      ),
      size: fc.integer({ min: 1, max: 12 }),
      seed: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    }),
  );

const CLASSES = 3;
const classifications = fc
  .record({ rows: fc.integer({ min: 2, max: 40 }), candidates: fc.integer({ min: 1, max: 6 }) })
  .chain(({ rows, candidates }) =>
    fc.record({
      targets: fc
        .array(fc.integer({ min: 0, max: CLASSES - 1 }), { minLength: rows, maxLength: rows })
        .map((labels) => Int32Array.from(labels)),
      candidates: fc.array(
        fc
          .array(fc.double({ min: 0.01, max: 1, noNaN: true }), {
            minLength: rows * CLASSES,
            maxLength: rows * CLASSES,
          })
          .map((raw) =>
            Float64Array.from(raw, (value, i) => {
              const row = raw.slice(i - (i % CLASSES), i - (i % CLASSES) + CLASSES);
              return value / row.reduce((a, b) => a + b, 0);
            }),
          ),
        { minLength: candidates, maxLength: candidates },
      ),
      size: fc.integer({ min: 1, max: 12 }),
      seed: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    }),
  );

const maximized = new Set<ScoredMetric>(['accuracy', 'macroF1', 'rocAuc', 'r2']);
const cases = [
  { metric: 'rmse', given: regressions },
  { metric: 'mae', given: regressions },
  { metric: 'accuracy', given: classifications },
  { metric: 'loss', given: classifications },
  { metric: 'macroF1', given: classifications },
] as const;

describe.each(cases)('by $metric', ({ metric, given }) => {
  it('has weights that sum to 1, of at most as many candidates as were added', () => {
    fc.assert(
      fc.property(given, ({ candidates, targets, size, seed }) => {
        const { members } = selectEnsemble(candidates, targets, { size, metric, seed });
        expect(members.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1, 12);
        expect(members.every(({ weight, candidate }) => weight > 0 && candidate < candidates.length)).toBe(true);
        expect(members.length).toBeLessThanOrEqual(Math.min(size, candidates.length));
      }),
    );
  });

  it('is the same every time, and on the rows that choose at least as good as the best candidate', () => {
    fc.assert(
      fc.property(given, ({ candidates, targets, size, seed }) => {
        const choice = selectEnsemble(candidates, targets, { size, metric, seed });
        expect(selectEnsemble(candidates, targets, { size, metric, seed })).toEqual(choice);
        const { ensemble, single } = choice.chosenOn;
        if (maximized.has(metric)) expect(ensemble).toBeGreaterThanOrEqual(single);
        else expect(ensemble).toBeLessThanOrEqual(single);
        if (size === 1) expect(choice.members).toEqual([{ candidate: choice.single, weight: 1 }]);
      }),
    );
  });

  it('splits the rows in two halves, and is not changed by predictions on the rows that evaluate', () => {
    fc.assert(
      fc.property(given, ({ candidates, targets, size, seed }) => {
        const choice = selectEnsemble(candidates, targets, { size, metric, seed });
        const rows = [...choice.chosenOn.rows, ...choice.judgedOn.rows].sort((a, b) => a - b);
        expect(rows).toEqual(Array.from(targets, (_, row) => row));
        const width = candidates[0]!.length / targets.length;
        const changed = candidates.map((own, c) => {
          const copy = own.slice();
          for (const row of choice.judgedOn.rows)
            copy.fill(width === 1 ? 1e6 * (c + 1) : 1 / width, row * width, (row + 1) * width);
          return copy;
        });
        const again = selectEnsemble(changed, targets, { size, metric, seed });
        expect(again.members).toEqual(choice.members);
        expect(again.chosenOn).toEqual(choice.chosenOn);
      }),
    );
  });
});

it('puts all predictions of a row that comes several times on one side', () => {
  const { targets, candidates } = noisy(61 * 4, 3, 4);
  const rows = Uint32Array.from(targets, (_, at) => at % 61);
  const { chosenOn, judgedOn } = selectEnsemble(candidates, targets, { size: 5, metric: 'rmse', seed: 5, rows });
  const [choosing, evaluating] = [chosenOn, judgedOn].map((side) => new Set(Array.from(side.rows, (at) => rows[at]!)));
  expect([...choosing!].filter((row) => evaluating!.has(row))).toEqual([]);
  expect([choosing!.size, evaluating!.size]).toEqual([31, 30]);
  expect([chosenOn.rows.length, judgedOn.rows.length]).toEqual([31 * 4, 30 * 4]);
});

/** Predictions that are the truth with independent noise. */
function noisy(rows: number, candidates: number, seed: number, signal = 1) {
  const random = randomAt({ seed, purpose: 'probe' });
  const targets = Float64Array.from({ length: rows }, () => random.normal());
  const all = Array.from({ length: candidates }, () => targets.map((value) => signal * value + random.normal()));
  return { targets, candidates: all };
}

it('averages independent errors away, also on the rows that evaluate', () => {
  const { targets, candidates } = noisy(400, 8, 1);
  const { members, judgedOn, better } = selectEnsemble(candidates, targets, { size: 30, metric: 'rmse', seed: 1 });
  expect(members.length).toBeGreaterThan(4);
  expect(judgedOn.ensemble).toBeLessThan(0.6 * judgedOn.single!);
  expect(better).toBe(true);
});

it('is caught where it fits chance: what chose looks better than what evaluates', () => {
  const seeds = Array.from({ length: 40 }, (_, seed) => seed);
  const choices = seeds.map((seed) => {
    const random = randomAt({ seed, purpose: 'probe' });
    const labels = Int32Array.from({ length: 60 }, () => Math.floor(2 * random.uniform()));
    const candidates = Array.from({ length: 40 }, () => {
      const first = Array.from(labels, () => random.uniform());
      return Float64Array.from(first.flatMap((p) => [p, 1 - p]));
    });
    return selectEnsemble(candidates, labels, { size: 20, metric: 'accuracy', seed });
  });
  const mean = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0) / numbers.length;
  expect(mean(choices.map(({ chosenOn }) => chosenOn.ensemble))).toBeGreaterThan(0.8);
  expect(mean(choices.map(({ judgedOn }) => judgedOn.ensemble!))).toBeLessThan(0.6);
  expect(choices.filter(({ better }) => better).length).toBeLessThan(30);
});

it('leaves out candidates that are not finite, and takes the first of equal ones', () => {
  const { targets, candidates } = noisy(50, 3, 2);
  const broken = candidates[0]!.slice().fill(Number.NaN, 7, 8);
  const choice = selectEnsemble([broken, candidates[1]!, candidates[1]!.slice()], targets, {
    size: 1,
    metric: 'mae',
    seed: 3,
  });
  expect(choice.members).toEqual([{ candidate: 1, weight: 1 }]);
});

it('refuses what does not fit', () => {
  const options = { size: 3, metric: 'rmse', seed: 0 } as const;
  const two = Float64Array.of(1, 2);
  expect(() => selectEnsemble([], two, options)).toThrow('there is no candidate');
  expect(() => selectEnsemble([two], two, { ...options, size: 0 })).toThrow(
    'size must be a whole number above 0, got 0',
  );
  expect(() => selectEnsemble([two, Float64Array.of(1)], two, options)).toThrow('predictions must have 2 rows');
  expect(() => selectEnsemble([two.map(() => Number.NaN)], two, options)).toThrow('no candidate');
  expect(() => selectEnsemble([two], two, { ...options, metric: 'accuracy' })).toThrow('no candidate');
});
