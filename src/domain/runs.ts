/** Runs of a confirmation (confirmation.ts) as trials: their numbers, and where their random numbers come from. */
import { z } from 'zod';
import { count } from './fields.ts';
import { MAX_BUDGET } from './specification/budget.ts';

/** The number of the first run; trials have numbers below. */
export const FIRST_RUN = MAX_BUDGET;

export const confirmsSchema = z
  .object({ trial: count.describe('The finalist'), repeat: count.describe('The repetition, from 0') })
  .describe('Only for a run of the confirmation: what it repeats');
/** What a run repeats. */
export type Confirms = z.infer<typeof confirmsSchema>;

/** A trial, or a run if it confirms one. */
export interface TrialOrRun {
  readonly number: number;
  readonly confirms?: Confirms | undefined;
}

/** The trial that decides its stage and its hyperparameters: itself, or the one it confirms. */
export function originalOf({ number, confirms }: TrialOrRun): number {
  return confirms?.trial ?? number;
}

/** The address of its random numbers: runs of a repetition share theirs, and no trial has it. */
export function addressOf({ number, confirms }: TrialOrRun): number {
  return confirms === undefined ? number : FIRST_RUN + confirms.repeat;
}

/** Trial and repetition, for what is sent about a run; nothing for a trial. */
export function markOf({ confirms }: Pick<TrialOrRun, 'confirms'>): { readonly confirms?: Confirms } {
  return confirms === undefined ? {} : { confirms };
}
