/** Searches whose trials another tool has run: they came from a file, and nothing of them can be trained here. */
import { z } from 'zod';
import { Problem } from '../../errors.ts';

/** Kinds of files with finished trials (docs/interop.md). */
export const trialFormats = [
  'optuna-journal',
  'optuna-sqlite',
  'optuna-csv',
  'wandb-csv',
  'mlflow-csv',
  'scikit-learn-csv',
] as const;
export type TrialFormat = (typeof trialFormats)[number];

export const observedSchema = z
  .object({
    format: z.enum(trialFormats),
    file: z.string().optional().describe('Its name, if it was given'),
    metric: z.string().describe('What the file calls the objective'),
  })
  .readonly()
  .describe('Only of a search whose trials another tool has run');
export type Observed = z.output<typeof observedSchema>;

/**
 * The metric of an objective that is none of ours. Values of it say nothing about a metric here, so it must never pass for one.
 */
export const OBSERVED_METRIC = 'observed';

/** Throws a Problem `wrongState` if the trials were run by another tool. `what` completes “nothing of it can be …”. */
export function refuseObserved({ observed }: { readonly observed?: Observed | undefined }, what: string): void {
  if (observed === undefined) return;
  throw new Problem(
    'wrongState',
    `its trials were run by another tool (${observed.format}), so nothing of it can be ${what} here; a new search can begin with its best trials (warmStart)`,
  );
}
