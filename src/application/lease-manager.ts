/** Manages the leases of the claims a process works on: renews them, stores curves so far, and detects lost claims. */
import type { EpochUpdate, FoldCurves } from '../compute/trial.ts';
import type { Claim, ClaimRef, Renewal } from '../domain/commands.ts';
import { messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import { perSeries } from '../nn/training/series.ts';
import type { SearchStore } from './ports/search-store.ts';

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
  /** Renews the leases, and stores the curves of those that are given with them. */
  const renew = async (renewals: readonly Renewal[]): Promise<void> => {
    if (renewals.length === 0) return;
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
  };
  const renewAll = () => {
    const renewals = [...all].map(({ claim, curves }) => {
      return { ...referenceTo(claim), curves: curves.isLarge ? undefined : curves.newSnapshot() };
    });
    return renew(renewals);
  };
  /** One after the other, so that no statement is larger than one trial. */
  const storeLarge = async () => {
    for (const { claim, curves } of all) {
      if (curves.isLarge) await renew([{ ...referenceTo(claim), curves: curves.newSnapshot() }]);
    }
  };
  const ticks = [onceAtATime(renewAll), onceAtATime(storeLarge)];
  const timer = setInterval(
    () => {
      for (const tick of ticks) tick();
    },
    Math.min(1000, (leaseSeconds * 1000) / 3),
  );
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

function referenceTo({ searchId, number, attempt }: Claim): ClaimRef {
  return { searchId, number, attempt };
}

/** Calls are dropped while one is in progress. */
function onceAtATime(work: () => Promise<void>): () => void {
  let busy = false;
  return () => {
    if (busy) return;
    busy = true;
    void work().finally(() => {
      busy = false;
    });
  };
}

/** Curves with more epochs than this, over all folds, are stored apart from the renewals of leases, which must not wait for them. */
const LARGE_CURVES = 2000;

type Series = Exclude<keyof EpochUpdate, 'fold' | 'epoch' | 'initialLoss' | 'peakStep' | 'signals' | 'found'>;

/** A running trial's curves, stored every second so that a page opened later shows all epochs. */
class CurvesSoFar {
  readonly #before: readonly FoldCurves[];
  readonly #updates: EpochUpdate[] = [];
  #isNew = false;

  /** `before`: curves up to the checkpoint. */
  constructor(before: readonly FoldCurves[]) {
    this.#before = before;
  }

  get isLarge(): boolean {
    return this.#updates.length > LARGE_CURVES;
  }

  add(updates: readonly EpochUpdate[]): void {
    for (const update of updates) this.#updates.push(update);
    this.#isNew = true;
  }

  /** Undefined if nothing was added since the last one. */
  newSnapshot(): Renewal['curves'] {
    if (!this.#isNew) return undefined;
    this.#isNew = false;
    const updates = new Map<number, EpochUpdate[]>();
    for (const update of this.#updates) {
      const own = updates.get(update.fold);
      if (own === undefined) updates.set(update.fold, [update]);
      else own.push(update);
    }
    const before = new Map(this.#before.map((curves) => [curves.fold, curves]));
    const folds = [...new Set([...before.keys(), ...updates.keys()])]
      .sort((a, b) => a - b)
      .map((fold) => grownCurves(fold, before.get(fold), updates.get(fold) ?? []));
    return { epochs: folds.reduce((most, { trainLoss }) => Math.max(most, trainLoss.length), 0), folds };
  }
}

function grownCurves(fold: number, before: FoldCurves | undefined, own: readonly EpochUpdate[]): FoldCurves {
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
}
