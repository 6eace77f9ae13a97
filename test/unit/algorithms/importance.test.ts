import { describe, expect, it } from 'vitest';
import { explain } from '../../../src/algorithms/importance/importance.ts';
import { createSampler } from '../../../src/algorithms/samplers/create-sampler.ts';
import { type Distribution, type Point, spaceOf } from '../../../src/algorithms/space/space.ts';

const float = (low: number, high: number, when?: Distribution['when']): Distribution => ({
  distribution: 'float',
  low,
  high,
  scale: 'linear',
  when,
});
const words = (...choices: string[]): Distribution => ({ distribution: 'categorical', choices });

function explained(
  settings: Record<string, Distribution>,
  value: (point: Point) => number,
  trials = 150,
): ReturnType<typeof explain> {
  const space = spaceOf(settings);
  const { propose } = createSampler(space, { type: 'random', seed: 4 });
  const valued = Array.from({ length: trials }, (_, number) => {
    const point = propose(number, []);
    return { point, value: value(point) };
  });
  return explain(space, valued, 'minimize', 1, 10);
}

describe('a hyperparameter that has one value only', () => {
  it.each<[string, Distribution]>([
    ['a float', float(0.2, 0.2)],
    ['an int', { distribution: 'int', low: 3, high: 3, scale: 'log' }],
    ['a choice', words('relu')],
    ['a step too long for a second', { distribution: 'float', low: 0, high: 0.5, scale: 'linear', step: 1 }],
    ['one that is not always active', float(0.2, 0.2, { kind: ['a'] })],
  ])('explains nothing, and takes nothing to be among the best: %s', (_, fixed) => {
    const { shares, pairs } = explained({ kind: words('a', 'b'), rate: float(0, 1), fixed }, ({ rate }) =>
      Number(rate),
    );
    expect(shares.find(({ name }) => name === 'fixed')).toMatchObject({ share: 0, low: 0, high: 0, amongBest: 0 });
    expect(shares[0]).toMatchObject({ name: 'rate' });
    expect(pairs.filter(({ names }) => names.includes('fixed'))).toEqual([]);
  });
});

describe('pairs', () => {
  const settings = {
    optimizer: words('sgd', 'momentum'),
    rate: float(0, 1),
    momentum: float(0, 1, { optimizer: ['momentum'] }),
  };
  /** Matters where there is momentum alone, and there only together with the rate. */
  const together = ({ rate, momentum }: Point) =>
    momentum === undefined ? 0.25 + Number(rate) * 1e-3 : Number(Number(rate) > 0.5 !== Number(momentum) > 0.5);

  it('are reported once each, with a condition or without', () => {
    const { pairs } = explained(settings, together);
    const names = pairs.map((pair) => pair.names.toSorted().join());
    expect(new Set(names).size).toBe(names.length);
    expect(names).toContain('momentum,rate');
  });

  it('are worked out from the trials in which both are active', () => {
    const { pairs } = explained(settings, together, 300);
    const whole = pairs.find(({ names }) => names.includes('momentum') && names.includes('rate'))!;
    // Nearly all the variance is theirs together; half of the trials, which lack one of them, must not dilute it.
    expect(whole.share).toBeGreaterThan(0.6);
    expect(whole.share).toBeLessThanOrEqual(1.01);
    expect(pairs[0]).toBe(whole);
  });

  it('are not reported of two that are never active together', () => {
    const apart = {
      optimizer: words('sgd', 'momentum'),
      one: float(0, 1, { optimizer: ['momentum'] }),
      other: float(0, 1, { optimizer: ['sgd'] }),
    };
    const { pairs } = explained(apart, ({ one, other }) => Number(one ?? other));
    expect(pairs.filter(({ names }) => names.includes('one') && names.includes('other'))).toEqual([]);
  });
});

describe('hyperparameters that some trials lack, and no condition says which', () => {
  const settings = { layers: float(1, 3), units1: float(0, 1), units2: float(0, 1), units3: float(0, 1) };
  /** As other tools tell of them: the second layer is there in a half of the trials, the third in `third`. */
  const trialsOf = (third: number) => {
    const { propose } = createSampler(spaceOf(settings), { type: 'random', seed: 4 });
    return Array.from({ length: 200 }, (_, number) => {
      const { units2, units3, ...point } = propose(number, []);
      const own = { ...point, ...(number % 2 === 0 && { units2 }), ...(number < third && { units3 }) } as Point;
      return {
        point: own,
        value: Number(own['units1']) + (own['units2'] === undefined ? 0 : 3 * Number(own['units2'])),
      };
    });
  };
  const sharesOf = (third: number) =>
    new Map(explain(spaceOf(settings), trialsOf(third), 'minimize', 1, 10).shares.map((one) => [one.name, one]));

  it('are explained each by the trials that have it', () => {
    const shares = sharesOf(40);
    expect(Object.fromEntries([...shares].map(([name, { trials }]) => [name, trials]))).toEqual({
      ...{ layers: 200, units1: 200, units2: 100, units3: 40 },
    });
    expect(shares.get('units2')!.share).toBeGreaterThan(shares.get('layers')!.share);
    expect(shares.get('units1')!.share).toBeGreaterThan(shares.get('layers')!.share);
  });

  it('do not keep the others from being explained where too few have one', () => {
    expect([...sharesOf(9).keys()].sort()).toEqual(['layers', 'units1', 'units2']);
  });
});

describe('a hundred hyperparameters', () => {
  it('has the three that matter first', () => {
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, j) => [`h${j}`, float(0, 1)]));
    const { shares } = explained(many, ({ h3, h50, h99 }) => Number(h3) * Number(h50) + Number(h99), 400);
    expect(
      shares
        .slice(0, 3)
        .map(({ name }) => name)
        .sort(),
    ).toEqual(['h3', 'h50', 'h99']);
    expect(shares[0]!.name).toBe('h99');
  });
});
