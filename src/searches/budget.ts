/** What a search may use up. */
import { z } from 'zod';

export const LARGEST_BUDGET = 1_000_000_000;

export const budgetSchema = z.strictObject({
  trials: z
    .int()
    .min(1)
    .max(LARGEST_BUDGET)
    .optional()
    .describe('A total, of what is enqueued too. 50, the whole grid, all stages or a round of brackets, unless given'),
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

export interface Budget {
  readonly trials: number;
  readonly seconds?: number | undefined;
  readonly epochs?: number | undefined;
  readonly failures?: number | undefined;
  readonly target?: number | undefined;
}

/** The limits other than that of trials, by which a search may end. */
export const limits = ['seconds', 'epochs', 'failures', 'target'] as const;
export type Limit = (typeof limits)[number];

export function reachesTarget(
  { target }: Pick<Budget, 'target'>,
  value: number | null,
  direction: 'maximize' | 'minimize',
): boolean {
  if (target === undefined || value === null) return false;
  return direction === 'maximize' ? value >= target : value <= target;
}

/** The first limit that is reached, if any. */
export function reached(
  budget: Budget,
  now: {
    readonly seconds: number;
    readonly epochs: number;
    readonly failed: number;
    readonly best: number | null;
    readonly direction: 'maximize' | 'minimize';
  },
): Limit | undefined {
  const { seconds, epochs, failures } = budget;
  if (reachesTarget(budget, now.best, now.direction)) return 'target';
  if (failures !== undefined && now.failed >= failures) return 'failures';
  if (epochs !== undefined && now.epochs >= epochs) return 'epochs';
  return seconds !== undefined && now.seconds >= seconds ? 'seconds' : undefined;
}
