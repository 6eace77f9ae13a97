/**
 * How a file is read: dialect, missing values and the roles of columns. Stored with the text with everything resolved, so that reading it
 * again gives the same rows.
 */

/** Separators of fields; `space` is any run of spaces and tabs. */
export const delimiters = { comma: ',', semicolon: ';', tab: '\t', pipe: '|', space: ' ' } as const;
export const decimals = { point: '.', comma: ',' } as const;
/** Thousands separators. */
export const thousandsMarks = { none: '', comma: ',', point: '.', space: ' ', apostrophe: "'" } as const;
export const quotes = { double: '"', single: "'", none: '' } as const;

/** Files of the other formats are stored as CSV. */
export const fileFormats = ['csv', 'json', 'arff', 'svmlight', 'parquet'] as const;
export const compressions = ['none', 'gzip', 'zstd'] as const;

export type FileFormat = (typeof fileFormats)[number];
export type Compression = (typeof compressions)[number];
export type Delimiter = keyof typeof delimiters;
export type Decimal = keyof typeof decimals;
export type Thousands = keyof typeof thousandsMarks;
export type Quote = keyof typeof quotes;

/** How missing values are handled: they are issues; inputs are filled and rows without a target dropped; their rows are dropped. */
export const missingChoices = ['refuse', 'fill', 'drop'] as const;
export type Missing = (typeof missingChoices)[number];

export interface Dialect {
  readonly delimiter: Delimiter;
  readonly decimal: Decimal;
  readonly thousands: Thousands;
  readonly quote: Quote;
  /** Lines starting with it are skipped; `none` without comments. */
  readonly comment: string;
  /** Records before the header, such as a title. */
  readonly skip: number;
  /** Whether the first record has column names; otherwise columns are named column1, column2, … */
  readonly header: boolean;
}

export interface CsvReading extends Dialect {
  /**
   * 1: the rules of the first version: numbers are rounded to float32, different spellings of a number are different classes, `none` is
   * missing in categorical columns too, and a quote after a space is text. 2: none of these.
   */
  readonly rules: 1 | 2;
  /** Columns to treat as categories although they look numeric. */
  readonly category: readonly string[];
  /** Columns to leave out. */
  readonly ignore: readonly string[];
  /** Columns to reduce to their most frequent categories. */
  readonly frequent: readonly string[];
  readonly missing: Missing;
  /** Additional texts that mean a missing value in every column. */
  readonly missingValues: readonly string[];
  /** The same for one column: `column=text`. */
  readonly missingIn: readonly string[];
  /** The encoding of the file; the stored text is UTF-8. */
  readonly encoding: string;
  /** The format of the file; the stored text is CSV. */
  readonly format: FileFormat;
  readonly compression: Compression;
  /** The number of the first feature in svmlight; null in other formats. */
  readonly base: 0 | 1 | null;
  /** The settings that were detected and not given. */
  readonly guessed: readonly string[];
}

/** Settings of files stored before there were dialects; settings stored with a file override them. */
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
  format: 'csv',
  compression: 'none',
  base: null,
  guessed: [],
};

/** Applies `overrides`; undefined ones are ignored. */
export function withGiven<T extends object>(base: T, overrides: { readonly [Key in keyof T]?: T[Key] | undefined }): T {
  const known = Object.entries(overrides).filter(([key, value]) => value !== undefined && key in base);
  return { ...base, ...Object.fromEntries(known) };
}

/** Splits `column=text` at the last `=`; undefined if there is none. */
export function missingInOf(entry: string): { readonly column: string; readonly text: string } | undefined {
  const at = entry.lastIndexOf('=');
  return at <= 0 ? undefined : { column: entry.slice(0, at), text: entry.slice(at + 1) };
}
