/** Findings of the diagnosis, and the data they are made from. */
import { formatNumber } from '../format.ts';
import type { EpochReport, LayerSignals, Signals } from '../nn/training/train.ts';

/** Worst first. */
export const severities = ['fault', 'warning', 'note'] as const;
export type Severity = (typeof severities)[number];

export const findingCodes = [
  'lossAtStart',
  'diverged',
  'symmetricWeights',
  'deadNetwork',
  'rateTooLow',
  'rateTooHigh',
  'plateau',
  'deadRelu',
  'saturated',
  'vanishingGradients',
  'explodingGradients',
  'notZeroCentred',
  'initializationTooSmall',
  'initializationTooLarge',
  'inputsOffCentre',
  'inputScales',
  'overfitting',
  'underfitting',
  'regularizationDominates',
  'batchTooSmall',
  'validationTooSmall',
  'stillImproving',
] as const;
export type FindingCode = (typeof findingCodes)[number];

export interface Finding {
  readonly code: FindingCode;
  readonly severity: Severity;
  /** From 1, starting at the input; null if it does not concern a single layer. */
  readonly layer: number | null;
  /** The first epoch that shows it; 0 is before the first step. */
  readonly since: number;
  /** The most likely of several possible causes. */
  readonly cause: string | null;
  /** The measurements it is based on. */
  readonly evidence: Readonly<Record<string, number | null>>;
  readonly text: string;
  readonly advice: string;
}

/** The settings of a trial that findings depend on. */
export interface DiagnosedSettings {
  readonly learningRate: number;
  readonly l2: number;
  readonly hiddenUnits: readonly number[];
  readonly activation: string;
  readonly initializer: string;
  readonly batchNorm: boolean;
  readonly dropout: number;
  readonly batchSize: number;
  readonly epochs: number;
  /** Above 0: early stopping. */
  readonly patience: number;
}

export interface Facts {
  /** Number of classes; 0 for regression. */
  readonly classes: number;
  readonly trainRows: number;
  readonly validationRows: number;
  /** See data/input-facts.ts. */
  readonly offCentre: number;
  readonly scaleRatio: number;
}

/** One fold's training so far. */
export interface Case {
  readonly settings: DiagnosedSettings;
  readonly facts: Facts;
  readonly reports: readonly EpochReport[];
  /** Observations of the layers, in order; the first is before the first step. */
  readonly signals: readonly Signals[];
  /** The loss of an untrained model: see `expectedLoss`. */
  readonly expectedLoss: number;
  /** Whether training has ended; some rules only apply then. */
  readonly over: boolean;
}

/** Checks for one problem. Pure: the same case gives the same finding. */
export type Rule = (one: Case) => Finding | undefined;

/** The loss of a model that has learned nothing: ln C for C classes; for regression (0 classes) the variance of the standardized target, 1. */
export function expectedLoss(classes: number): number {
  return classes > 0 ? Math.log(classes) : 1;
}

export function caseOf(
  settings: DiagnosedSettings,
  facts: Facts,
  reports: readonly EpochReport[],
  over: boolean,
): Case {
  const signals: Signals[] = [];
  for (const report of reports) signals.push(...report.signals);
  return { settings, facts, reports, signals, expectedLoss: expectedLoss(facts.classes), over };
}

/** The hidden layers, without the output layer. */
export function hiddenOf({ layers }: Signals): readonly LayerSignals[] {
  return layers.slice(0, -1);
}

export function last<T>(list: readonly T[]): T | undefined {
  return list[list.length - 1];
}

export function medianOf(numbers: readonly number[]): number {
  const sorted = numbers.filter(Number.isFinite).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** The first layer for which it holds in the last observation, and the epoch since which it has held without a break. */
export function holdsNow(
  { signals }: Case,
  holds: (layer: LayerSignals, index: number, observed: Signals) => boolean,
): { readonly index: number; readonly since: number; readonly layer: LayerSignals } | undefined {
  const now = last(signals);
  if (now === undefined) return undefined;
  const index = hiddenOf(now).findIndex((layer, l) => holds(layer, l, now));
  if (index < 0) return undefined;
  let since = now.epoch;
  for (const observed of [...signals].reverse()) {
    if (!holds(observed.layers[index]!, index, observed)) break;
    since = observed.epoch;
  }
  return { index, since, layer: now.layers[index]! };
}

/** Share of the expected loss: a network below it has learned enough to be kept, whatever its findings. */
const LEARNED = 0.5;

/** Whether it is half-way from an untrained to a perfect model, by training loss or by accuracy (a few wrong rows can have any loss). */
export function hasLearned(trainLoss: number | null, trainMetric: number | null, classes: number): boolean {
  const right = classes > 0 && trainMetric !== null && trainMetric > (1 + 1 / classes) / 2;
  return right || (trainLoss !== null && trainLoss <= LEARNED * expectedLoss(classes));
}

/** Formats a number for a message. */
export function shown(value: number): string {
  return formatNumber(value, 3);
}
