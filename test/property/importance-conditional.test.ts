import { describe, expect, it } from 'vitest';
import { createSampler } from '../../src/algorithms/samplers/create-sampler.ts';
import { spaceOf } from '../../src/algorithms/space/space.ts';
import { importanceOf } from '../../src/application/importance.ts';
import { randomAt } from '../../src/random.ts';

const space = spaceOf({
  optimizer: { distribution: 'categorical', choices: ['sgd', 'momentum'] },
  momentum: { distribution: 'float', low: 0, high: 1, scale: 'linear', when: { optimizer: ['momentum'] } },
  learningRate: { distribution: 'float', low: 0, high: 1, scale: 'linear' },
});

type Numbers = Record<'momentum' | 'learningRate', number>;

function sharesOf(worth: (optimizer: string, numbers: Numbers) => number): Record<string, number> {
  const { propose } = createSampler(space, { type: 'random', seed: 3 });
  const trials = Array.from({ length: 400 }, (_, number) => {
    const point = propose(number, []);
    return { point, value: worth(String(point['optimizer']), point as Numbers) };
  });
  const { shares } = importanceOf({ space, trials, direction: 'maximize', seed: 1 });
  expect(shares.find(({ name }) => name === 'momentum')!.trials).toBe(
    trials.filter(({ point }) => 'momentum' in point).length,
  );
  return Object.fromEntries(shares.map(({ name, share }) => [name, share]));
}

describe('importance where a hyperparameter has a condition', () => {
  it('does not credit it with what its condition does', () => {
    const shares = sharesOf((optimizer, { learningRate }) => (optimizer === 'momentum' ? 3 : 0) + learningRate);
    expect(shares['momentum']).toBeLessThan(0.02);
    expect(shares['optimizer']).toBeGreaterThan(0.9);
  });

  it('credits it with what it does where it is active, as a part of the whole', () => {
    // Variance within momentum's half: 1/12 · 4 of momentum, 1/12 of the rate, everywhere; the half's weight is a half.
    const shares = sharesOf(
      (_, { momentum, learningRate }) => (momentum === undefined ? 1 : 2 * momentum) + learningRate,
    );
    const whole = 4 / 12 / 2 + 1 / 12;
    expect(shares['momentum']).toBeCloseTo(4 / 12 / 2 / whole, 1);
    expect(shares['learningRate']).toBeCloseTo(1 / 12 / whole, 1);
  });

  it('is not moved by what happens where it is not active', () => {
    const noise = randomAt({ seed: 9, purpose: 'sampler' });
    const quiet = sharesOf((optimizer, { momentum }) => (optimizer === 'momentum' ? momentum : 0.5));
    expect(quiet['momentum']).toBeGreaterThan(0.9);
    const loud = sharesOf((optimizer, { momentum }) => (optimizer === 'momentum' ? momentum : 50 * noise.uniform()));
    expect(loud['momentum']).toBeLessThan(0.01);
  });
});

it('importance says so where no hyperparameter is in enough trials', () => {
  const names = ['a', 'b', 'c'];
  const own = spaceOf(
    Object.fromEntries(
      names.map((name) => [name, { distribution: 'float', low: 0, high: 1, scale: 'linear' } as const]),
    ),
  );
  const trials = Array.from({ length: 12 }, (_, i) => ({ point: { [names[i % 3]!]: i / 12 }, value: i }));
  const { shares, note } = importanceOf({ space: own, trials, direction: 'maximize', seed: 1 });
  expect(shares).toEqual([]);
  expect(note).toBe('No hyperparameter is in 10 trials or more, so there is nothing to compare.');
  const same = trials.map(({ point }) => ({ point, value: 1 }));
  expect(importanceOf({ space: own, trials: same, direction: 'maximize', seed: 1 }).note).toContain('the same value');
});
