/** Numbers, durations and counts as the page, the terminal and the service's sentences write them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatAge,
  formatBytes,
  formatCount,
  formatDuration,
  formatNumber,
  formatPercent,
  formatTest,
  formatValue,
  plural,
  significant,
  words,
} from '../../src/format.ts';

describe('a number', () => {
  it.each([
    [0, '0'],
    [64, '64'],
    [0.98765, '0.9877'],
    [0.1, '0.1'],
    [1e-4, '1e-4'],
    [1.25e-5, '1.25e-5'],
    [-0.00012345, '-1.23e-4'],
    [12345.678, '12350'],
    [123456, '123456'],
    [123456789, '1.23e8'],
    [Number.NaN, '–'],
    [null, '–'],
    [undefined, '–'],
    ['relu', 'relu'],
    [true, 'true'],
  ])('%s is %s', (value, text) => expect(formatValue(value)).toBe(text));

  it('keeps as many digits as are asked for', () => {
    expect([0.98765, 98765.4321, 1.25e-5].map((value) => formatNumber(value, 2))).toEqual(['0.99', '99000', '1.3e-5']);
    expect(significant(0.300000000004, 3)).toBe('0.3');
  });

  it('stays within half a unit of its last digit', () => {
    fc.assert(
      fc.property(fc.double({ min: -1e12, max: 1e12, noNaN: true }), (value) => {
        expect(Math.abs(Number(formatNumber(value)) - value)).toBeLessThanOrEqual(Math.abs(value) * 0.0051);
      }),
    );
  });
});

describe('a duration', () => {
  it.each([
    [0.02, '20 ms'],
    [0.34, '340 ms'],
    [0.9996, '1.0 s'],
    [3.44, '3.4 s'],
    [9.97, '10 s'],
    [59.7, '1 min 0 s'],
    [119.7, '2 min 0 s'],
    [130, '2 min 10 s'],
    [3900, '1 h 5 min'],
    [400_000, '5 days'],
    [Number.POSITIVE_INFINITY, '–'],
    [null, '–'],
  ])('of %s seconds is %s', (seconds, text) => expect(formatDuration(seconds)).toBe(text));

  it('since a time is an age', () => {
    const now = Date.parse('2030-01-01T12:00:00Z');
    expect(formatAge('2030-01-01T11:59:50Z', now)).toBe('just now');
    expect(formatAge('2030-01-01T11:57:10Z', now)).toBe('3 min ago');
    expect(formatAge('2030-01-01T10:00:00Z', now)).toBe('2 h ago');
  });
});

it.each([
  [0, '0 B'],
  [999, '999 B'],
  [999.6, '1.0 kB'],
  [1000, '1.0 kB'],
  [9949, '9.9 kB'],
  [9960, '10 kB'],
  [999_499, '999 kB'],
  [999_500, '1.0 MB'],
  [12_345_678, '12 MB'],
  [2.6e9, '2.6 GB'],
  [5e18, '5000 PB'],
  [Number.NaN, '–'],
  [null, '–'],
])('%s bytes are %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text));

describe('counts, shares and names', () => {
  it('are written in plain English', () => {
    expect(formatCount(12345)).toBe('12,345');
    expect([plural(1, 'trial'), plural(12345, 'trial'), plural(2, 'axis', 'axes')]).toEqual([
      '1 trial',
      '12,345 trials',
      '2 axes',
    ]);
    expect([0, 2e-4, 0.034, 0.5, 1].map(formatPercent)).toEqual(['0 %', '< 0.1 %', '3.4 %', '50 %', '100 %']);
    expect(words('learningRate')).toBe('learning rate');
  });
});

it('a test value stands beside that of validation, with its interval', () => {
  const test = { rows: 360, value: 0.97222, interval: [0.95483, 0.98541] } as const;
  expect(formatTest(0.98444, test)).toBe('validation 0.9844, test 0.9722 [0.955, 0.985] on 360 rows');
  expect(formatTest(0.98444, { rows: 1, value: null, interval: null })).toBe('validation 0.9844, test – on 1 row');
});
