/** Renewals of leases stay small and regular, whatever the size of the curves that are stored beside them. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createLeaseManager, type LeaseManager } from '../../../src/application/lease-manager.ts';
import type { EpochUpdate } from '../../../src/compute/trial.ts';
import type { Claim, Renewal } from '../../../src/domain/commands.ts';

const claim = (number: number): Claim => ({
  ...{ searchId: 'search', number, attempt: 1, point: {}, rung: 0, folds: [] },
});
const update = (epoch: number, fold = 0): EpochUpdate =>
  ({ fold, epoch, trainLoss: 1 / epoch, validationLoss: 1, peakStep: 0, signals: [], found: [] }) as never;
const log = { error: () => undefined, warn: () => undefined, info: () => undefined, debug: () => undefined };

let sent: (readonly Renewal[])[];
let answer: (renewals: readonly Renewal[]) => Promise<readonly Claim[]>;
let leases: LeaseManager;
beforeEach(() => {
  vi.useFakeTimers();
  sent = [];
  answer = async () => [];
  const renew = (renewals: readonly Renewal[]) => {
    sent.push(renewals);
    return answer(renewals) as Promise<never>;
  };
  leases = createLeaseManager({ renew }, 30, log as never);
});
afterEach(() => {
  leases.stop();
  vi.useRealTimers();
});

describe('a lease manager', () => {
  it('stores curves only when there are new epochs, with all epochs so far', async () => {
    const lease = leases.add(claim(3));
    lease.curves.add([update(1, 1), update(1, 0), update(2, 0)]);
    await vi.advanceTimersByTimeAsync(3000);
    expect(sent.map(([renewal]) => renewal!.curves?.folds.map(({ fold, trainLoss }) => [fold, trainLoss]))).toEqual([
      [
        [0, [1, 0.5]],
        [1, [1]],
      ],
      undefined,
      undefined,
    ]);
    expect(sent[0]![0]).toMatchObject({ searchId: 'search', number: 3, attempt: 1, curves: { epochs: 2 } });
    expect(Object.keys(sent[1]![0]!).sort()).toEqual(['attempt', 'curves', 'number', 'searchId']);
  });

  it('renews leases while large curves are written, one trial at a time', async () => {
    const [first, second] = [leases.add(claim(0)), leases.add(claim(1))];
    leases.add(claim(2));
    for (const { curves } of [first, second]) curves.add(Array.from({ length: 5000 }, (_, i) => update(i + 1)));
    let written: () => void = () => undefined;
    answer = ([renewal]) =>
      renewal!.curves === undefined
        ? Promise.resolve([])
        : new Promise((resolve) => {
            written = () => resolve([]);
          });
    await vi.advanceTimersByTimeAsync(4000);
    const small = sent.filter((renewals) => renewals.length === 3);
    expect(small).toHaveLength(4);
    expect(small.flat().every(({ curves }) => curves === undefined)).toBe(true);
    const large = () => sent.filter(([renewal]) => renewal!.curves !== undefined).flat();
    expect(large().map(({ number }) => number)).toEqual([0]);
    written();
    await vi.advanceTimersByTimeAsync(0);
    expect(large().map(({ number, curves }) => [number, curves!.epochs])).toEqual([
      [0, 5000],
      [1, 5000],
    ]);
  });

  it('aborts the work on claims that are lost', async () => {
    const [kept, lost] = [leases.add(claim(0)), leases.add(claim(1))];
    answer = async () => [claim(1)];
    await vi.advanceTimersByTimeAsync(1000);
    expect([kept.abort.signal.aborted, lost.abort.signal.aborted]).toEqual([false, true]);
  });
});
