/** The code of `predict.mjs`, bundled by set-up into one file without dependencies (scripts/setup.mjs). */
import type { Model } from './model.ts';
import { asPredictions } from './prediction-table.ts';
import type { Predictions, RawRow } from './predictions.ts';
import { createPredictor } from './predictor.ts';
import { predictRows } from './rows.ts';

export function createStandalone(model: Model): (rows: readonly RawRow[]) => Predictions {
  const predict = createPredictor(model);
  return (rows) => asPredictions(model, predictRows(model, predict, rows));
}
