/**
 * The epochs of the last seconds, as this process heard of them: what a stored curve lacks because it is a second old.
 * A snapshot out of both shows who comes in the middle what one who was there from the start has seen.
 */
import { performance } from 'node:perf_hooks';
import type { NoticeBoard } from '../searches/ports.ts';
import type { Epoch, Trial } from '../searches/records.ts';

/** Curves are stored every second, with the renewal of the trial's lease; a slow store may take some more. */
const KEPT_MS = 10_000;

export interface LiveCurves {
  /** The trial with its curves as far as anybody knows. */
  complete(searchId: string, trial: Trial): Trial;
}

export function followCurves(board: NoticeBoard): LiveCurves {
  const heard: { readonly at: number; readonly searchId: string; readonly epochs: readonly Epoch[] }[] = [];
  board.subscribe((notice) => {
    if (notice.kind !== 'epochs') return;
    const at = performance.now();
    heard.push({ at, searchId: notice.searchId, epochs: notice.epochs });
    while (heard[0]!.at < at - KEPT_MS) heard.shift();
  });
  return {
    complete: (searchId, trial) => {
      const epochs = heard
        .filter((notice) => notice.searchId === searchId)
        .flatMap((notice) => notice.epochs)
        .filter(({ number, attempt }) => number === trial.number && attempt === trial.attempt);
      return {
        ...trial,
        epochs: Math.max(trial.epochs, ...epochs.map(({ epoch }) => epoch)),
        folds: completed(trial.folds, epochs),
      };
    },
  };
}

type Series = 'trainLoss' | 'trainMetric' | 'validationLoss' | 'validationMetric';

/** Every epoch in its place; what nobody told of is null. */
function completed(stored: Trial['folds'], epochs: readonly Epoch[]): Trial['folds'] {
  const folds = [...new Set([...stored, ...epochs].map(({ fold }) => fold))].sort((a, b) => a - b);
  return folds.map((fold) => {
    const known = stored.find((curves) => curves.fold === fold);
    const own = epochs.filter((epoch) => epoch.fold === fold);
    const length = Math.max(known?.trainLoss.length ?? 0, ...own.map(({ epoch }) => epoch));
    const grown = (name: Series) => {
      const series = Array.from({ length }, (_, i) => known?.[name][i] ?? null);
      for (const epoch of own) series[epoch.epoch - 1] = epoch[name];
      return series;
    };
    return {
      fold,
      value: null,
      initialLoss: known?.initialLoss ?? null,
      trainLoss: grown('trainLoss'),
      trainMetric: grown('trainMetric'),
      validationLoss: grown('validationLoss'),
      validationMetric: grown('validationMetric'),
      // What is looked at later, not live, is as old as what is stored.
      learningRate: known?.learningRate ?? [],
      gradientNorm: known?.gradientNorm ?? [],
      peakLoss: known?.peakLoss ?? [],
      peakStep: known?.peakStep ?? [],
      regularizationLoss: known?.regularizationLoss ?? [],
      signals: known?.signals ?? [],
    };
  });
}
