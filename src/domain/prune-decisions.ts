/** Who goes on: what the pruner of a search says of trials that were put aside. */

import { promote } from '../algorithms/pruners/brackets.ts';
import { createPruner } from '../algorithms/pruners/create-pruner.ts';
import type { PrunerView, Stop } from '../algorithms/pruners/pruner.ts';
import type { Bracket } from './brackets.ts';
import type { PausedReport } from './commands.ts';
import { isImmediate } from './specification/pruners.ts';
import type { Specification } from './specification/specification.ts';
import type { Verdict } from './trial.ts';

function verdictOf({ goesOn: _, ...verdict }: Stop): Verdict {
  return verdict;
}

type Rules = Pick<Specification, 'pruner' | 'objective'>;

/** Whose values a trial is compared with at once: none, where its pruner has barriers or there is none. */
export function comparedWith({ pruner, objective }: Rules): 'complete' | 'seen' | 'none' {
  return isImmediate(pruner) ? createPruner(pruner, objective.direction).counts : 'none';
}

/** Why the trial is stopped; undefined where it goes on. */
export function judge({ pruner, objective }: Rules, view: PrunerView): Verdict | undefined {
  if (!isImmediate(pruner)) return undefined;
  const verdict = createPruner(pruner, objective.direction).judge(view);
  return verdict.goesOn ? undefined : verdictOf(verdict);
}

/** Why the trial is stopped by itself, whatever others did; undefined where it goes on. */
export function judgeAlone(
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
    text: `stopped after ${epochs} epochs: ${code}, found ${pruner.patience} epochs before, has not healed. ${text}`,
  };
}

/** A trial of a bracket that has come to a rung. */
export interface Contender {
  readonly number: number;
  readonly rung: number;
  readonly value: number | null;
  /** Whether it waits; one whose folds all stopped early has its place among the best, and no need to go on. */
  readonly waits: boolean;
}

/** Of those that wait at `rung`, once all of the bracket have come to it or ended: who goes on, and why the others do not. */
export function judgeRung(
  { pruner, objective }: Rules,
  { rungs }: Bracket,
  rung: number,
  contenders: readonly Contender[],
): { promoted: { number: number; rank: number }[]; stopped: { number: number; verdict: Verdict }[] } {
  const there = contenders.filter((contender) => contender.rung === rung);
  const waiting = new Set(there.filter(({ waits }) => waits).map(({ number }) => number));
  const at = { rule: pruner.type, rung, epochs: rungs[rung]!.epochs };
  const { promoted, stopped } = promote(there, rungs[rung + 1]?.trials ?? 0, objective.direction, at);
  return {
    promoted: promoted.map((number, i) => ({ number, rank: i + 1 })).filter(({ number }) => waiting.has(number)),
    stopped: stopped
      .filter(({ number }) => waiting.has(number))
      .map(({ number, verdict }) => ({ number, verdict: verdictOf(verdict) })),
  };
}
