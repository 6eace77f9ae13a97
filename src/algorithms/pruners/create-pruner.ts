/** Creates a pruner that decides as soon as a trial reports. */
import type { Direction } from '../objective.ts';
import { percentilePruner } from './percentile.ts';
import type { Pruner } from './pruner.ts';
import { successiveHalvingPruner } from './successive-halving.ts';

export type ImmediateSettings =
  | {
      readonly type: 'median';
      readonly startupTrials: number;
      readonly warmupEpochs: number;
      readonly interval: number;
    }
  | {
      readonly type: 'percentile';
      readonly percentile: number;
      readonly startupTrials: number;
      readonly warmupEpochs: number;
      readonly interval: number;
    }
  | { readonly type: 'successiveHalving'; readonly minEpochs: number; readonly reductionFactor: number };

export function createPruner(settings: ImmediateSettings, direction: Direction): Pruner {
  switch (settings.type) {
    case 'median':
      return percentilePruner('median', { ...settings, percentile: 50 }, direction);
    case 'percentile':
      return percentilePruner('percentile', settings, direction);
    case 'successiveHalving':
      return successiveHalvingPruner(settings, direction);
  }
}
