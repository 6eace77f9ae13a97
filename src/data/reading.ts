/**
 * How the text of a file becomes rows: its dialect, what counts as missing, and how its columns are taken. Stored beside the
 * text with nothing left to guess, so that whoever reads it again comes to the same rows.
 */

/** What stands between two fields; `space` is any run of spaces and tabs. */
export const delimiters = { comma: ',', semicolon: ';', tab: '\t', pipe: '|', space: ' ' } as const;
export const decimals = { point: '.', comma: ',' } as const;
/** What may stand between groups of three digits. */
export const thousandsMarks = { none: '', comma: ',', point: '.', space: ' ', apostrophe: "'" } as const;
export const quotes = { double: '"', single: "'", none: '' } as const;

export type Delimiter = keyof typeof delimiters;
export type Decimal = keyof typeof decimals;
export type Thousands = keyof typeof thousandsMarks;
export type Quote = keyof typeof quotes;

/** What is done where a value is missing: it is a fault; inputs are filled and rows without a target left out; its row is left out. */
export const missingChoices = ['refuse', 'fill', 'drop'] as const;
export type Missing = (typeof missingChoices)[number];

export interface Dialect {
  readonly delimiter: Delimiter;
  readonly decimal: Decimal;
  readonly thousands: Thousands;
  readonly quote: Quote;
  /** Lines that begin with it are passed over; `none` where there are no such lines. */
  readonly comment: string;
  /** Records before the header that are no rows: a title, a date. */
  readonly skip: number;
  /** Whether the first record holds names; else the columns are named column1, column2, … */
  readonly header: boolean;
}

export interface CsvReading extends Dialect {
  /**
   * 1: as the first version read: numbers are rounded to float32, spellings of a number are classes of their own, `none` is missing in
   * words too, a quote after a space is text. 2: none of these.
   */
  readonly rules: 1 | 2;
  /** Columns that are words, though they look like numbers. */
  readonly category: readonly string[];
  /** Columns that are left out. */
  readonly ignore: readonly string[];
  /** Columns of words of which the most frequent are kept; the others are one. */
  readonly frequent: readonly string[];
  readonly missing: Missing;
  /** Texts that mean that a value is missing, in every column, beside the usual ones. */
  readonly missingValues: readonly string[];
  /** The same for one column: `column=text`. */
  readonly missingIn: readonly string[];
  /** What the file was encoded in; the stored text is UTF-8. */
  readonly encoding: string;
  /** Whether the file was compressed with gzip. */
  readonly gzip: boolean;
  /** Which of all this was seen in the file and not asked for. */
  readonly guessed: readonly string[];
}

/** The reading of files that were stored before there were dialects; what is stored beside a file replaces some of it. */
export const firstReading: CsvReading = {
  rules: 1,
  delimiter: 'comma',
  decimal: 'point',
  thousands: 'none',
  quote: 'double',
  comment: 'none',
  skip: 0,
  header: true,
  category: [],
  ignore: [],
  frequent: [],
  missing: 'refuse',
  missingValues: [],
  missingIn: [],
  encoding: 'utf-8',
  gzip: false,
  guessed: [],
};

/** With `overrides` where they are given: keys that are undefined leave what there is. */
export function withGiven<T extends object>(base: T, overrides: { readonly [Key in keyof T]?: T[Key] | undefined }): T {
  const known = Object.entries(overrides).filter(([key, value]) => value !== undefined && key in base);
  return { ...base, ...Object.fromEntries(known) };
}

/** `column=text` taken apart at the last `=`; undefined where there is none. */
export function missingInOf(entry: string): { readonly column: string; readonly text: string } | undefined {
  const at = entry.lastIndexOf('=');
  return at <= 0 ? undefined : { column: entry.slice(0, at), text: entry.slice(at + 1) };
}
