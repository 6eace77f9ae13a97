/** Collects the values of a column of a file: as numbers as long as all are, which need no text. */
import type { Gap, TypedColumn } from '../typed-table.ts';

export class ColumnValues {
  readonly #rows: number;
  readonly #numbers: Float64Array;
  #gap: Gap | undefined;
  /** Once a value is no number, all of them. */
  #others: unknown[] | undefined;
  #count = 0;
  #imprecise: number | undefined;
  #hasObjects = false;

  constructor(rows: number) {
    this.#rows = rows;
    this.#numbers = new Float64Array(rows);
  }

  /** Whether there is one value for every row. */
  get isFull(): boolean {
    return this.#count === this.#rows;
  }

  /** The first row with a whole number that is not exact; undefined if there is none. */
  get imprecise(): number | undefined {
    return this.#imprecise;
  }

  /** Places values from `row` on; those beyond the last row make the column too long. */
  put(row: number, values: ArrayLike<unknown>): void {
    this.#count += values.length;
    if (row + values.length > this.#rows) this.#count = Number.POSITIVE_INFINITY;
    for (let i = 0; i < values.length; i++) {
      const value = values[i];
      if (this.#others === undefined && this.#putNumber(row + i, value)) continue;
      this.#others ??= this.#values();
      this.#others[row + i] = value;
      if (typeof value === 'object' && value !== null) this.#hasObjects = true;
      if (typeof value === 'number') this.#notePrecision(row + i, value);
    }
  }

  /** Undefined if a value is no single one. */
  finish(name: string): TypedColumn | undefined {
    if (this.#hasObjects) return undefined;
    if (this.#others === undefined) return { kind: 'number', name, numbers: this.#numbers, gap: this.#gap ?? '' };
    const texts = Array.from(this.#others, (value) => (value === null || value === undefined ? '' : String(value)));
    return { kind: 'text', name, texts };
  }

  /** False if it is none, or one that text tells better. */
  #putNumber(row: number, value: unknown): boolean {
    if (value === null || value === undefined) return this.#putGap(row, '');
    const number = typeof value === 'bigint' ? Number(value) : value;
    if (typeof number !== 'number') return false;
    if (Number.isNaN(number)) return this.#putGap(row, 'NaN');
    if (!Number.isFinite(number) || (typeof value === 'bigint' && !Number.isSafeInteger(number))) return false;
    this.#notePrecision(row, number);
    // No text has the sign of 0.
    this.#numbers[row] = number + 0;
    return true;
  }

  /** Both kinds of gap in one column are left to text. */
  #putGap(row: number, gap: Gap): boolean {
    this.#gap ??= gap;
    this.#numbers[row] = Number.NaN;
    return this.#gap === gap;
  }

  #notePrecision(row: number, number: number): void {
    if (Number.isInteger(number) && !Number.isSafeInteger(number) && row < (this.#imprecise ?? this.#rows))
      this.#imprecise = row;
  }

  #values(): unknown[] {
    return Array.from(this.#numbers, (number) => (Number.isNaN(number) && this.#gap !== 'NaN' ? null : number));
  }
}
