/** What pruners would have saved and lost, on curves whose results are worked out by hand. */
import { describe, expect, it } from 'vitest';
import { recordedTrial } from '../../../src/domain/what-if/recorded-trial.ts';
import { replayPatience, replayPruner } from '../../../src/domain/what-if/replay.ts';
import { expectedBest, replayRules, type WhatIfRule } from '../../../src/domain/what-if/what-if.ts';

const objective = { metric: 'validationAccuracy', direction: 'maximize' } as const;
const EPOCHS = 9;

interface Given {
  readonly value?: number | null;
  readonly budget?: number;
  readonly patience?: number;
}

/** A trial with these folds. */
function recorded(number: number, folds: (number | null)[][], { value, budget = EPOCHS, patience = 0 }: Given = {}) {
  const own = folds.reduce((sum, fold) => sum + (fold.at(-1) ?? 0) / folds.length, 0);
  const epochs = Math.max(...folds.map((fold) => fold.length));
  return { number, folds, budget, patience, epochs, value: value === undefined ? own : value };
}

/** Good trials rise from 0.5 in steps; those of the bad half stay near 0.1. Every second one is bad. */
const withBadHalf = Array.from({ length: 20 }, (_, number) => {
  const isBad = number % 2 === 1;
  const curve = Array.from({ length: EPOCHS }, (__, i) => (isBad ? 0.1 : 0.5 + 0.01 * i) + 0.001 * number);
  return recorded(number, [curve]);
});

const optionOf = (rule: WhatIfRule, setting: number, trials = withBadHalf) => {
  const found = replayRules(trials, objective).rules.find((one) => one.rule === rule)!;
  return found.options.find((option) => option.setting === setting)!;
};

describe('a bad half', () => {
  it('is cut by the median, after the five trials that run first', () => {
    const { rules: _, ...about } = replayRules(withBadHalf, objective);
    expect(about).toEqual({ epochs: 180, best: { number: 18, value: expect.closeTo(0.598) }, ofBest: 10 });
    // Of trials 0 … 4 none is stopped. Of the others the eight bad ones are, after the first epoch: they train 8 epochs, not 72.
    expect(optionOf('median', 0)).toEqual({
      setting: 0,
      change: { pruner: { type: 'median', startupTrials: 5, warmupEpochs: 0, interval: 1, divergence: true } },
      epochs: 12 * EPOCHS + 8,
      saved: expect.closeTo(64 / 180),
      stopped: 8,
      best: { number: 18, value: expect.closeTo(0.598), rank: 1 },
      lost: 0,
      keptOfBest: 10,
      // 13 of 20 trials at random: almost surely one of the best few.
      fewerTrials: expect.closeTo(0.5968, 3),
    });
    // After a warm-up of three epochs each of the eight trains three.
    expect(optionOf('median', 3)).toMatchObject({ epochs: 12 * EPOCHS + 24, stopped: 8 });
  });

  it('is cut by successive halving, whose one bracket of nine keeps three and then one', () => {
    // Rungs of 1, 3 and 9 epochs. Of trials 0 … 8 the best three are 8, 6, 4; of 9 … 17: 16, 14, 12; the last two are one bracket: 18 and 19.
    const { epochs, stopped, best, keptOfBest } = optionOf('successiveHalving', 1);
    const bracket = 6 * 1 + 2 * 3 + 1 * 9;
    expect({ epochs, stopped, keptOfBest }).toEqual({
      epochs: 2 * bracket + (9 + 1),
      stopped: 8 + 8 + 1,
      keptOfBest: 3,
    });
    expect(best).toMatchObject({ number: 18, rank: 1 });
  });

  it('is cut by hyperband in brackets by number', () => {
    // η 3, R 9: brackets of 9 trials from 1 epoch, 5 from 3 epochs, 3 of 9 epochs; then 3 trials that are left, from 1 epoch.
    const { epochs } = optionOf('hyperband', 3);
    expect(epochs).toBe(6 * 1 + 2 * 3 + 9 + (4 * 3 + 9) + 3 * 9 + (2 * 1 + 9));
  });

  it('is cut by ASHA, trial after trial', () => {
    // A trial goes on if it is among the best third, or the best, of those that came before.
    const { stopped, best } = optionOf('asha', 1);
    expect(stopped).toBeGreaterThanOrEqual(10);
    expect(best!.number).toBe(18);
  });
});

describe('what is lost', () => {
  it('is the difference to a late bloomer that was stopped, with its rank', () => {
    const late = recorded(20, [[0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.9]]);
    const { best, lost, keptOfBest } = optionOf('median', 0, [...withBadHalf, late]);
    expect(best).toMatchObject({ number: 18, rank: 2 });
    expect(lost).toBeCloseTo(0.9 - 0.598);
    expect(keptOfBest).toBe(9);
  });

  it('is nothing, or less, with early stopping that restores the best epoch', () => {
    const peak = recorded(0, [[0.5, 0.95, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6]]);
    const { epochs, saved, lost, best, stopped } = optionOf('patience', 2, [peak, ...withBadHalf.slice(1)]);
    // The peak ends at epoch 4. Bad trials are flat and end at 3; those that rise run to completion.
    expect(epochs).toBe(4 + 10 * 3 + 9 * EPOCHS);
    expect({ saved, stopped }).toEqual({ saved: expect.closeTo(1 - epochs / 180), stopped: 0 });
    expect(best).toMatchObject({ number: 0, value: 0.95, rank: 1 });
    expect(lost).toBeCloseTo(0.6 - 0.95);
  });

  it('is measured by the direction', () => {
    const losses = withBadHalf.map((trial) => recorded(trial.number, [trial.folds[0]!.map((value) => 1 - value!)]));
    const { rules } = replayRules(losses, { metric: 'validationLoss', direction: 'minimize' });
    expect(rules[0]!.options[0]).toMatchObject({ stopped: 8, lost: 0, best: { number: 18 } });
  });
});

describe('what cannot be replayed', () => {
  const ofRule = (rule: WhatIfRule, trials: Parameters<typeof replayRules>[0]) =>
    replayRules(trials, objective).rules.find((one) => one.rule === rule)!;

  it('are pruners whose trials wait for each other, if epochs vary', () => {
    const vary = withBadHalf.map((trial, i) => (i === 3 ? { ...trial, budget: 20 } : trial));
    expect(ofRule('hyperband', vary)).toMatchObject({ options: [], unavailable: expect.stringContaining('vary') });
    expect(ofRule('successiveHalving', vary).options).toEqual([]);
    expect(ofRule('median', vary).options.length).toBeGreaterThan(3);
  });

  it('are too few trials, and trials of one epoch', () => {
    expect(ofRule('median', withBadHalf.slice(0, 4)).unavailable).toContain('at least 5');
    expect(ofRule('median', []).unavailable).toContain('at least 5');
    const short = withBadHalf.map(({ number }) => recorded(number, [[0.5]], { budget: 1 }));
    expect(ofRule('median', short)).toMatchObject({ options: [], unavailable: 'The trials are too short.' });
  });

  it('is more patience than trials had that stopped early', () => {
    const impatient = withBadHalf.map(({ number, folds }) => {
      const isBad = number % 2 === 1;
      return recorded(number, isBad ? [folds[0]!.slice(0, 4)] : folds, { patience: 3 });
    });
    expect(ofRule('patience', impatient).options.map(({ setting }) => setting)).toEqual([1, 2, 3]);
    // Their own patience changes nothing.
    expect(ofRule('patience', impatient).options.at(-1)).toMatchObject({ saved: 0, lost: 0 });
  });
});

describe('a trial', () => {
  const values = (folds: (number | null)[][], given: Given = {}) =>
    recordedTrial(recorded(0, folds, given), 'maximize').values;

  it('reports the mean over its folds, and nothing where one has no value', () => {
    const folds = [
      [0.1, 0.3, null],
      [0.3, 0.5, 0.9],
    ];
    expect(values(folds)).toEqual([expect.closeTo(0.2), expect.closeTo(0.4), null]);
  });
  it('reports its best epoch with early stopping, and what a fold had come to that stopped before', () => {
    const folds = [
      [0.4, 0.2, 0.2],
      [0.1, 0.2, 0.3, 0.6],
    ];
    expect(values(folds, { patience: 2, value: 0.5 })).toEqual(
      [0.25, 0.3, 0.35, 0.5].map((one) => expect.closeTo(one)),
    );
  });
  it('that diverged costs what it trained, is never the best, and has the last rank at a rung', () => {
    const diverged = recorded(0, [[0.9, 0.9, 0.9, 0.9]], { value: null });
    const trials = [diverged, ...withBadHalf.slice(1)].map((one) => recordedTrial(one, 'maximize'));
    const pruner = {
      type: 'successiveHalving',
      minEpochs: 4,
      reductionFactor: 3,
      reproducible: true,
      divergence: true,
    } as const;
    const [first, ...others] = replayPruner(trials, pruner, objective);
    expect(first).toEqual({ epochs: 4, value: null, stopped: false });
    expect(others.filter(({ stopped }) => !stopped).length).toBeGreaterThan(0);
    expect(replayPatience(trials, 1, 'maximize')[0]).toEqual({ epochs: 2, value: 0.9, stopped: false });
  });
});

describe('the best of fewer trials', () => {
  it('is expected as by counting all draws', () => {
    // Pairs of 3, 2, 1: 3 in two of three, 2 in one.
    expect(expectedBest([3, 2, 1], 3, 2)).toBeCloseTo((3 + 3 + 2) / 3);
    expect(expectedBest([3, 2, 1], 3, 3)).toBe(3);
    // Of four, one without a value: given that one with a value is drawn.
    expect(expectedBest([3, 2, 1], 4, 1)).toBeCloseTo(2);
    expect(expectedBest([], 4, 1)).toBeNull();
  });
});
