/** What a search may use up. */
import { z } from 'zod';
import { compare, type Direction } from '../objective.ts';

export const LARGEST_BUDGET = 1_000_000_000;

export const budgetSchema = z.strictObject({
  trials: z
    .int()
    .min(1)
    .max(LARGEST_BUDGET)
    .optional()
    .describe(
      'A total, of what is enqueued too. 50 (in whole rounds of brackets), the whole grid or all stages, unless given',
    ),
  seconds: z.number().positive().max(31_536_000).optional().describe('Since it was created; ends it as it stands'),
  epochs: z
    .int()
    .min(1)
    .max(1e12)
    .optional()
    .describe('Trained by all trials together, exceeded by less than those of one trial'),
  failures: z.int().min(1).max(1e6).optional().describe('Failed trials, at which the search fails'),
  target: z.number().optional().describe('A value of the objective: reached, the search is complete'),
});

const { trials, seconds, epochs, failures, target } = budgetSchema.shape;
const removable = <T extends z.ZodType>(limit: T) => limit.nullable().optional().describe('null takes the limit away');

/** What a budget becomes: what is not named stays. */
export const budgetChangeSchema = z
  .strictObject({
    trials: trials.describe('A total, at least those that are decided already'),
    seconds: removable(seconds.unwrap()),
    epochs: removable(epochs.unwrap()),
    failures: removable(failures.unwrap()),
    target: removable(target.unwrap()),
  })
  .refine((change) => Object.values(change).some((value) => value !== undefined), { error: 'must name what changes' });
export type BudgetChange = z.output<typeof budgetChangeSchema>;

/** Of a specification whose defaults are filled in. */
export const resolvedBudgetSchema = budgetSchema.extend({ trials: z.int() }).readonly();
export type Budget = z.output<typeof resolvedBudgetSchema>;

/** The limits other than that of trials, by which a search may end. */
export const limits = ['seconds', 'epochs', 'failures', 'target'] as const;
export type Limit = (typeof limits)[number];

export function reachesTarget({ target }: Pick<Budget, 'target'>, value: number | null, direction: Direction): boolean {
  if (target === undefined || value === null) return false;
  return compare(value, target, direction) >= 0;
}

/** What of a search its budget is held against. */
export interface Progress {
  /** Since it was created. */
  readonly seconds: number;
  readonly epochs: number;
  readonly failed: number;
  readonly best: number | null;
  readonly direction: Direction;
}

/** A limit that is reached: what it is, and in words what it was held against. */
export interface Reached {
  readonly limit: Limit;
  readonly most: number;
  readonly text: string;
}

/** The first limit that is reached, if any. */
export function reached(budget: Budget, now: Progress): Reached | undefined {
  const { seconds, epochs, failures, target } = budget;
  if (reachesTarget(budget, now.best, now.direction))
    return { limit: 'target', most: target!, text: `the best value is ${now.best}` };
  if (failures !== undefined && now.failed >= failures)
    return { limit: 'failures', most: failures, text: `${now.failed} trials have failed` };
  if (epochs !== undefined && now.epochs >= epochs)
    return { limit: 'epochs', most: epochs, text: `${now.epochs} epochs were trained` };
  if (seconds !== undefined && now.seconds >= seconds)
    return { limit: 'seconds', most: seconds, text: `${Math.floor(now.seconds)} s have passed since it was created` };
  return undefined;
}

/** The limits that a budget sets. */
export function limitsOf(budget: Budget): Partial<Record<Limit, number>> {
  return Object.fromEntries(limits.flatMap((limit) => (budget[limit] === undefined ? [] : [[limit, budget[limit]]])));
}

/** The budget with what is asked for; `null` takes a limit away. */
export function withChanges(budget: Budget, { trials: _, ...asked }: BudgetChange): Budget {
  const entries = Object.entries({ ...budget, ...asked }).filter(([, value]) => value !== null && value !== undefined);
  return Object.fromEntries(entries) as unknown as Budget;
}
