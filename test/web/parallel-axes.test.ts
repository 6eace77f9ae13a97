/** Where the parallel coordinates have trials that lack a hyperparameter. */
import { describe, expect, it } from 'vitest';
import { ABSENT, parallelAxis } from '../../web/src/search/parallel-axes.ts';

const linear = { distribution: 'float', low: 0.5, high: 1, scale: 'linear' } as const;
const log = { distribution: 'float', low: 1e-4, high: 1e-1, scale: 'log' } as const;
const choices = { distribution: 'categorical', choices: ['relu', true] } as const;
const labelOf = (option: object) =>
  (option as { axisLabel: { formatter: (value: number) => string } }).axisLabel.formatter;

describe('an axis of the parallel coordinates', () => {
  it.each([linear, log])('has trials without the hyperparameter below its lowest value: $scale', (distribution) => {
    const { option, place } = parallelAxis(distribution, true);
    const absent = Number(place(undefined));
    expect(absent).toBeLessThan(distribution.low);
    expect(absent / Number(option['min'])).toBeCloseTo(1, 6);
    expect(absent).toBeGreaterThanOrEqual(Number(option['min']));
    expect(place(distribution.low)).toBe(distribution.low);
    expect([absent, distribution.low].map(labelOf(option))).toEqual([
      ABSENT,
      String(distribution.low).replace('0.0001', '1e-4'),
    ]);
  });
  it('has them behind the choices, whose places stay the same', () => {
    const { option, place } = parallelAxis(choices, true);
    expect(option['data']).toEqual(['relu', 'true', ABSENT]);
    expect([place('relu'), place(true), place(undefined)]).toEqual(['relu', 'true', ABSENT]);
  });
  it('ends at the bounds where all have it', () => {
    expect(parallelAxis(log, false).option).toEqual({ type: 'log', min: 1e-4, max: 1e-1 });
    expect(parallelAxis(choices, false).option).toEqual({ type: 'category', data: ['relu', 'true'] });
  });
  it.each([
    [linear, 0.4, 0.75, 'x>=0.4|absent x<=0.75|absent'],
    [linear, 0.4, 0.45, 'x=absent'],
    [linear, 0.6, 0.75, 'x>=0.6 x<=0.75'],
    [log, 1e-5, 0.01, 'x>=0.00001|absent x<=0.01|absent'],
    [choices, 1, 2, 'x=true|absent'],
    [choices, 2, 2, 'x=absent'],
    [choices, 0, 1, 'x=relu|true'],
  ])(
    'selects what a brush on it covers, also those without the hyperparameter: %#',
    (distribution, low, high, text) => {
      expect(parallelAxis(distribution, true).conditionOf('x', [low, high])).toBe(text);
    },
  );
  it('selects none without the hyperparameter where no trial lacks it', () => {
    expect(parallelAxis(linear, false).conditionOf('x', [0.1, 0.75])).toBe('x>=0.1 x<=0.75');
    expect(parallelAxis(choices, false).conditionOf('x', [0, 2])).toBe('x=relu|true');
  });
});
