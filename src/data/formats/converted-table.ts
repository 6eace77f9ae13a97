/** A file of a typed format, as the CSV or the typed table that is stored and read: one way from a table to a data set. */
import { datasetLimits } from '../csv-table.ts';
import { InvalidDataset, shortened } from '../faults.ts';
import type { Hint } from '../hint.ts';
import { csvField, type TableSource } from '../typed-table.ts';

export interface ConvertedTable {
  /** A text is RFC 4180: commas, double quotes, a header. */
  readonly source: TableSource;
  /** Columns that the file declares to be categories. */
  readonly category: readonly string[];
  readonly hints: readonly Hint[];
  /** Where in the file a line of the CSV is from, such as `line 17` or `row 16`. */
  placeOf(line: number): string;
}

/** A value of a cell. Undefined, null and NaN are missing. */
export type CellValue = string | number | bigint | boolean | null | undefined;

/** Collects rows as CSV; throws `InvalidDataset` as soon as they exceed the limits. */
export class TableWriter {
  readonly #parts: string[] = [];
  readonly #lines: number[] = [];
  readonly #places: number[] = [];
  readonly #placeName: string;
  #line = 1;
  #size = 0;

  /** `placeName`: what the places of rows count: lines or rows. */
  constructor(names: readonly string[], placeName: 'line' | 'row') {
    this.#placeName = placeName;
    if (names.length > datasetLimits.columns)
      throw invalid('', `has ${names.length} columns; the limit is ${datasetLimits.columns}`);
    const repeated = names.find((name, i) => names.indexOf(name) !== i);
    if (repeated !== undefined) throw invalid('', `two columns are named ${shortened(repeated)}`);
    this.#write(names.map(csvField).join(','));
  }

  add(place: number, cells: readonly CellValue[]): void {
    if (this.#places.length === datasetLimits.rows)
      throw invalid('', `has more than ${datasetLimits.rows} rows, which is the limit`);
    this.#lines.push(this.#line);
    this.#places.push(place);
    let record = '';
    for (let i = 0; i < cells.length; i++) {
      const cell = cells[i];
      // Other values have nothing that needs quotes.
      const field = typeof cell === 'string' ? csvField(cell) : textOf(cell);
      record = i === 0 ? field : `${record},${field}`;
    }
    this.#write(record);
  }

  /** Appends the record and counts its lines. */
  #write(record: string): void {
    this.#parts.push(record);
    this.#size += record.length + 1;
    if (this.#size > datasetLimits.bytes)
      throw invalid('', `has more than ${datasetLimits.bytes} characters as text, which is the limit`);
    this.#line += 1 + (record.includes('\n') || record.includes('\r') ? record.split(/\r\n|\n|\r/).length - 1 : 0);
  }

  finish(category: readonly string[] = [], hints: readonly Hint[] = []): ConvertedTable {
    // Only for issues, which are few.
    let places: ReadonlyMap<number, number> | undefined;
    const placeAt = (line: number) => {
      places ??= new Map(this.#lines.map((first, row) => [first, this.#places[row]!]));
      return places.get(line);
    };
    return {
      source: `${this.#parts.join('\n')}\n`,
      category,
      hints,
      placeOf: (line) => {
        const place = placeAt(line);
        return place === undefined ? 'the column names' : `${this.#placeName} ${place}`;
      },
    };
  }
}

function textOf(value: CellValue): string {
  return value === null || value === undefined ? '' : String(value);
}

export function invalid(path: string, message: string): InvalidDataset {
  return new InvalidDataset([{ path, message }]);
}
