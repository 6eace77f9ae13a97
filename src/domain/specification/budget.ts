/** The budget of a search. */

import { z } from 'zod';
import { compare, type Direction } from '../../algorithms/objective.ts';
import { plural } from '../../format.ts';

export const MAX_BUDGET = 1_000_000_000;

export const budgetSchema = z.strictObject({
  trials: z
    .int()
    .min(1)
    .max(MAX_BUDGET)
    .optional()
    .describe(
      'In total, including enqueued ones. Default: all stages, the whole grid, or 50 rounded up to whole cycles of brackets',
    ),
  seconds: z.number().positive().max(31_536_000).optional().describe('Since its creation; then the search ends'),
  epochs: z
    .int()
    .min(1)
    .max(1e12)
    .optional()
    .describe('Trained by all trials together; exceeded by less than the epochs of one trial'),
  failures: z.int().min(1).max(1e6).optional().describe('The search fails at this number of failed trials'),
  target: z.number().optional().describe('The search is complete once the objective reaches this value'),
});

const { trials, seconds, epochs, failures, target } = budgetSchema.shape;
const removable = <T extends z.ZodType>(limit: T) => limit.nullable().optional().describe('null removes the limit');

/** A change of a budget: fields that are left out stay as they are. */
export const budgetChangeSchema = z
  .strictObject({
    trials: trials.describe('In total; at least those already planned'),
    seconds: removable(seconds.unwrap()),
    epochs: removable(epochs.unwrap()),
    failures: removable(failures.unwrap()),
    target: removable(target.unwrap()),
  })
  .refine((change) => Object.values(change).some((value) => value !== undefined), {
    error: 'must change at least one field',
  })
  .meta({ minProperties: 1 });
export type BudgetChange = z.output<typeof budgetChangeSchema>;

/** The budget of a specification with defaults filled in. */
export const resolvedBudgetSchema = budgetSchema.extend({ trials: z.int() }).readonly();
export type Budget = z.output<typeof resolvedBudgetSchema>;

/** The limits, other than `trials`, that can end a search. */
export const limits = ['seconds', 'epochs', 'failures', 'target'] as const;
export type Limit = (typeof limits)[number];

export function reachesTarget({ target }: Pick<Budget, 'target'>, value: number | null, direction: Direction): boolean {
  if (target === undefined || value === null) return false;
  return compare(value, target, direction) >= 0;
}

/** The progress of a search, to compare with its budget. */
export interface Progress {
  /** Since creation. */
  readonly seconds: number;
  readonly epochs: number;
  readonly failed: number;
  readonly best: number | null;
  readonly direction: Direction;
}

/** A limit that is reached. */
export interface Reached {
  readonly limit: Limit;
  readonly most: number;
  /** The progress that reached it, as a sentence. */
  readonly text: string;
}

/** The first limit that is reached, if any. */
export function reached(budget: Budget, now: Progress): Reached | undefined {
  const { seconds, epochs, failures, target } = budget;
  if (reachesTarget(budget, now.best, now.direction))
    return { limit: 'target', most: target!, text: `the best value is ${now.best}` };
  if (failures !== undefined && now.failed >= failures)
    return { limit: 'failures', most: failures, text: `${plural(now.failed, 'failed trial')} so far` };
  if (epochs !== undefined && now.epochs >= epochs)
    return { limit: 'epochs', most: epochs, text: `${plural(now.epochs, 'epoch')} trained so far` };
  if (seconds !== undefined && now.seconds >= seconds)
    return { limit: 'seconds', most: seconds, text: `${Math.floor(now.seconds)} s have passed since it was created` };
  return undefined;
}

/** The limits that a budget sets. */
export function limitsOf(budget: Budget): Partial<Record<Limit, number>> {
  return Object.fromEntries(limits.flatMap((limit) => (budget[limit] === undefined ? [] : [[limit, budget[limit]]])));
}

/** The budget with the changes applied; `null` removes a limit. */
export function withChanges(budget: Budget, { trials: _, ...changes }: BudgetChange): Budget {
  const entries = Object.entries({ ...budget, ...changes }).filter(
    ([, value]) => value !== null && value !== undefined,
  );
  return Object.fromEntries(entries) as unknown as Budget;
}
