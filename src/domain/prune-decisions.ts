/** Prune decisions: whether trials that reported a value continue. */

import { promote } from '../algorithms/pruners/brackets.ts';
import { createPruner } from '../algorithms/pruners/create-pruner.ts';
import type { PrunerView, StopDecision } from '../algorithms/pruners/pruner.ts';
import { plural } from '../format.ts';
import type { Bracket } from './brackets.ts';
import type { PausedReport } from './commands.ts';
import { isImmediate } from './pruner-rules.ts';
import type { Specification } from './specification/specification.ts';
import type { Verdict } from './trial.ts';

function verdictOf({ goesOn: _, ...verdict }: StopDecision): Verdict {
  return verdict;
}

type Rules = Pick<Specification, 'pruner' | 'objective'>;

/** Which trials' values a trial is compared with when it reports; none for pruners with barriers and without a pruner. */
export function comparedWith({ pruner, objective }: Rules): 'complete' | 'seen' | 'none' {
  return isImmediate(pruner) ? createPruner(pruner, objective.direction).counts : 'none';
}

/** Why the trial is stopped; undefined if it continues. */
export function decide({ pruner, objective }: Rules, view: PrunerView): Verdict | undefined {
  if (!isImmediate(pruner)) return undefined;
  const verdict = createPruner(pruner, objective.direction).decide(view);
  return verdict.goesOn ? undefined : verdictOf(verdict);
}

/** Why the trial is stopped on its own findings, whatever other trials did; undefined if it continues. */
export function decideAlone(
  { pruner }: Pick<Specification, 'pruner'>,
  { epochs, value, lasting }: Pick<PausedReport, 'epochs' | 'value' | 'lasting'>,
): Verdict | undefined {
  if (pruner.type !== 'diagnosis' || lasting === undefined) return undefined;
  const { code, text } = lasting;
  return {
    rule: 'diagnosis',
    epochs,
    value,
    threshold: null,
    rank: null,
    of: null,
    rung: null,
    finding: code,
    text: `stopped after ${plural(epochs, 'epoch')}: ${code}, found ${plural(pruner.patience, 'epoch')} before, persists. ${text}`,
  };
}

/** A trial of a bracket that has reached a rung. */
export interface RungEntry {
  readonly number: number;
  readonly rung: number;
  readonly value: number | null;
  /** Whether it is waiting. A trial whose folds all stopped early is ranked too, but does not continue. */
  readonly waits: boolean;
}

/** Which of the trials waiting at `rung` are promoted, and why the others stop. Call it once every trial of the bracket has reached the rung or ended. */
export function decideRung(
  { pruner, objective }: Rules,
  { rungs }: Bracket,
  rung: number,
  entries: readonly RungEntry[],
): { promoted: { number: number; rank: number }[]; stopped: { number: number; verdict: Verdict }[] } {
  const reached = entries.filter((entry) => entry.rung === rung);
  const waiting = new Set(reached.filter(({ waits }) => waits).map(({ number }) => number));
  const at = { rule: pruner.type, rung, epochs: rungs[rung]!.epochs };
  const { promoted, stopped } = promote(reached, rungs[rung + 1]?.trials ?? 0, objective.direction, at);
  return {
    promoted: promoted.map((number, i) => ({ number, rank: i + 1 })).filter(({ number }) => waiting.has(number)),
    stopped: stopped
      .filter(({ number }) => waiting.has(number))
      .map(({ number, verdict }) => ({ number, verdict: verdictOf(verdict) })),
  };
}
