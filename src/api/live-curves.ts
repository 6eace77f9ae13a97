/**
 * The epochs of the last seconds, as this process heard of them: what a stored curve lacks because it is a second old.
 * A snapshot out of both shows who comes in the middle what one who was there from the start has seen.
 */
import { performance } from 'node:perf_hooks';
import type { PubSub } from '../application/ports.ts';
import type { FoldSeries, StoredCurves } from '../domain/curves.ts';
import type { Epoch } from '../domain/events.ts';
import type { Trial } from '../domain/trial.ts';
import { perSeries, type SeriesName } from '../nn/training/series.ts';

/** Curves are stored every second, with the renewal of the trial's lease; a slow store may take some more. */
const KEPT_MS = 10_000;

export interface LiveCurves {
  /** The trial with its curves as far as anybody knows. */
  complete(searchId: string, trial: Trial): Trial;
  /** The same of curves that begin with epoch 1. */
  continued(searchId: string, trial: StoredCurves): StoredCurves;
}

export function followCurves(board: PubSub): LiveCurves {
  const heard: { readonly at: number; readonly searchId: string; readonly epochs: readonly Epoch[] }[] = [];
  board.subscribe((notice) => {
    if (notice.kind !== 'epochs') return;
    const at = performance.now();
    heard.push({ at, searchId: notice.searchId, epochs: notice.epochs });
    while (heard[0]!.at < at - KEPT_MS) heard.shift();
  });
  const since = (searchId: string, { number, attempt }: Pick<Trial, 'number' | 'attempt'>) =>
    heard
      .filter((notice) => notice.searchId === searchId)
      .flatMap((notice) => notice.epochs)
      .filter((epoch) => epoch.number === number && epoch.attempt === attempt);
  return {
    complete: (searchId, trial) => {
      const epochs = since(searchId, trial);
      const folds = completed(trial.folds, epochs).map((grown): Trial['folds'][number] => {
        // What is looked at later, not live, is as old as what is stored.
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

/** Every epoch in its place; what nobody told of is null. */
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
