/** The optimization history: which trials it has, its best, and what it says of them. */
import { describe, expect, it } from 'vitest';
import { comparableOf } from '../../web/src/search/comparable.ts';
import { comparableIn, historyOf, populationOf, ranked } from '../../web/src/search/history-data.ts';
import type { TrialRow } from '../../web/src/search/model.ts';
import { numbersIn, numbersText } from '../../web/src/search/numbers-text.ts';
import { scoredIn } from '../../web/src/search/space.ts';

function row(number: number, more: Partial<TrialRow>): TrialRow {
  const nothing = {
    deviation: null,
    outcome: null,
    durationMs: 1000,
    worker: null,
    reason: null,
    rule: null,
    notes: '',
    tags: [],
  };
  const where = { stage: 0, rung: 0, attempt: 1, startedAt: 1000 * number, finishedAt: 1000 * (10 - number) };
  return { number, state: 'complete', value: null, epochs: 9, found: [], point: {}, ...nothing, ...where, ...more };
}
const choice = { direction: 'maximize', by: 'number', intermediate: true } as const;
const trials = [
  row(0, { state: 'pruned', value: 0.9, epochs: 1 }),
  row(1, { value: 0.5 }),
  row(2, { outcome: 'diverged' }),
  row(3, { value: 0.4 }),
  row(4, { state: 'pruned', value: 0.7, epochs: 3 }),
  row(5, { state: 'failed' }),
  row(6, { value: 0.6 }),
];

describe('the optimization history', () => {
  it('draws complete and pruned trials; only complete ones are the best', () => {
    const { columns, without, best, provisional, caption } = historyOf(trials, choice);
    expect(columns).toEqual([
      [0, 1, 3, 4, 6],
      [null, 0.5, 0.4, null, 0.6],
      [0.9, null, null, 0.7, null],
      [null, 0.5, 0.5, 0.5, 0.6],
    ]);
    expect([without, best?.number, provisional]).toEqual([[2, 5], 6, false]);
    expect(caption).toBe(
      '3 complete trials at 9 epochs, 2 pruned at 1–3 epochs; 1 diverged and 1 failed without a value, marked at the edge',
    );
  });

  it('leaves pruned trials out, and orders by the time of the end', () => {
    const { columns } = historyOf(trials, { ...choice, by: 'time', intermediate: false });
    expect(columns[0]).toEqual([4, 7, 9]);
    expect(columns[1]).toEqual([0.6, 0.4, 0.5]);
  });

  it('orders by the time of the start', () => {
    const started = [
      row(0, { value: 0.3, startedAt: 9000, finishedAt: 10_000 }),
      row(1, { value: 0.2, startedAt: 4000, finishedAt: 12_000 }),
      row(2, { value: 0.1, startedAt: 5000, finishedAt: 6000 }),
    ];
    const { columns, rows } = historyOf(started, { ...choice, by: 'start' });
    expect(columns[0]).toEqual([0, 1, 5]);
    expect(rows.map(({ number }) => number)).toEqual([1, 2, 0]);
  });

  it('has a provisional best of the trials with the most epochs while none is complete', () => {
    const { columns, best, provisional } = historyOf(
      trials.filter(({ state }) => state === 'pruned'),
      { ...choice, intermediate: false },
    );
    expect([columns[3], best?.number, provisional]).toEqual([[0.9, 0.7], 4, true]);
  });

  it('starts anew with each stage', () => {
    const staged = [row(0, { value: 0.9 }), row(1, { value: 0.5, stage: 1 }), row(2, { value: 0.4, stage: 1 })];
    expect(historyOf(staged, choice).columns[3]).toEqual([0.9, 0.5, 0.5]);
  });

  it('ranks complete trials first, then those with more epochs', () =>
    expect(ranked(scoredIn(trials), 'maximize').map(({ number }) => number)).toEqual([6, 1, 3, 4, 0]));
});

describe('a set of numbers as text', () => {
  it('has ranges, and is read back', () => {
    expect(numbersText([9, 1, 3, 10, 2, 5, 6, 11])).toBe('1-3,5,6,9-11');
    expect([...numbersIn('1-3,5,6,9-11')!]).toEqual([1, 2, 3, 5, 6, 9, 10, 11]);
  });

  it('is none if it is something else', () =>
    expect(['', '1,', 'a', '1-', 'learningRate>1'].map(numbersIn)).toEqual(Array.from({ length: 5 })));
});

describe('the trials of a chart', () => {
  it('include stopped ones, after as many epochs, while few are complete', () => {
    const stopped = Array.from({ length: 8 }, (_, i) => row(10 + i, { state: 'pruned', value: i / 10, epochs: 1 }));
    const promoted = [
      row(20, { state: 'pruned', value: 0.8, epochs: 3 }),
      row(21, { value: 0.95, epochs: 9 }),
      row(22, { state: 'paused', value: 0.85, epochs: 3 }),
    ];
    const earlier = (number: number, epochs: number) => (number === 22 ? undefined : number / 100 + epochs);
    const { trials: compared, after } = comparableOf([...stopped, ...promoted], earlier);
    // That of trial 22 is not known.
    expect(compared.map(({ number, value, epochs }) => [number, value, epochs]).slice(-3)).toEqual([
      [17, 0.7, 1],
      [20, 1.2, 1],
      [21, 1.21, 1],
    ]);
    expect([compared.length, after]).toEqual([10, 1]);
    const complete = Array.from({ length: 10 }, (_, i) => row(30 + i, { value: 0.5 }));
    expect(comparableOf([...stopped, ...complete], earlier)).toMatchObject({ trials: complete, after: undefined });
    expect(comparableOf([row(1, { value: 0.5 })], earlier)).toMatchObject({
      trials: [{ number: 1 }],
      after: undefined,
    });
    expect(comparableOf([], earlier)).toEqual({ trials: [], after: undefined });
  });

  it('are not those that another tool stopped after nobody knows how many epochs', () => {
    const stopped = Array.from({ length: 12 }, (_, i) => row(10 + i, { state: 'pruned', value: i / 10, epochs: 0 }));
    const complete = row(1, { value: 0.5, epochs: 0 });
    const { trials: compared, after } = comparableOf([...stopped, complete], () => undefined);
    expect([compared.map(({ number }) => number), after]).toEqual([[1], undefined]);
    expect(populationOf(scoredIn([...stopped, complete]))).toBe('1 complete trial, 12 pruned');
  });

  const numbers = (of: readonly TrialRow[]) => comparableIn(of).map(({ number }) => number);

  it('whose values are compared are at as many epochs, of one stage', () => {
    expect(numbers(trials)).toEqual([1, 3, 6]);
    expect(numbers([...trials, row(7, { stage: 1, value: 0.8, epochs: 20 }), row(8, { stage: 1 })])).toEqual([7]);
    expect(numbers(trials.filter(({ state }) => state !== 'complete'))).toEqual([4]);
    expect(numbers([])).toEqual([]);
  });

  it('are said with their epochs', () => {
    expect(populationOf(scoredIn(trials))).toBe('3 complete trials at 9 epochs, 2 pruned at 1–3 epochs');
    expect(populationOf([])).toBe('No trial has a value yet');
  });
});
