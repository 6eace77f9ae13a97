/** Predicts from cells: reading them, and the numbers of the networks. Also the code of `predict.mjs`. */
import { portableOutputs } from './evaluate.ts';
import type { Model } from './model.ts';
import { emptyNumbers, predictInputs, widthOf } from './numbers.ts';
import type { PredictionTable } from './prediction-table.ts';
import type { MemberOutputs } from './predictions.ts';
import { type Cells, cellReader, checkRows, createProblems } from './read-cells.ts';

export type Predict = (cells: Cells) => PredictionTable;

/** Rows computed at once, so that memory does not grow with the number of rows. The bits of a row do not depend on it. */
export const ROWS_AT_ONCE = 1024;

const NOT_FINITE = 'the output of the network is not a finite number for these values';

/** `outputs` are those of the model's members, by default computed in plain JavaScript; faster ones must have the same bits. */
export function createPredictor(model: Model, outputs: MemberOutputs = portableOutputs(model)): Predict {
  const readerOf = cellReader(model);
  return (cells) => {
    const { rows } = cells;
    checkRows(rows);
    const problems = createProblems(rows);
    const reader = readerOf(cells, problems);
    const all = emptyNumbers(model, rows);
    for (let start = 0; start < rows; start += ROWS_AT_ONCE) {
      const count = Math.min(ROWS_AT_ONCE, rows - start);
      const some = predictInputs(model, outputs, reader.read(start, count), count);
      all.numbers.set(some.numbers, start * widthOf(model));
      all.chosen.set(some.chosen, start);
      if (some.spreads !== undefined) all.spreads?.set(some.spreads, start);
      for (let row = start; row < start + count; row++) {
        if (all.chosen[row]! < 0 && !problems.has(row)) problems.add(row, cells.path(row, undefined), NOT_FINITE);
      }
    }
    const { hasError, count } = problems;
    return { rows, ...all, hasError, errors: problems.first(), failed: count, warnings: reader.warnings() };
  };
}
