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
    expect(absent).toBe(option['min']);
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
});
