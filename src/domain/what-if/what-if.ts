/** What pruners and early stopping would have saved and lost in a search, over a range of their main settings. */
import { bestFirst, compare, type Direction, isBetter } from '../../algorithms/objective.ts';
import type { PrunerSettings } from '../specification/pruners.ts';
import type { Specification } from '../specification/specification.ts';
import { type RecordedCurves, type RecordedTrial, recordedTrial } from './recorded-trial.ts';
import { type Outcome, replayPatience, replayPruner } from './replay.ts';

export const whatIfRules = ['median', 'percentile', 'successiveHalving', 'asha', 'hyperband', 'patience'] as const;
export type WhatIfRule = (typeof whatIfRules)[number];

/** The part of a specification that makes a search use it. */
export type RuleChange = { readonly pruner: PrunerSettings } | { readonly patience: number };

interface Chosen {
  readonly number: number;
  /** What the search would have shown as its best. */
  readonly value: number;
  /** Of this trial among all replayed ones by their final values, from 1. */
  readonly rank: number;
}

export interface Replayed {
  /** Of the main setting. */
  readonly setting: number;
  readonly change: RuleChange;
  /** Trained by all replayed trials. */
  readonly epochs: number;
  /** The share of epochs saved, from 0 to 1. */
  readonly saved: number;
  /** How many trials it would have stopped. */
  readonly stopped: number;
  /** null if no trial would have had a value. */
  readonly best: Chosen | null;
  /** How much worse than the best of all that is, in units of the objective; below 0 if it is better. */
  readonly lost: number | null;
  /** How many of the best trials would not have been stopped. */
  readonly keptOfBest: number;
  /** The expected best value of as many trials, drawn at random and not pruned, as take these epochs. */
  readonly fewerTrials: number | null;
}

export interface ReplayedRule {
  readonly rule: WhatIfRule;
  /** The name of its main setting. */
  readonly setting: string;
  /** Why there are no options; null if there are. */
  readonly unavailable: string | null;
  readonly options: readonly Replayed[];
}

export interface Replays {
  readonly epochs: number;
  readonly best: { readonly number: number; readonly value: number } | null;
  /** How many trials `keptOfBest` is of. */
  readonly ofBest: number;
  readonly rules: readonly ReplayedRule[];
}

/** Pruners that report more often than this in a trial would cost too much to replay, and gain nothing. */
const MAX_CHECKS = 50;
const BEST = 10;
/** With fewer trials, no rule says anything. */
const MIN_TRIALS = 5;

/** Takes seconds for a thousand trials, so do not call it on the event loop. */
export function replayRules(curves: readonly RecordedCurves[], objective: Specification['objective']): Replays {
  const { direction } = objective;
  const trials = curves.map((one) => recordedTrial(one, direction));
  const ranked = trials.filter(({ value }) => value !== null).sort(bestFirst(direction));
  const [first] = ranked;
  const context: Context = {
    trials,
    objective,
    ranked,
    epochs: trials.reduce((sum, { epochs }) => sum + epochs, 0),
    top: new Set(ranked.slice(0, BEST).map(({ number }) => number)),
  };
  return {
    epochs: context.epochs,
    best: first === undefined ? null : { number: first.number, value: first.value! },
    ofBest: context.top.size,
    rules: whatIfRules.map((rule) => replayRule(rule, context)),
  };
}

interface Context {
  readonly trials: readonly RecordedTrial[];
  readonly objective: Specification['objective'];
  /** Those with a value, best first. */
  readonly ranked: readonly RecordedTrial[];
  readonly epochs: number;
  readonly top: ReadonlySet<number>;
}

const mainSettings = {
  median: 'warmupEpochs',
  percentile: 'percentile',
  successiveHalving: 'minEpochs',
  asha: 'minEpochs',
  hyperband: 'reductionFactor',
  patience: 'patience',
} as const satisfies Record<WhatIfRule, string>;

function replayRule(rule: WhatIfRule, context: Context): ReplayedRule {
  const unavailable = whyNot(rule, context) ?? null;
  const options = unavailable === null ? changesOf(rule, context.trials) : [];
  return {
    rule,
    setting: mainSettings[rule],
    unavailable: unavailable ?? (options.length === 0 ? 'The trials are too short.' : null),
    options: options.map(({ setting, change }) => ({
      setting,
      change,
      ...summaryOf(outcomesOf(change, context), context),
    })),
  };
}

function whyNot(rule: WhatIfRule, { trials, ranked }: Context): string | undefined {
  if (ranked.length < MIN_TRIALS)
    return `Too few trials can be replayed: at least ${MIN_TRIALS} with a value are needed.`;
  const barriers = rule === 'hyperband' || rule === 'successiveHalving';
  if (barriers && new Set(trials.map(({ budget }) => budget)).size > 1) {
    return 'The epochs of its trials vary, and rungs need the same maximum for all trials.';
  }
  return undefined;
}

function outcomesOf(change: RuleChange, { trials, objective }: Context): readonly Outcome[] {
  return 'patience' in change
    ? replayPatience(trials, change.patience, objective.direction)
    : replayPruner(trials, change.pruner, objective);
}

/** Far below what any metric can tell apart, and above the rounding of means over folds. */
const SAME = 1e-12;

/** How much worse `kept` is than `best`. Not −0, where lower is better and nothing is lost. */
function lossOf(best: number, kept: number, direction: Direction): number {
  const lost = compare(best, kept, direction) + 0;
  return Math.abs(lost) <= SAME * Math.max(Math.abs(best), Math.abs(kept)) ? 0 : lost;
}

function summaryOf(outcomes: readonly Outcome[], context: Context): Omit<Replayed, 'setting' | 'change'> {
  const { trials, ranked, top, objective } = context;
  const { direction } = objective;
  const epochs = outcomes.reduce((sum, outcome) => sum + outcome.epochs, 0);
  const kept = outcomes.map(({ value }, i) => ({ number: trials[i]!.number, value, final: trials[i]!.value }));
  const [best] = kept.filter(({ value }) => value !== null).sort(bestFirst(direction));
  const share = context.epochs === 0 ? 1 : epochs / context.epochs;
  return {
    epochs,
    saved: 1 - share,
    stopped: outcomes.filter(({ stopped }) => stopped).length,
    best:
      best === undefined
        ? null
        : { number: best.number, value: best.value!, rank: rankOf(best.final, ranked, direction) },
    lost: best === undefined ? null : lossOf(ranked[0]!.value!, best.value!, direction),
    keptOfBest: outcomes.filter(({ stopped }, i) => !stopped && top.has(trials[i]!.number)).length,
    fewerTrials: expectedBest(
      ranked.map(({ value }) => value!),
      trials.length,
      Math.max(1, Math.round(share * trials.length)),
    ),
  };
}

function rankOf(value: number | null, ranked: readonly RecordedTrial[], direction: Direction): number {
  return 1 + ranked.filter((trial) => isBetter(trial.value, value, direction)).length;
}

/**
 * The expected best value of `drawn` trials out of `all`, without replacement; `values`, best first, are of those that have one. Given that
 * one of them is drawn.
 */
export function expectedBest(values: readonly number[], all: number, drawn: number): number | null {
  let [sum, weight] = [0, 0];
  /** The probability that none of the trials before is drawn. */
  let none = 1;
  for (const [i, value] of values.entries()) {
    const hit = none * Math.min(1, drawn / (all - i));
    sum += hit * value;
    weight += hit;
    none -= hit;
  }
  return weight === 0 ? null : sum / weight;
}

interface Option {
  readonly setting: number;
  readonly change: RuleChange;
}

/** The options of a rule, by its main setting; other settings have their defaults. */
function changesOf(rule: WhatIfRule, trials: readonly RecordedTrial[]): Option[] {
  const longest = Math.max(...trials.map(({ budget }) => budget));
  if (rule === 'patience') {
    return growing(1, Math.min(longest - 1, longestPatience(trials))).map((setting) => ({
      setting,
      change: { patience: setting },
    }));
  }
  const interval = Math.ceil(longest / MAX_CHECKS);
  const pruners = settingsOf(rule, longest).map((setting) => ({ setting, pruner: prunerOf(rule, setting, interval) }));
  return pruners.map(({ setting, pruner }) => ({ setting, change: { pruner } }));
}

/** What trials that stopped early would have done with more patience is not known. */
function longestPatience(trials: readonly RecordedTrial[]): number {
  const ended = trials.filter(({ patience, value, folds, budget }) => {
    return patience > 0 && value !== null && folds.some((series) => series.length < budget);
  });
  return Math.min(Number.POSITIVE_INFINITY, ...ended.map(({ patience }) => patience));
}

function settingsOf(rule: Exclude<WhatIfRule, 'patience'>, longest: number): readonly number[] {
  if (longest < 2) return [];
  switch (rule) {
    case 'median':
      return [0, ...growing(1, longest - 2)];
    case 'percentile':
      return [10, 20, 25, 30, 40, 50, 60, 70, 80, 90];
    case 'successiveHalving':
    case 'asha':
      return growing(1, longest - 1);
    case 'hyperband':
      return [2, 3, 4, 5, 6, 8, 10].filter((factor) => factor <= longest);
  }
}

function prunerOf(rule: Exclude<WhatIfRule, 'patience'>, setting: number, interval: number): PrunerSettings {
  const checks = { startupTrials: 5, warmupEpochs: 0, interval, divergence: true };
  switch (rule) {
    case 'median':
      return { type: 'median', ...checks, warmupEpochs: setting };
    case 'percentile':
      return { type: 'percentile', ...checks, percentile: setting };
    case 'successiveHalving':
    case 'asha': {
      const reproducible = rule === 'successiveHalving';
      return { type: 'successiveHalving', minEpochs: setting, reductionFactor: 3, reproducible, divergence: true };
    }
    case 'hyperband':
      return { type: 'hyperband', minEpochs: 1, reductionFactor: setting, divergence: true };
  }
}

/** At most some dozen whole numbers from `low` to `high`, further apart as they grow: 1, 2, 3, 4, 6, 8, 11, … */
function growing(low: number, high: number): number[] {
  const numbers: number[] = [];
  const factor = Math.max(1.35, (high / low) ** (1 / 12));
  for (let at = low; at <= high; at = Math.max(at + 1, Math.round(at * factor))) numbers.push(at);
  return numbers;
}
