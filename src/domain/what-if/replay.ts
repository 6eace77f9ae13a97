/** What a pruner or early stopping would have done to trials whose whole curves are known. The rules are those that real searches use. */
import type { Direction } from '../../algorithms/objective.ts';
import { createPruner, type ImmediateSettings } from '../../algorithms/pruners/create-pruner.ts';
import { isBestEpoch, isExhausted, noBestEpoch } from '../../nn/training/early-stopping.ts';
import { type Bracket, bracketOf } from '../brackets.ts';
import { meanOf, type ValueSeries } from '../intermediate-values.ts';
import { decideRung } from '../prune-decisions.ts';
import { hasBarriers, isImmediate } from '../pruner-rules.ts';
import type { BarrierSettings, PrunerSettings } from '../specification/pruners.ts';
import type { Specification } from '../specification/specification.ts';
import type { RecordedTrial } from './recorded-trial.ts';

/** What became of a trial. */
export interface Outcome {
  /** Epochs that it would have trained. */
  readonly epochs: number;
  /** null if it was stopped, or has no value. */
  readonly value: number | null;
  /** Whether the pruner stopped it. Early stopping ends a trial, which keeps its value. */
  readonly stopped: boolean;
}

/** One outcome per trial, in the same order. Trials are renumbered from 0, without those that are left out. */
export function replayPruner(
  trials: readonly RecordedTrial[],
  pruner: PrunerSettings,
  objective: Specification['objective'],
): Outcome[] {
  if (hasBarriers(pruner)) return replayBrackets(trials, pruner, objective);
  if (isImmediate(pruner)) return replayImmediate(trials, pruner, objective.direction);
  throw new Error(`the pruner ${pruner.type} cannot be replayed`);
}

function untouched({ epochs, value }: RecordedTrial): Outcome {
  return { epochs, value, stopped: false };
}

function stoppedAfter(epochs: number): Outcome {
  return { epochs, value: null, stopped: true };
}

/** As if trials ran one after the other. */
function replayImmediate(trials: readonly RecordedTrial[], pruner: ImmediateSettings, direction: Direction): Outcome[] {
  const { counts, nextCheck, decide } = createPruner(pruner, direction);
  /** The values at each epoch that others are compared with, in ascending order, which is cheap to keep and to take quantiles of. */
  const reported = new Map<number, number[]>();
  let completeTrials = 0;
  return trials.map((trial) => {
    const own: { epochs: number; value: number | null }[] = [];
    const record = () => {
      for (const { epochs, value } of own.splice(0)) if (value !== null) insert(reported, epochs, value);
    };
    let at = nextCheck(0, trial.budget - 1);
    // After its own end a trial reports nothing.
    for (; at !== undefined && at < trial.epochs; at = nextCheck(at, trial.budget - 1)) {
      const value = trial.values[at - 1] ?? null;
      const view = { epochs: at, value, bestSoFar: trial.bests[at - 1] ?? null, others: reported.get(at) ?? [] };
      own.push({ epochs: at, value });
      const decision = decide({ ...view, completeTrials });
      if (counts === 'seen') record();
      if (!decision.goesOn) return stoppedAfter(at);
    }
    record();
    completeTrials++;
    return untouched(trial);
  });
}

function insert(lists: Map<number, number[]>, key: number, value: number): void {
  const list = lists.get(key) ?? [];
  lists.set(key, list);
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (list[middle]! < value) low = middle + 1;
    else high = middle;
  }
  list.splice(low, 0, value);
}

function replayBrackets(
  trials: readonly RecordedTrial[],
  pruner: BarrierSettings,
  objective: Specification['objective'],
): Outcome[] {
  const outcomes: Outcome[] = [];
  // Specifications with barriers have the same epochs in all trials.
  const range = { from: 0, to: trials.length, epochs: trials[0]?.budget ?? 1, pruner };
  while (outcomes.length < trials.length) {
    const bracket = bracketOf(range, outcomes.length)!;
    outcomes.push(...outcomesOf(trials, bracket, { pruner, objective }));
  }
  return outcomes;
}

function outcomesOf(
  trials: readonly RecordedTrial[],
  bracket: Bracket,
  rules: Pick<Specification, 'pruner' | 'objective'>,
): Outcome[] {
  const { from, to, rungs } = bracket;
  const outcomes = trials.slice(from, to).map(untouched);
  let there = Array.from({ length: to - from }, (_, i) => from + i);
  rungs.slice(0, -1).forEach(({ epochs }, rung) => {
    const entries = there.map((number) => {
      const trial = trials[number]!;
      const waits = trial.epochs > epochs;
      return { number, rung, waits, value: waits ? (trial.values[epochs - 1] ?? null) : trial.value };
    });
    const { promoted, stopped } = decideRung(rules, bracket, rung, entries);
    for (const { number } of stopped) outcomes[number - from] = stoppedAfter(epochs);
    there = promoted.map(({ number }) => number).sort((a, b) => a - b);
  });
  return outcomes;
}

/** Every fold ends after `patience` epochs without improvement, and its best epoch counts. */
export function replayPatience(trials: readonly RecordedTrial[], patience: number, direction: Direction): Outcome[] {
  // Folds after one that diverged were not run.
  const splits = Math.max(0, ...trials.map(({ folds }) => folds.length));
  return trials.map((trial) => {
    const folds = trial.folds.map((series) => endOf(series, trial, patience, direction));
    const complete = folds.length === splits && folds.every(({ value }) => value !== null);
    return {
      epochs: Math.max(0, ...folds.map(({ epochs }) => epochs)),
      value: complete ? meanOf(folds.map(({ value }) => value)) : null,
      stopped: false,
    };
  });
}

function endOf(
  series: ValueSeries,
  { budget, value: final }: RecordedTrial,
  patience: number,
  direction: Direction,
): { readonly epochs: number; readonly value: number | null } {
  let best = noBestEpoch;
  for (const [i, given] of series.entries()) {
    const [epoch, value] = [i + 1, given ?? Number.NaN];
    if (isBestEpoch(value, best, direction)) best = { epoch, value };
    // The last epoch of a trial without a value is the one in which it diverged.
    const mayEnd = epoch < budget && (final !== null || epoch < series.length);
    if (mayEnd && isExhausted(best, epoch, patience)) return { epochs: epoch, value: finiteOf(best) };
  }
  return { epochs: series.length, value: final === null ? null : finiteOf(best) };
}

function finiteOf({ epoch, value }: { readonly epoch: number; readonly value: number }): number | null {
  return epoch === 0 ? null : value;
}
