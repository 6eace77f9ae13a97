/** Manages the leases of the claims a process works on: renews them, stores curves so far, and detects lost claims. */
import type { EpochUpdate, FoldCurves } from '../compute/trial.ts';
import type { Claim } from '../domain/commands.ts';
import { messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import { perSeries } from '../nn/training/series.ts';
import type { SearchStore } from './ports.ts';

/** The claim has ended: its search ended or another worker has the trial. Nothing may be written. */
export class ClaimLost extends Error {}

export interface Lease {
  readonly claim: Claim;
  /** Aborted with the reason when the work must stop. */
  readonly abort: AbortController;
  /** Aborted with the reason when the work must not start; work that has started goes on. */
  readonly revoke: AbortController;
  readonly curves: CurvesSoFar;
}

export interface LeaseManager {
  readonly size: number;
  add(claim: Claim): Lease;
  release(lease: Lease): void;
  /** Aborts the work on the claims that match. */
  abort(matches: (claim: Claim) => boolean, reason: Error): void;
  /** Keeps the work on the claims that match from starting. */
  revoke(matches: (claim: Claim) => boolean, reason: Error): void;
  /** Stops renewing. */
  stop(): void;
}

export function createLeaseManager(store: Pick<SearchStore, 'renew'>, leaseSeconds: number, log: Log): LeaseManager {
  const all = new Set<Lease>();
  const abortWhere: LeaseManager['abort'] = (matches, reason) => {
    for (const { claim, abort } of all) if (matches(claim)) abort.abort(reason);
  };
  const revoke: LeaseManager['revoke'] = (matches, reason) => {
    for (const lease of all) if (matches(lease.claim)) lease.revoke.abort(reason);
  };
  let renewing = false;
  const renew = async () => {
    if (renewing || all.size === 0) return;
    renewing = true;
    const renewals = [...all].map(({ claim, curves }) => ({ ...claim, ...curves.snapshot() }));
    try {
      // Detects lost claims even if their event was missed.
      const lost = await store.renew(renewals, leaseSeconds);
      const isLost = (claim: Claim) =>
        lost.some(
          ({ searchId, number, attempt }) =>
            claim.searchId === searchId && claim.number === number && claim.attempt === attempt,
        );
      abortWhere(isLost, new ClaimLost());
    } catch (error) {
      log.error(`leases were not renewed: ${messageOf(error)}`);
    }
    renewing = false;
  };
  const timer = setInterval(() => void renew(), Math.min(1000, (leaseSeconds * 1000) / 3));
  return {
    get size() {
      return all.size;
    },
    add: (claim) => {
      const lease = {
        claim,
        abort: new AbortController(),
        revoke: new AbortController(),
        curves: new CurvesSoFar(claim.folds),
      };
      all.add(lease);
      return lease;
    },
    release: (lease) => all.delete(lease),
    abort: abortWhere,
    revoke,
    stop: () => clearInterval(timer),
  };
}

type Series = Exclude<keyof EpochUpdate, 'fold' | 'epoch' | 'initialLoss' | 'peakStep' | 'signals' | 'found'>;

/** A running trial's curves, stored with every renewal so that a page opened later shows all epochs. */
class CurvesSoFar {
  readonly #before: readonly FoldCurves[];
  readonly #updates: EpochUpdate[] = [];

  /** `before`: curves up to the checkpoint. */
  constructor(before: readonly FoldCurves[]) {
    this.#before = before;
  }

  add(updates: readonly EpochUpdate[]): void {
    this.#updates.push(...updates);
  }

  snapshot(): { epochs: number; folds: FoldCurves[] } {
    const numbers = [...this.#before, ...this.#updates].map(({ fold }) => fold);
    const folds = [...new Set(numbers)]
      .sort((a, b) => a - b)
      .map((fold) => {
        const before = this.#before.find((curves) => curves.fold === fold);
        const own = this.#updates.filter((update) => update.fold === fold);
        const grown = (name: Series) => [...(before?.[name] ?? []), ...own.map((update) => update[name])];
        return {
          fold,
          value: null,
          initialLoss: before?.initialLoss ?? own[0]?.initialLoss ?? null,
          ...perSeries(grown),
          learningRate: grown('learningRate'),
          gradientNorm: grown('gradientNorm'),
          peakLoss: grown('peakLoss'),
          peakStep: [...(before?.peakStep ?? []), ...own.map(({ peakStep }) => peakStep)],
          regularizationLoss: grown('regularizationLoss'),
          signals: [...(before?.signals ?? []), ...own.flatMap(({ signals }) => signals)],
        };
      });
    return { epochs: Math.max(0, ...folds.map(({ trainLoss }) => trainLoss.length)), folds };
  }
}
