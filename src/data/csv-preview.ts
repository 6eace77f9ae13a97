/** Previews a file: how it is read, its columns, hints, and everything for which it would be refused. */
import { type ColumnKind, countDifferent, countMissing, firstTexts, presentNumbers } from './column.ts';
import { distinctOf } from './columns.ts';
import { featuresIn, targetOf } from './csv-dataset.ts';
import { type CsvOptions, type CsvTable, datasetLimits, readingIn, tableFrom } from './csv-table.ts';
import type { Task } from './dataset.ts';
import { type FileIssue, IssueList, shortened } from './faults.ts';
import type { Hint } from './hint.ts';
import { hintsOf } from './hints.ts';
import type { TableSource } from './typed-table.ts';

const SAMPLE_ROWS = 10;
const EXAMPLES = 5;
/** Of the first so many values. */
const EXAMPLES_FROM = 1000;
const MAX_CLASSES = 100;
/** The most characters of a shown text. */
const MAX_SHOWN = 100;

export interface ColumnPreview {
  readonly name: string;
  readonly kind: ColumnKind | 'ignored';
  /** The detected kind. */
  readonly guessed: ColumnKind;
  readonly missing: number;
  readonly distinct: number;
  /** Range of its numbers; null if it has none. */
  readonly min: number | null;
  readonly max: number | null;
  readonly examples: readonly string[];
  /** Network inputs; 0 for the target. */
  readonly inputs: number;
}

export interface CsvPreview {
  readonly rows: number;
  readonly dropped: number;
  readonly columns: readonly ColumnPreview[];
  readonly target: string;
  readonly task: Task;
  readonly classes: readonly string[];
  readonly features: number;
  readonly sample: readonly (readonly string[])[];
  readonly faults: readonly FileIssue[];
  readonly hints: readonly Hint[];
}

/** Only throws `InvalidDataset` if the source is not a table at all. */
export function previewOfCsv(source: TableSource, options: CsvOptions): CsvPreview {
  const issues = new IssueList(datasetLimits.issues);
  const table = tableFrom(source, options, issues);
  const inputs = featuresIn(table, options, issues);
  const { task, classes } = targetOf(table.target, options, issues);
  const { rows } = table.target;
  const sampled = Math.min(SAMPLE_ROWS, table.columns[0]?.rows ?? 0);
  const counts = inputs.map(({ names }) => names.length);
  return {
    rows,
    dropped: table.dropped,
    columns: columnsIn(table, counts),
    target: table.target.name,
    task,
    classes: classes.slice(0, MAX_CLASSES),
    features: counts.reduce((sum, count) => sum + count, 0),
    sample: Array.from({ length: sampled }, (_, row) =>
      table.columns.map((column) => shortened(column.textAt(row), MAX_SHOWN)),
    ),
    faults: issues.issues,
    hints: hintsOf(source, table, readingIn(options), { task, asked: options.task !== undefined, classes }),
  };
}

function columnsIn({ columns, features, target }: CsvTable, inputs: readonly number[]): ColumnPreview[] {
  const placeOf = new Map(features.map(({ column }, place) => [column.name, place]));
  return columns.map((column) => {
    const { name, kind: guessed } = column;
    const place = placeOf.get(name) ?? -1;
    let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const value of presentNumbers(column)) {
      if (value < min) min = value;
      if (value > max) max = value;
    }
    return {
      name,
      kind: features[place]?.kind ?? (name === target.name ? guessed : 'ignored'),
      guessed,
      missing: countMissing(column),
      distinct: countDifferent(column),
      min: Number.isFinite(min) ? min : null,
      max: Number.isFinite(max) ? max : null,
      examples: distinctOf(firstTexts(column, EXAMPLES_FROM))
        .slice(0, EXAMPLES)
        .map((text) => shortened(text, MAX_SHOWN)),
      inputs: inputs[place] ?? 0,
    };
  });
}
