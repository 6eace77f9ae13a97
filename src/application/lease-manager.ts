/** The claims a process works on: it keeps their leases, stores their curves so far, and learns when one is lost. */
import type { EpochUpdate, FoldCurves } from '../compute/trial.ts';
import type { Claim } from '../domain/commands.ts';
import { messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import { perSeries } from '../nn/training/series.ts';
import type { SearchStore } from './ports.ts';

/** The claim is no longer ours to work on: its search ended, or somebody else has it. Nothing is to be written. */
export class ClaimLost extends Error {}

export interface Held {
  readonly claim: Claim;
  /** Aborted, with the reason, when the work on it is to end. */
  readonly abort: AbortController;
  readonly curves: CurvesSoFar;
}

export interface HeldClaims {
  readonly size: number;
  add(claim: Claim): Held;
  release(held: Held): void;
  /** Ends the work on those that `which` picks. */
  drop(which: (claim: Claim) => boolean, reason: Error): void;
  /** Renews no more. */
  stop(): void;
}

export function createLeaseManager(store: Pick<SearchStore, 'renew'>, leaseSeconds: number, log: Log): HeldClaims {
  const all = new Set<Held>();
  const drop: HeldClaims['drop'] = (which, reason) => {
    for (const { claim, abort } of all) if (which(claim)) abort.abort(reason);
  };
  let renewing = false;
  const renew = async () => {
    if (renewing || all.size === 0) return;
    renewing = true;
    const renewals = [...all].map(({ claim, curves }) => ({ ...claim, ...curves.snapshot() }));
    try {
      // Also how a claim is found lost of which no notice told.
      const lost = await store.renew(renewals, leaseSeconds);
      const isLost = (claim: Claim) =>
        lost.some(
          ({ searchId, number, attempt }) =>
            claim.searchId === searchId && claim.number === number && claim.attempt === attempt,
        );
      drop(isLost, new ClaimLost());
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
      const held = { claim, abort: new AbortController(), curves: new CurvesSoFar(claim.folds) };
      all.add(held);
      return held;
    },
    release: (held) => all.delete(held),
    drop,
    stop: () => clearInterval(timer),
  };
}

type Series = Exclude<keyof EpochUpdate, 'fold' | 'epoch' | 'initialLoss' | 'peakStep' | 'signals' | 'found'>;

/** A running trial's curves, kept with every renewal: a page that opens now shows what one opened earlier does. */
class CurvesSoFar {
  readonly #before: readonly FoldCurves[];
  readonly #updates: EpochUpdate[] = [];

  /** `before`: up to where it was put aside. */
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
