/**
 * Keeps the epochs of the last seconds that this process received, since stored curves may be a second old. A snapshot merges both, so that
 * late clients see the same curves as those connected from the start.
 */
import { performance } from 'node:perf_hooks';
import type { PubSub } from '../application/ports/messages.ts';
import type { FoldSeries, StoredCurves } from '../domain/curves.ts';
import type { Epoch } from '../domain/events.ts';
import type { Trial } from '../domain/trial.ts';
import { perSeries, type SeriesName } from '../nn/training/series.ts';

/** Curves are stored every second with the renewal of the trial's lease; a slow store may take longer. */
const KEPT_MS = 10_000;

export interface LiveCurves {
  /** The trial with its latest curves. */
  complete(searchId: string, trial: Trial): Trial;
  /** The same for curves that start at epoch 1. */
  continued(searchId: string, trial: StoredCurves): StoredCurves;
}

export function followCurves(pubSub: PubSub): LiveCurves {
  const received: { readonly at: number; readonly searchId: string; readonly epochs: readonly Epoch[] }[] = [];
  pubSub.subscribe((message) => {
    if (message.kind !== 'epochs') return;
    const at = performance.now();
    received.push({ at, searchId: message.searchId, epochs: message.epochs });
    while (received[0]!.at < at - KEPT_MS) received.shift();
  });
  const since = (searchId: string, { number, attempt }: Pick<Trial, 'number' | 'attempt'>) =>
    received
      .filter((message) => message.searchId === searchId)
      .flatMap((message) => message.epochs)
      .filter((epoch) => epoch.number === number && epoch.attempt === attempt);
  return {
    complete: (searchId, trial) => {
      const epochs = since(searchId, trial);
      const folds = completed(trial.folds, epochs).map((grown): Trial['folds'][number] => {
        // Fields that are not published live are those that are stored.
        const known = trial.folds.find(({ fold }) => fold === grown.fold);
        return { ...(known ?? nothingKnown), ...grown, value: null };
      });
      return { ...trial, epochs: latest(trial.epochs, epochs), folds };
    },
    continued: (searchId, trial) => {
      const epochs = since(searchId, trial);
      const length = latest(trial.epochs, epochs);
      const at = Array.from({ length }, (_, i) => i + 1);
      return { ...trial, epochs: length, at, folds: completed(trial.folds, epochs) };
    },
  };
}

function latest(stored: number, epochs: readonly Epoch[]): number {
  return Math.max(stored, ...epochs.map(({ epoch }) => epoch));
}

const nothingKnown = {
  initialLoss: null,
  learningRate: [],
  gradientNorm: [],
  peakLoss: [],
  peakStep: [],
  regularizationLoss: [],
  signals: [],
};

/** Puts every epoch in its place; missing epochs are null. */
function completed(stored: readonly FoldSeries[], epochs: readonly Epoch[]): FoldSeries[] {
  const folds = [...new Set([...stored, ...epochs].map(({ fold }) => fold))].sort((a, b) => a - b);
  return folds.map((fold) => {
    const known = stored.find((curves) => curves.fold === fold);
    const own = epochs.filter((epoch) => epoch.fold === fold);
    const length = Math.max(known?.trainLoss.length ?? 0, ...own.map(({ epoch }) => epoch));
    const grown = (name: SeriesName) => {
      const series = Array.from({ length }, (_, i) => known?.[name][i] ?? null);
      for (const epoch of own) series[epoch.epoch - 1] = epoch[name];
      return series;
    };
    return { fold, ...perSeries(grown) };
  });
}
