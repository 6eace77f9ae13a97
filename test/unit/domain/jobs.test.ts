/** Tiny trials share a job; long ones have their own. */
import { describe, expect, it } from 'vitest';
import { promotedJobs } from '../../../src/domain/jobs.ts';

describe('jobs of promoted trials', () => {
  const trials = (durationMs: number | null, numbers: readonly number[]) =>
    numbers.map((number) => ({ number, epochs: 3, durationMs }));

  it('hold trials up to about 20 ms of training, by what their epochs took so far', () => {
    // 1 ms an epoch, 6 epochs to go: three trials are 18 ms.
    const jobs = promotedJobs(trials(3, [12, 3, 7, 5, 20]), 1, 9);
    expect([...jobs]).toEqual([
      [3, '3r1'],
      [5, '3r1'],
      [7, '3r1'],
      [12, '12r1'],
      [20, '12r1'],
    ]);
  });

  it('hold one trial that takes longer', () => {
    expect([...promotedJobs(trials(300, [4, 2]), 2, 9).values()]).toEqual(['2r2', '4r2']);
  });

  it('hold at most 128 trials', () => {
    const numbers = Array.from({ length: 300 }, (_, number) => number);
    const jobs = [...promotedJobs(trials(0, numbers), 1, 9).values()];
    const sizes = [...new Set(jobs)].map((job) => jobs.filter((other) => other === job).length);
    expect(sizes).toEqual([128, 128, 44]);
  });
});
