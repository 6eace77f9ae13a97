/** Predictions of many rows in typed arrays, and how they become objects or JSON. */
import type { Model } from './model.ts';
import { type PredictedNumbers, widthOf } from './numbers.ts';
import type { ColumnWarning, Prediction, Predictions, RowError } from './predictions.ts';

/** `Predictions` without an object for every row. */
export interface PredictionTable extends PredictedNumbers {
  readonly rows: number;
  /** By row: 1 if it has an error, and so no prediction. */
  readonly hasError: Uint8Array;
  readonly errors: readonly RowError[];
  readonly failed: number;
  readonly warnings: readonly ColumnWarning[];
}

type Named = Pick<Model, 'task' | 'classes'>;

export function asPredictions(model: Named, table: PredictionTable): Predictions {
  const { rows, errors, failed, warnings } = table;
  const predictions = Array.from({ length: rows }, (_, row) => predictionAt(model, table, row));
  return { predictions, errors, failed, warnings };
}

function predictionAt(
  { task, classes }: Named,
  { numbers, chosen, spreads, hasError }: PredictionTable,
  row: number,
): Prediction | null {
  if (hasError[row] !== 0) return null;
  const spread = spreads === undefined ? null : spreads[row]!;
  if (task === 'regression') return { value: numbers[row]!, spread };
  const start = row * classes.length;
  const probabilities = Object.fromEntries(classes.map((name, c) => [name, numbers[start + c]!]));
  return { label: classes[chosen[row]!]!, probabilities, spread };
}

/** Rows whose text is joined before it is encoded. */
const ROWS_AT_ONCE = 4096;

/** The JSON of `asPredictions` in UTF-8 (keys of probabilities in the order of the classes), without making its objects: several times as fast. */
export function predictionsJson(model: Named, table: PredictionTable): Uint8Array {
  const encoder = new TextEncoder();
  const { rows, errors, failed, warnings } = table;
  const parts = [encoder.encode('{"predictions":[')];
  const textOf = rowWriter(model, table);
  for (let start = 0; start < rows; start += ROWS_AT_ONCE) {
    let text = '';
    const end = Math.min(start + ROWS_AT_ONCE, rows);
    for (let row = start; row < end; row++) text += `${row === 0 ? '' : ','}${textOf(row)}`;
    parts.push(encoder.encode(text));
  }
  parts.push(encoder.encode(`],${JSON.stringify({ errors, failed, warnings }).slice(1)}`));
  return joined(parts);
}

function rowWriter(model: Named, { numbers, chosen, spreads, hasError }: PredictionTable): (row: number) => string {
  const { task, classes } = model;
  const width = widthOf(model);
  const labels = classes.map((name) => `{"label":${JSON.stringify(name)},"probabilities":{`);
  const keys = classes.map((name, c) => `${c === 0 ? '' : ','}${JSON.stringify(name)}:`);
  const end = task === 'regression' ? ',"spread":' : '},"spread":';
  return (row) => {
    if (hasError[row] !== 0) return 'null';
    let text = task === 'regression' ? `{"value":${numbers[row]!}` : labels[chosen[row]!]!;
    if (task === 'classification') for (let c = 0; c < width; c++) text += keys[c]! + numbers[row * width + c]!;
    return `${text}${end}${spreads === undefined ? 'null' : spreads[row]!}}`;
  };
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
