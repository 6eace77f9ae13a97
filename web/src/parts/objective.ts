import type { Search } from '../api.ts';

/** The objective as it is shown: trials of another tool may have a name for it that is none of ours. */
export function objectiveOf({ specification: { objective, observed } }: Pick<Search, 'specification'>) {
  return { metric: observed?.metric ?? objective.metric, direction: objective.direction };
}

/** Whether another tool has run its trials: nothing of it was trained, examined or planned here. */
export function isObserved({ specification: { observed } }: Pick<Search, 'specification'>): boolean {
  return observed !== undefined;
}

/** Whether its trials may have curves: files of other tools often have none. */
export function hasEpochs({ specification: { observed }, epochs }: Pick<Search, 'specification' | 'epochs'>): boolean {
  return observed === undefined || epochs > 0;
}

/** Where its trials come from, if another tool has run them: `trials of optuna-journal, study.log`. */
export function originOf({ specification: { observed } }: Pick<Search, 'specification'>): string | undefined {
  if (observed === undefined) return undefined;
  return `trials of ${observed.format}${observed.file === undefined ? '' : `, ${observed.file}`}`;
}

/** Metrics but the loss, as titles. */
export const metricNames = {
  validationAccuracy: 'Accuracy',
  validationMacroF1: 'Macro F1',
  validationRocAuc: 'ROC AUC',
  validationRmse: 'RMSE',
  validationMae: 'MAE',
  validationR2: 'R²',
  observed: 'Objective',
} as const;
