import type { Direction } from '../../algorithms/objective.ts';

/** The metrics of each task with their usual direction; the first one is the default. */
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
