/** What can be said of the best of many values, against exact numbers and simulated searches without information. */
import { describe, expect, it } from 'vitest';
import { type Baseline, countAlike, evidenceOf } from '../../src/algorithms/evidence.ts';
import { log } from '../../src/exact-math.ts';
import { randomAt } from '../../src/random.ts';

const flips: Baseline = { measure: 'share', value: 0.5, rows: 40, effectiveRows: 40 };

describe('a share above its baseline', () => {
  // Σ C(40, k) / 2^40 over k ≥ hits, in exact fractions.
  it.each([
    [28, 0.00829450168749],
    [25, 0.07692997208142],
    [40, 9.09494701773e-13],
  ])('%i of 40 hits', (hits, p) => {
    const { p: own } = evidenceOf({ value: hits / 40, standardError: null, comparisons: 1 }, flips, 'maximize')!;
    expect(own).toBeGreaterThan(p * (1 - 1e-7));
    expect(own).toBeLessThan(p * (1 + 1e-7));
  });

  it('counts from how many it was selected, in p and in the interval', () => {
    const observed = { value: 0.7, standardError: null };
    const alone = evidenceOf({ ...observed, comparisons: 1 }, flips, 'maximize')!;
    const selected = evidenceOf({ ...observed, comparisons: 200 }, flips, 'maximize')!;
    expect([alone.aboveBaseline, selected.aboveBaseline]).toEqual([true, false]);
    expect(selected.p).toBe(1);
    // Wilson's interval of 28 in 40.
    expect(alone.interval![0]).toBeCloseTo(0.5457, 4);
    expect(alone.interval![1]).toBeCloseTo(0.8193, 4);
    expect(selected.interval![0]).toBeLessThan(0.5);
  });

  it('says nothing where a search asks for the worst', () => {
    expect(evidenceOf({ value: 0.2, standardError: null, comparisons: 1 }, flips, 'minimize')).toBeUndefined();
  });
});

/** The share of simulated searches whose best is called better than the baseline. */
function falseAlarms(searches: number, best: (search: number) => number, baseline: Baseline, trials: number): number {
  const direction = baseline.measure === 'share' || baseline.measure === 'r2' ? 'maximize' : 'minimize';
  let alarms = 0;
  for (let search = 0; search < searches; search++) {
    const observed = { value: best(search), standardError: null, comparisons: trials };
    if (evidenceOf(observed, baseline, direction)!.aboveBaseline) alarms++;
  }
  return alarms / searches;
}

describe('the best of 50 trials that know nothing', () => {
  const [trials, rows, searches] = [50, 60, 400];
  const randomOf = (search: number) => randomAt({ seed: search, purpose: 'probe' });

  it('is called better than the baseline in at most 5 % of searches, by accuracy', () => {
    const accuracy = (search: number) => {
      const random = randomOf(search);
      const hits = () => Array.from({ length: rows }).filter(() => random.integer(2) === 1).length;
      return Math.max(...Array.from({ length: trials }, hits)) / rows;
    };
    const baseline = { measure: 'share', value: 0.5, rows, effectiveRows: rows } as const;
    const rate = falseAlarms(searches, accuracy, baseline, trials);
    expect(rate).toBeLessThanOrEqual(0.05);
    // Without the correction nearly every one would be.
    expect(falseAlarms(searches, accuracy, baseline, 1)).toBeGreaterThan(0.5);
  });

  it('… by log loss', () => {
    const loss = (search: number) => {
      const random = randomOf(search);
      const one = () => {
        const sure = 0.5 + 0.1 * random.integer(4);
        const losses = Array.from({ length: rows }, () => -log(random.integer(2) === 1 ? sure : 1 - sure));
        return losses.reduce((a, b) => a + b, 0) / rows;
      };
      return Math.min(...Array.from({ length: trials }, one));
    };
    const baseline = { measure: 'logLoss', value: log(2), rows, effectiveRows: rows } as const;
    expect(falseAlarms(searches, loss, baseline, trials)).toBeLessThanOrEqual(0.05);
  });

  it.each(['rootSquaredError', 'squaredError', 'r2', 'absoluteError'] as const)('… by %s', (measure) => {
    const score = (errors: readonly number[], of: readonly number[]) => {
      const mean = (all: readonly number[]) => all.reduce((a, b) => a + b, 0) / all.length;
      const squares = mean(errors.map((error) => error ** 2));
      if (measure === 'absoluteError') return mean(errors.map(Math.abs));
      if (measure === 'r2') return 1 - squares / mean(of.map((target) => target ** 2));
      return measure === 'rootSquaredError' ? Math.sqrt(squares) : squares;
    };
    let alarms = 0;
    for (let search = 0; search < searches; search++) {
      const random = randomOf(search);
      const target = Array.from({ length: rows }, () => random.normal());
      const values = Array.from({ length: trials }, () => {
        const scale = 0.1 * random.integer(5);
        return score(
          target.map((one) => one - scale * random.normal()),
          target,
        );
      });
      const best = measure === 'r2' ? Math.max(...values) : Math.min(...values);
      const baseline = { measure, value: score(target, target), rows, effectiveRows: rows };
      const direction = measure === 'r2' ? 'maximize' : 'minimize';
      const observed = { value: best, standardError: null, comparisons: trials };
      if (evidenceOf(observed, baseline, direction)!.aboveBaseline) alarms++;
    }
    expect(alarms / searches).toBeLessThanOrEqual(0.05);
  });
});

describe('a best that has learned something', () => {
  it.each([
    [{ measure: 'share', value: 0.34, rows: 30, effectiveRows: 30 }, 0.93, 'maximize'],
    [{ measure: 'logLoss', value: 1.1, rows: 30, effectiveRows: 30 }, 0.3, 'minimize'],
    [{ measure: 'rootSquaredError', value: 10, rows: 88, effectiveRows: 88 }, 7, 'minimize'],
    [{ measure: 'r2', value: -0.01, rows: 88, effectiveRows: 88 }, 0.5, 'maximize'],
  ] as const)('is better than %o with %f', (baseline, value, direction) => {
    const evidence = evidenceOf({ value, standardError: null, comparisons: 200 }, baseline, direction)!;
    expect(evidence.aboveBaseline).toBe(true);
    if (evidence.interval !== null) {
      expect(evidence.interval[0]).toBeLessThan(value);
      expect(evidence.interval[1]).toBeGreaterThan(value);
    }
  });
});

describe('trials like the best', () => {
  const of = (...values: number[]) => values.map((value) => ({ value, standardError: null }));
  it('are those within the noise of the rows', () => {
    const [best, ...others] = of(0.95, 0.94, 0.9, 0.5, 0.4);
    const rows = { measure: 'share', rows: 100, effectiveRows: 100 } as const;
    expect(countAlike(best!, others, rows)).toBe(2);
    expect(countAlike(best!, others, { ...rows, rows: 100_000, effectiveRows: 100_000 })).toBe(0);
  });

  it('are unknown for a loss of classes on a single fold, and follow from the folds of others', () => {
    const rows = { measure: 'logLoss', rows: 100, effectiveRows: 100 } as const;
    expect(countAlike(of(0.3)[0]!, of(0.31), rows)).toBeNull();
    const known = (value: number) => ({ value, standardError: 0.01 });
    expect(countAlike(known(0.3), [known(0.31), known(0.5)], rows)).toBe(1);
  });
});
