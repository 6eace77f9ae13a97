/** The confirmation of a search: its best trials are trained again on splits and seeds that no trial has met. */
import { z } from 'zod';
import { designs, roundsOf, runsOf } from '../../algorithms/confirmation/rounds.ts';
import type { ValidationIssue } from '../../errors.ts';
import type { Budget } from './budget.ts';
import type { Settings } from './settings.ts';
import type { StageSettings } from './stage-settings.ts';

export const confirmSchema = z.strictObject({
  trials: z.int().min(2).max(50).default(10).describe('How many of the best trials are trained again: the finalists'),
  repeats: z
    .int()
    .min(2)
    .max(20)
    .default(5)
    .describe('Repetitions per finalist on average; there are at most `trials` × `repeats` runs'),
  design: z
    .enum(designs)
    .default('successiveRejects')
    .describe('Whether all finalists have all repetitions, or the worst drop out and the others have more'),
});

export const resolvedConfirmSchema = z
  .object({ trials: z.int(), repeats: z.int(), design: z.enum(designs) })
  .readonly()
  .describe('Absent if nothing is confirmed');
export type ConfirmSettings = z.output<typeof resolvedConfirmSchema>;

/** The parts of a specification that a confirmation depends on. */
interface Confirmable {
  readonly hyperparameters: Settings;
  readonly stages: readonly Pick<StageSettings, 'trials' | 'epochs'>[];
  readonly budget: Budget;
  readonly confirm?: ConfirmSettings | undefined;
}

/** The most epochs that a confirmation can take; 0 without one. */
export function confirmationEpochs({ hyperparameters, stages, confirm }: Omit<Confirmable, 'budget'>): number {
  if (confirm === undefined) return 0;
  return runsOf(roundsOf(confirm.design, confirm.trials, confirm.repeats)) * mostEpochs({ hyperparameters, stages });
}

/** Of a trial of the last stage, which the finalists are from. */
function mostEpochs({ hyperparameters, stages }: Pick<Confirmable, 'hyperparameters' | 'stages'>): number {
  const epochs = stages.at(-1)?.epochs ?? hyperparameters['epochs'];
  if (typeof epochs !== 'object') return Number(epochs);
  return epochs.distribution === 'categorical' ? Math.max(...epochs.choices.map(Number)) : epochs.high;
}

/** The budget of the trials: its epochs without those that are kept for the confirmation. */
export function trialBudget(specification: Confirmable): Budget {
  const { budget } = specification;
  if (budget.epochs === undefined || specification.confirm === undefined) return budget;
  return { ...budget, epochs: Math.max(0, budget.epochs - confirmationEpochs(specification)) };
}

/** Refuses confirmations that cannot have their finalists, or for which the budget leaves no epochs. */
export function confirmIssues(specification: Confirmable): ValidationIssue[] {
  const { confirm, stages, budget } = specification;
  if (confirm === undefined) return [];
  const issues: ValidationIssue[] = [];
  const last = stages.at(-1);
  const trials = last?.trials ?? budget.trials;
  if (confirm.trials > trials) {
    const of = last === undefined ? 'the search' : 'the last stage';
    issues.push({
      path: 'confirm.trials',
      message: `must be at most the ${trials} trials of ${of}, got ${confirm.trials}`,
    });
  }
  const kept = confirmationEpochs(specification);
  if (budget.epochs !== undefined && budget.epochs <= kept) {
    const message = `must be above the ${kept} epochs that the confirmation can take, got ${budget.epochs}`;
    issues.push({ path: 'budget.epochs', message });
  }
  return issues;
}
