/** Predicts from cells: reading, preprocessing, the member networks, and their mean. Also the code of `predict.mjs`. */
import { scaledValue, unscaledTarget } from '../data/scaling.ts';
import { exp, sigmoid } from '../exact-math.ts';
import { predictedClass } from '../nn/training/metrics.ts';
import { columnReaders, countInputs } from './cells.ts';
import { portableOutputs } from './evaluate.ts';
import type { Member, Model } from './model.ts';
import type { Cell, ColumnWarning, MemberOutputs, Prediction, Predictions, RowError } from './predictions.ts';

/** Limits of one call. */
export const predictLimits = { rows: 100_000, errors: 20 } as const;

/** Raw rows by position. */
export interface Cells {
  readonly rows: number;
  /** The cell of a row, by the index of the column in `Model.columns`. */
  cell(row: number, column: number): Cell;
  /** The path of a cell in messages; of the row if the column is undefined. */
  path(row: number, column: string | undefined): string;
}

export type Predict = (cells: Cells) => Predictions;

/** `outputs` are those of the model's members, by default computed in plain JavaScript; faster ones must have the same bits. */
export function createPredictor(model: Model, outputs: MemberOutputs = portableOutputs(model)): Predict {
  const read = createReader(model);
  return (cells) => {
    if (cells.rows > predictLimits.rows) {
      throw new RangeError(`must have at most ${predictLimits.rows} rows, got ${cells.rows}`);
    }
    const { x, problems, warnings } = read(cells);
    const inputs = countInputs(model);
    const each = model.members.map((member, m) => outputs(m, scaledRows(x, inputs, member), cells.rows));
    const predictionOf = fromOutputs(model, each);
    const predictions: (Prediction | null)[] = [];
    for (let row = 0; row < cells.rows; row++) {
      const prediction = problems.has(row) ? null : predictionOf(row);
      if (prediction === undefined) {
        problems.add(
          row,
          cells.path(row, undefined),
          'the output of the network is not a finite number for these values',
        );
      }
      predictions.push(prediction ?? null);
    }
    return { predictions, errors: problems.first(), failed: problems.count, warnings };
  };
}

/** The predictions of a model from the outputs of its members, row by row; undefined where they are not finite. */
export function fromOutputs(model: Model, each: readonly Float32Array[]): (row: number) => Prediction | undefined {
  return model.task === 'classification' ? classesOf(model, each) : valuesOf(model, each);
}

/** Collects the errors of rows: all rows, but only the first messages. */
function createProblems() {
  const rows = new Set<number>();
  const errors: RowError[] = [];
  const sorted = () => errors.sort((a, b) => a.row - b.row);
  return {
    has: (row: number) => rows.has(row),
    add(row: number, path: string, message: string): void {
      rows.add(row);
      errors.push({ row, path, message });
      // Columns are read one after the other, so later ones may have errors in earlier rows.
      if (errors.length >= 2 * predictLimits.errors) sorted().length = predictLimits.errors;
    },
    get count() {
      return rows.size;
    },
    first: (): RowError[] => sorted().slice(0, predictLimits.errors),
  };
}

type Problems = ReturnType<typeof createProblems>;

interface ReadRows {
  /** rows × inputs; NaN for missing numbers. */
  readonly x: Float64Array;
  readonly problems: Problems;
  readonly warnings: readonly ColumnWarning[];
}

const warned = {
  outsideRange: 'are outside the range of the training rows',
  unknownCategory: 'have a category that no training row had, and are predicted as none of the known ones',
} as const;

function createReader(model: Model): (cells: Cells) => ReadRows {
  const readers = columnReaders(model);
  const inputs = countInputs(model);
  return (cells) => {
    const x = new Float64Array(cells.rows * inputs);
    const problems = createProblems();
    const warnings: ColumnWarning[] = [];
    readers.forEach(({ name, first, write }, column) => {
      const seen = { outsideRange: { rows: 0, firstRow: -1 }, unknownCategory: { rows: 0, firstRow: -1 } };
      for (let row = 0; row < cells.rows; row++) {
        const outcome = write(cells.cell(row, column), x, row * inputs + first);
        if (outcome === undefined) continue;
        if (typeof outcome === 'object') problems.add(row, cells.path(row, name), outcome.message);
        else if (seen[outcome].rows++ === 0) seen[outcome].firstRow = row;
      }
      for (const code of ['outsideRange', 'unknownCategory'] as const) {
        const { rows, firstRow } = seen[code];
        if (rows === 0) continue;
        const where = `the first is ${cells.path(firstRow, name)}`;
        warnings.push({
          code,
          column: name,
          rows,
          firstRow,
          message: `${name}: ${rows} values ${warned[code]}; ${where}`,
        });
      }
    });
    return { x, problems, warnings };
  };
}

/** The preprocessed rows of a member, rounded to float32. */
function scaledRows(x: Float64Array, inputs: number, { preprocessing }: Member): Float32Array {
  const scaled = new Float32Array(x.length);
  for (let start = 0; start < x.length; start += inputs) {
    for (let k = 0; k < inputs; k++) scaled[start + k] = scaledValue(x[start + k]!, preprocessing, k);
  }
  return scaled;
}

/** The weighted mean of the members' values, and their weighted standard deviation. */
function meanOf(members: readonly Member[], values: readonly number[]): { mean: number; spread: number | null } {
  if (members.length === 1) return { mean: values[0]!, spread: null };
  let mean = 0;
  for (let m = 0; m < members.length; m++) mean += members[m]!.weight * values[m]!;
  let squares = 0;
  for (let m = 0; m < members.length; m++) squares += members[m]!.weight * (values[m]! - mean) ** 2;
  return { mean, spread: Math.sqrt(squares) };
}

type PredictionOf = (row: number) => Prediction | undefined;

function valuesOf({ members }: Model, each: readonly Float32Array[]): PredictionOf {
  return (row) => {
    const values = members.map(({ target }, m) => unscaledTarget(each[m]![row]!, target.scale, target.offset));
    const { mean, spread } = meanOf(members, values);
    return Number.isFinite(mean) ? { value: mean, spread } : undefined;
  };
}

function classesOf({ members, classes }: Model, each: readonly Float32Array[]): PredictionOf {
  const widths = members.map(({ outputs }) => (outputs === 'sigmoid' ? 1 : classes.length));
  return (row) => {
    const [own, ...others] = each.map((outputs, m) => probabilitiesAt(outputs, row * widths[m]!, widths[m]!));
    if (others.length === 0) {
      if (!own!.every(Number.isFinite)) return undefined;
      return { label: classes[decidedAt(each[0]!, row, widths[0]!)]!, probabilities: own!, spread: null };
    }
    const mixed = own!.map((first, c) => meanOf(members, [first, ...others.map((probabilities) => probabilities[c]!)]));
    const probabilities = mixed.map(({ mean }) => mean);
    if (!probabilities.every(Number.isFinite)) return undefined;
    const best = greatestOf(probabilities);
    return { label: classes[best]!, probabilities, spread: mixed[best]!.spread };
  };
}

/** As in training: different outputs may have equal probabilities. */
function decidedAt(outputs: Float32Array, row: number, C: number): number {
  return predictedClass(outputs.subarray(row * C, (row + 1) * C), 0, C);
}

/** The first of the greatest. */
function greatestOf(numbers: readonly number[]): number {
  let best = 0;
  for (let i = 1; i < numbers.length; i++) if (numbers[i]! > numbers[best]!) best = i;
  return best;
}

function probabilitiesAt(outputs: Float32Array, start: number, C: number): number[] {
  return C === 1 ? [sigmoid(-outputs[start]!), sigmoid(outputs[start]!)] : softmaxAt(outputs, start, C);
}

/** e^(o − max) / Σ e^(o − max), in float64. */
function softmaxAt(outputs: Float32Array, start: number, C: number): number[] {
  let greatest = Number.NEGATIVE_INFINITY;
  for (let j = start; j < start + C; j++) greatest = Math.max(greatest, outputs[j]!);
  const powers: number[] = [];
  let sum = 0;
  for (let j = start; j < start + C; j++) {
    const power = exp(outputs[j]! - greatest);
    powers.push(power);
    sum += power;
  }
  return powers.map((power) => power / sum);
}
