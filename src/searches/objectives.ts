import type { Direction } from '../objective.ts';

/** What a search may be for: the metrics of each task, with the direction that is usual, the most usual first. */
export const metrics = {
  classification: {
    validationAccuracy: 'maximize',
    validationLoss: 'minimize',
    validationMacroF1: 'maximize',
    validationRocAuc: 'maximize',
  },
  regression: {
    validationRmse: 'minimize',
    validationLoss: 'minimize',
    validationMae: 'minimize',
    validationR2: 'maximize',
  },
} as const satisfies Readonly<Record<string, Readonly<Record<string, Direction>>>>;
export type Task = keyof typeof metrics;
