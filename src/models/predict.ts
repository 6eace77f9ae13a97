/** Predictions of a model for raw rows: objects, or CSV text. */
import { parseCsv } from '../data/csv.ts';
import { csvLimits, datasetLimits, namedRecords } from '../data/csv-table.ts';
import { IssueList } from '../data/faults.ts';
import type { Model, ModelReading } from './model.ts';
import { plainTable, tooManyRows } from './plain-table.ts';
import { asPredictions, type PredictionTable } from './prediction-table.ts';
import type { ColumnWarning, MemberOutputs, Predictions, RawRow } from './predictions.ts';
import { createPredictor } from './predictor.ts';
import { type Cells, predictLimits } from './read-cells.ts';
import { predictRows, unknownColumn } from './rows.ts';

export interface Predictor<Answer = Predictions> {
  /** At most `predictLimits.rows` rows. Throws a RangeError for more, and a TypeError for rows that are no objects. */
  rows(rows: readonly RawRow[]): Answer;
  /**
   * CSV text with the names of the columns in its first record (unless the data set had none). Texts are read as the data set's file was;
   * `reading` overrides its dialect. Throws `InvalidDataset` with all issues if it is not a table with the model's columns.
   */
  csv(text: string, reading?: Partial<ModelReading>): Answer;
}

/**
 * `outputs` computes the member networks, by default in plain JavaScript (evaluate.ts); the kernels of the model's family are faster and have
 * the same bits (compute/model-outputs.ts).
 */
export function createModelPredictor(model: Model, outputs?: MemberOutputs): Predictor {
  const tables = createTablePredictor(model, outputs);
  return {
    rows: (rows) => asPredictions(model, tables.rows(rows)),
    csv: (text, reading) => asPredictions(model, tables.csv(text, reading)),
  };
}

/** As `createModelPredictor`, without an object for every row. */
export function createTablePredictor(model: Model, outputs?: MemberOutputs): Predictor<PredictionTable> {
  const predict = createPredictor(model, outputs);
  return {
    rows: (rows) => predictRows(model, predict, rows),
    csv: (text, reading = {}) => {
      const { lineOf, warnings, ...table } = tableOf(model, text, { ...model.reading, ...reading });
      const path = (row: number, column: string | undefined) =>
        `line ${lineOf(row)}${column === undefined ? '' : `, column ${column}`}`;
      const result = predict({ ...table, path });
      return { ...result, warnings: [...result.warnings, ...warnings] };
    },
  };
}

interface CsvCells extends Omit<Cells, 'path'> {
  lineOf(row: number): number;
  readonly warnings: readonly ColumnWarning[];
}

function tableOf(model: Model, text: string, reading: ModelReading): CsvCells {
  const issues = new IssueList(datasetLimits.issues);
  const bytes = Buffer.byteLength(text);
  if (bytes > datasetLimits.bytes) issues.add('', `has ${bytes} bytes; the limit is ${datasetLimits.bytes}`);
  issues.throwIfAny();
  const plain = plainTable(text, reading, predictLimits.rows);
  const indexes = plain && model.columns.map(({ name }) => plain.names.indexOf(name));
  if (plain !== undefined && indexes?.every((index) => index >= 0)) {
    const { rows, names, lineOf, field, numberOrField } = plain;
    const readsNumbers = reading.decimal === 'point' && reading.thousands === 'none';
    const isNumber = model.columns.map(({ type }) => type === 'number' && readsNumbers);
    const cell = (row: number, column: number) =>
      isNumber[column] ? numberOrField(row, indexes[column]!) : field(row, indexes[column]!);
    return { rows, lineOf, cell, warnings: unknownColumns(model, names, rows) };
  }
  return generalTable(model, text, reading, issues);
}

/** Any dialect, with all issues. */
function generalTable(model: Model, text: string, reading: ModelReading, issues: IssueList): CsvCells {
  const limits = { ...csvLimits, records: predictLimits.rows + reading.skip + 1 };
  const all = parseCsv(text, { ...reading, lenient: reading.rules > 1 }, limits, issues).slice(reading.skip);
  if (all.length === 0) issues.add('', 'is empty; a header and rows are needed');
  issues.throwIfAny();
  const { names, records } = namedRecords(all, reading);
  if (records.length > predictLimits.rows) throw tooManyRows(predictLimits.rows);
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
  return {
    rows: records.length,
    lineOf: (row) => records[row]!.line,
    cell: (row, column) => records[row]!.fields[indexes[column]!],
    warnings: unknownColumns(model, names, records.length),
  };
}

function unknownColumns({ columns, target }: Model, names: readonly string[], rows: number): ColumnWarning[] {
  const known = new Set([...columns.map(({ name }) => name), target]);
  return names.filter((name) => !known.has(name)).map((column) => unknownColumn(column, { rows, firstRow: 0 }));
}
