/** What is found in a training run, and what it is found from. */
import type { EpochReport, LayerSignals, Signals } from '../nn/training/train.ts';

/** From the worst on. */
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
  /** Where there is one: counted from 1, the inputs' side first. */
  readonly layer: number | null;
  /** The epoch after which it was first so; 0 is before the first step. */
  readonly since: number;
  /** The most likely cause, where several have the same face. */
  readonly cause: string | null;
  /** The numbers that say so. */
  readonly evidence: Readonly<Record<string, number | null>>;
  readonly text: string;
  readonly advice: string;
}

/** Of a trial's settings, what findings go by. */
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
  /** Above 0, training ends and goes back when validation gets worse. */
  readonly patience: number;
}

export interface Facts {
  /** Classes; 0 where a quantity is predicted. */
  readonly classes: number;
  readonly trainRows: number;
  readonly validationRows: number;
  /** data/input-facts.ts */
  readonly offCentre: number;
  readonly scaleRatio: number;
}

/** One fold's training so far. */
export interface Case {
  readonly settings: DiagnosedSettings;
  readonly facts: Facts;
  readonly reports: readonly EpochReport[];
  /** All that was looked at, in order; the first is before the first step. */
  readonly signals: readonly Signals[];
  /** The loss of who knows nothing: ln C of classes, the targets' variance (1) of a quantity. */
  readonly expectedLoss: number;
  /** Whether all epochs are done, or training was ended: what says "in the end" waits for it. */
  readonly over: boolean;
}

/** Looks for one thing. Pure: the same case gives the same finding. */
export type Rule = (one: Case) => Finding | undefined;

/** What who knows nothing loses: ln C of so many classes; the targets' variance, 1, of a quantity (0 classes). */
export function expectedLoss(classes: number): number {
  return classes > 0 ? Math.log(classes) : 1;
}

export function caseOf(
  settings: DiagnosedSettings,
  facts: Facts,
  reports: readonly EpochReport[],
  over: boolean,
): Case {
  const signals = reports.flatMap((report) => report.signals);
  return { settings, facts, reports, signals, expectedLoss: expectedLoss(facts.classes), over };
}

/** The hidden layers alone, without the output. */
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

/** The first layer for which it holds after an observation, and the observation since which it has held without a break. */
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

/** A number for people. */
export function shown(value: number): string {
  if (Number.isInteger(value)) return String(value);
  return Math.abs(value) < 1e-3 || Math.abs(value) >= 1e4
    ? value.toExponential(1)
    : String(Number(value.toPrecision(3)));
}

export function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}
