/**
 * The confirmation of a search, its last part: the best trials (the finalists) are trained again, in repetitions on splits and seeds that no
 * trial has met. A *run* is one finalist in one repetition. Runs are stored as trials, so that they are claimed, retried and replayed like
 * trials; their numbers start at `FIRST_RUN`, above those of all trials, and they teach nothing to samplers, pruners and analyses.
 *
 * The random numbers of a run depend on the search's seed and the number of its repetition: all finalists of a repetition have the same rows and
 * the same initialization, and a run that was computed for an earlier confirmation of the search is used again.
 */
import { z } from 'zod';
import { estimatesOf } from '../algorithms/confirmation/estimate.ts';
import { type Round, roundsOf } from '../algorithms/confirmation/rounds.ts';
import { type Direction, signOf } from '../algorithms/objective.ts';
import { formatConfirmation } from '../format.ts';
import { count } from './fields.ts';
import type { Confirms } from './runs.ts';
import { limits } from './specification/budget.ts';
import type { ConfirmSettings } from './specification/confirm-settings.ts';
import type { TrialState } from './trial.ts';

export const confirmedSchema = z
  .object({
    value: z.number().describe('Estimate from the runs, corrected for the choice of the best'),
    standardError: z.number().describe('Of the value, in its units'),
    probability: z.number().describe('Probability that it is the best of the finalists'),
    mean: z.number().describe('Mean of the runs'),
    runs: count.describe('Number of runs'),
  })
  .meta({ id: 'Confirmed' });
export type Confirmed = z.infer<typeof confirmedSchema>;

export const finalistSchema = z.object({
  number: count.describe('The trial'),
  value: z.number().describe('As searched'),
  runs: count.describe('Runs with a value in the rounds that have ended'),
  mean: z.number().nullable().describe('Mean of these runs'),
  rejected: z
    .object({
      round: z.int().min(1),
      why: z.enum(['worse', 'diverged', 'failed']).describe('Than others of the round, or what happened to a run'),
    })
    .nullable()
    .describe('The round after which it dropped out'),
  confirmed: confirmedSchema.nullable().describe('Once the confirmation is complete; null if a run diverged or failed'),
});
export type Finalist = z.infer<typeof finalistSchema>;

const bestSchema = z.object({ number: count, value: z.number(), stage: count });

export const confirmationSchema = z
  .object({
    state: z
      .enum(['running', 'complete', 'failed', 'cancelled'])
      .describe('failed: every finalist diverged or failed; cancelled: with the search, or by its budget of seconds'),
    round: z.int().min(1).describe('The current round, or the last one'),
    rounds: z
      .array(z.object({ finalists: count, repeats: count.describe('Per finalist, those of earlier rounds included') }))
      .readonly(),
    runs: z.object({ planned: count, ended: count }).describe('Of the rounds up to the current one'),
    finalists: z.array(finalistSchema).readonly().describe('By value as searched, the best first'),
    searched: bestSchema.describe('The best trial by value as searched'),
    best: count.nullable().describe('The confirmed best trial, once the confirmation is complete'),
    by: z.enum(limits).nullable().describe('The limit that ended the trials'),
  })
  .meta({ id: 'Confirmation' });
export type Confirmation = z.infer<typeof confirmationSchema>;

/** Whether the trials have ended and runs are open. */
export function isConfirming({ confirmation }: { readonly confirmation?: Confirmation | undefined }): boolean {
  return confirmation?.state === 'running';
}

/** Whether a search was to be confirmed and a limit or its cancellation came before. */
export function lacksConfirmation({ specification, best, confirmation }: Confirmable): boolean {
  const isDue = specification.confirm !== undefined && best !== null;
  return isDue && (confirmation === undefined || confirmation.state === 'cancelled');
}

interface Confirmable {
  readonly specification: { readonly confirm?: ConfirmSettings | undefined };
  readonly best: object | null;
  readonly confirmation?: Confirmation | undefined;
}

/** What the best trial of a complete confirmation came to. */
export function confirmedBest(confirmation: Confirmation | undefined): Confirmed | undefined {
  return confirmation?.finalists.find(({ number }) => number === confirmation.best)?.confirmed ?? undefined;
}

/** What the confirmed best trial looked like, and what it is; undefined unless the confirmation is complete. */
export function confirmationText(confirmation: Confirmation | undefined): string | undefined {
  return confirmation && formatConfirmation(confirmation);
}

/** A confirmation before its first round. `finalists`: best first, at least one. */
export function newConfirmation(
  { design, repeats }: ConfirmSettings,
  finalists: readonly { readonly number: number; readonly value: number }[],
  stage: number,
  by: Confirmation['by'],
): Confirmation {
  const [first] = finalists;
  return {
    state: 'running',
    round: 1,
    rounds: roundsOf(design, finalists.length, repeats),
    runs: { planned: 0, ended: 0 },
    finalists: finalists.map(({ number, value }) => ({
      number,
      value,
      runs: 0,
      mean: null,
      rejected: null,
      confirmed: null,
    })),
    searched: { number: first!.number, value: first!.value, stage },
    best: null,
    by,
  };
}

/** The runs that the current round needs, those of earlier rounds included. */
export function runsNeeded({ round, rounds, finalists }: Confirmation): Confirms[] {
  const { repeats } = rounds[round - 1]!;
  const left = finalists.filter(({ rejected }) => rejected === null);
  return Array.from({ length: repeats }, (_, repeat) => left.map(({ number }) => ({ trial: number, repeat }))).flat();
}

/** A run as far as the confirmation is concerned. */
export interface Run {
  readonly confirms?: Confirms | undefined;
  readonly state: TrialState;
  readonly value: number | null;
}

/** The confirmation after a round whose runs have all ended: the worst finalists are rejected, and the next round begins or the best is known. */
export function afterRound(
  confirmation: Confirmation,
  runs: readonly Run[],
  direction: Direction,
  overlap: number,
): Confirmation {
  const { round, rounds } = confirmation;
  const next = rounds[round];
  const estimated = withMeans(confirmation, runs);
  const ranked = estimated
    .filter(({ rejected }) => rejected === null)
    // A stable sort: equal finalists stay in the order of their values as searched.
    .toSorted((a, b) => signOf(direction) * (b.mean! - a.mean!));
  if (ranked.length === 0) return { ...confirmation, finalists: estimated, state: 'failed' };
  if (next === undefined)
    return completed({ ...confirmation, finalists: estimated }, ranked[0]!, runs, direction, overlap);
  const kept = new Set(ranked.slice(0, next.finalists).map(({ number }) => number));
  const finalists = estimated.map((finalist): Finalist => {
    const stays = finalist.rejected !== null || kept.has(finalist.number);
    return stays ? finalist : { ...finalist, rejected: { round, why: 'worse' } };
  });
  return { ...confirmation, finalists, round: round + 1 };
}

/** The finalists with the means of what they have run; those with a run without a value are rejected. */
function withMeans({ round, rounds, finalists }: Confirmation, runs: readonly Run[]): Finalist[] {
  return finalists.map((finalist) => {
    if (finalist.rejected !== null) return finalist;
    const own = valuesOf(finalist, runs, rounds[round - 1]!);
    const values = own.filter((value) => typeof value === 'number');
    const mean = values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
    const why = own.includes('failed') ? 'failed' : own.includes(null) ? 'diverged' : undefined;
    return { ...finalist, runs: values.length, mean, rejected: why === undefined ? null : { round, why } };
  });
}

/** By repetition; null where it diverged. */
function valuesOf({ number }: Finalist, runs: readonly Run[], { repeats }: Round): (number | null | 'failed')[] {
  const own = new Map(runs.filter((run) => run.confirms?.trial === number).map((run) => [run.confirms!.repeat, run]));
  return Array.from({ length: repeats }, (_, repeat) => {
    const run = own.get(repeat);
    return run?.state === 'complete' ? run.value : 'failed';
  });
}

function completed(
  confirmation: Confirmation,
  best: Finalist,
  runs: readonly Run[],
  direction: Direction,
  overlap: number,
): Confirmation {
  const { rounds } = confirmation;
  const comparable = confirmation.finalists.filter(({ rejected }) => rejected === null || rejected.why === 'worse');
  const values = comparable.map((finalist) => {
    const round = rounds[(finalist.rejected?.round ?? rounds.length) - 1]!;
    return valuesOf(finalist, runs, round).filter((value) => typeof value === 'number');
  });
  const estimates = estimatesOf(values, direction, overlap);
  const finalists = confirmation.finalists.map((finalist) => {
    const estimate = estimates[comparable.indexOf(finalist)];
    return { ...finalist, confirmed: estimate === undefined ? null : { ...estimate, runs: finalist.runs } };
  });
  return { ...confirmation, finalists, state: 'complete', best: best.number };
}
