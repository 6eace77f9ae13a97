/** What would be made of a CSV: its columns as they are taken, and all that would refuse it. */
import { type ColumnKind, distinctOf, isMissing, isNumber, isNumeric } from './columns.ts';
import { type CsvOptions, type CsvTable, datasetLimits, featuresIn, tableFromCsv, targetOf } from './csv-dataset.ts';
import type { Task } from './dataset.ts';
import { type Fault, FaultList } from './faults.ts';

const SAMPLE_ROWS = 10;
const EXAMPLES = 5;
const MOST_CLASSES = 100;
/** Of a text that is only shown. */
const MOST_SHOWN = 100;

export interface ColumnPreview {
  readonly name: string;
  readonly kind: ColumnKind | 'ignored';
  /** What it looks like. */
  readonly guessed: ColumnKind;
  readonly missing: number;
  readonly distinct: number;
  /** Of its numbers; null where it has none. */
  readonly min: number | null;
  readonly max: number | null;
  readonly examples: readonly string[];
  /** Of the network; 0 for the target. */
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
  readonly faults: readonly Fault[];
}

/** Throws `InvalidDataset` only for what is no table. */
export function previewOfCsv(text: string, options: CsvOptions): CsvPreview {
  const faults = new FaultList(datasetLimits.faults);
  const table = tableFromCsv(text, options, faults);
  const inputs = featuresIn(table, options, faults);
  const { task, classes } = targetOf(table.target, options.task, faults);
  const rows = table.target.texts.length;
  const sampled = Math.min(SAMPLE_ROWS, table.columns[0]?.texts.length ?? 0);
  return {
    rows,
    dropped: table.dropped,
    columns: columnsIn(
      table,
      inputs.map(({ names }) => names.length),
    ),
    target: table.target.name,
    task,
    classes: classes.slice(0, MOST_CLASSES),
    features: inputs.reduce((sum, { names }) => sum + names.length, 0),
    sample: Array.from({ length: sampled }, (_, row) => table.columns.map(({ texts }) => shown(texts[row]!))),
    faults: faults.faults,
  };
}

function columnsIn({ columns, features, target }: CsvTable, inputs: readonly number[]): ColumnPreview[] {
  return columns.map((column) => {
    const { name, texts } = column;
    const place = features.findIndex((feature) => feature.column.name === name);
    const there = texts.filter((value) => !isMissing(value));
    const guessed = isNumeric(column) ? 'number' : 'category';
    let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const value of there) {
      if (!isNumber(value)) continue;
      min = Math.min(min, Number(value));
      max = Math.max(max, Number(value));
    }
    return {
      name,
      kind: features[place]?.kind ?? (name === target.name ? guessed : 'ignored'),
      guessed,
      missing: texts.length - there.length,
      distinct: new Set(there).size,
      min: Number.isFinite(min) ? min : null,
      max: Number.isFinite(max) ? max : null,
      examples: distinctOf(there.slice(0, 1000)).slice(0, EXAMPLES).map(shown),
      inputs: inputs[place] ?? 0,
    };
  });
}

function shown(text: string): string {
  return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text;
}
