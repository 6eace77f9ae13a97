/** Predictions of a model for raw rows: objects, or CSV text. */
import { parseCsv } from '../data/csv.ts';
import { csvLimits, datasetLimits, namedRecords } from '../data/csv-table.ts';
import { IssueList } from '../data/faults.ts';
import type { Model, ModelReading } from './model.ts';
import type { MemberOutputs, Predictions, RawRow } from './predictions.ts';
import { createPredictor } from './predictor.ts';
import { predictLimits } from './read-cells.ts';
import { predictRows, unknownColumn } from './rows.ts';

export interface Predictor {
  /** At most `predictLimits.rows` rows. Throws a RangeError for more, and a TypeError for rows that are no objects. */
  rows(rows: readonly RawRow[]): Predictions;
  /**
   * CSV text with the names of the columns in its first record (unless the data set had none). Texts are read as the data set's file was;
   * `reading` overrides its dialect. Throws `InvalidDataset` with all issues if it is not a table with the model's columns.
   */
  csv(text: string, reading?: Partial<ModelReading>): Predictions;
}

/**
 * `outputs` computes the member networks, by default in plain JavaScript (evaluate.ts); the kernels of the model's family are faster and have
 * the same bits (compute/model-outputs.ts).
 */
export function createModelPredictor(model: Model, outputs?: MemberOutputs): Predictor {
  const predict = createPredictor(model, outputs);
  return {
    rows: (rows) => predictRows(model, predict, rows),
    csv: (text, reading = {}) => {
      const table = tableOf(model, text, { ...model.reading, ...reading });
      const { lines, records, indexes } = table;
      const result = predict({
        rows: records.length,
        cell: (row, column) => records[row]![indexes[column]!],
        path: (row, column) => `line ${lines[row]!}${column === undefined ? '' : `, column ${column}`}`,
      });
      return { ...result, warnings: [...result.warnings, ...table.warnings] };
    },
  };
}

interface PredictedTable {
  readonly lines: readonly number[];
  readonly records: readonly (readonly string[])[];
  /** For every column of the model its index in the records. */
  readonly indexes: readonly number[];
  readonly warnings: Predictions['warnings'];
}

function tableOf(model: Model, text: string, reading: ModelReading): PredictedTable {
  const issues = new IssueList(datasetLimits.issues);
  const bytes = Buffer.byteLength(text);
  if (bytes > datasetLimits.bytes) issues.add('', `has ${bytes} bytes; the limit is ${datasetLimits.bytes}`);
  issues.throwIfAny();
  const limits = { ...csvLimits, records: predictLimits.rows + reading.skip + 1 };
  const all = parseCsv(text, { ...reading, lenient: reading.rules > 1 }, limits, issues).slice(reading.skip);
  if (all.length === 0) issues.add('', 'is empty; a header and rows are needed');
  issues.throwIfAny();
  const { names, records } = namedRecords(all, reading);
  if (records.length > predictLimits.rows)
    issues.add('', `has more than ${predictLimits.rows} rows, which is the limit`);
  for (const { line, fields } of records) {
    if (fields.length !== names.length) {
      issues.add(
        `line ${line}`,
        `has ${fields.length} fields separated by ${reading.delimiter}, the header ${names.length}`,
      );
    }
  }
  const first = `line ${all[0]!.line}`;
  const indexes = model.columns.map(({ name }) => {
    const index = names.indexOf(name);
    if (index < 0) issues.add(first, `there is no column ${name}, which the model needs`);
    return index;
  });
  issues.throwIfAny();
  const known = new Set([...model.columns.map(({ name }) => name), model.target]);
  return {
    lines: records.map(({ line }) => line),
    records: records.map(({ fields }) => fields),
    indexes,
    warnings: names
      .filter((name) => !known.has(name))
      .map((column) => unknownColumn(column, { rows: records.length, firstRow: 0 })),
  };
}
