/** Determines how an uploaded file is read: given settings, and detected ones for the rest. */
import { type CsvOptions, datasetLimits } from './csv-table.ts';
import { decodeText, decompressFile } from './decode.ts';
import { InvalidDataset } from './faults.ts';
import { convertText, formatNames, looksLikeParquet, readParquet, textFormatOf } from './formats/format.ts';
import type { Hint } from './hint.ts';
import { type CsvReading, decimals, firstReading, thousandsMarks, withGiven } from './reading.ts';
import { sniffDialect } from './sniff.ts';
import type { TableSource } from './typed-table.ts';

/** The settings a user can give: all but `rules`, `compression` and `guessed`. */
export type AskedReading = {
  readonly [Name in Exclude<keyof CsvReading, 'rules' | 'compression' | 'guessed' | 'base'>]?:
    | CsvReading[Name]
    | undefined;
} & { readonly base?: 0 | 1 | undefined };
export type AskedUpload = AskedReading & Pick<CsvOptions, 'name' | 'target' | 'task'>;

const newReading: CsvReading = { ...firstReading, rules: 2 };
/** The settings of delimited text that are detected unless given. */
const dialectOptions = ['delimiter', 'decimal', 'thousands', 'quote', 'comment', 'skip', 'header'] as const;
/** The settings that are detected unless given. */
export const seen = ['format', 'encoding', ...dialectOptions, 'base'] as const;

/** A file as the table that is stored, and how that is read. */
export interface ReadUpload {
  readonly source: TableSource;
  readonly options: CsvOptions & CsvReading;
  /** Warnings about its format. */
  readonly hints: readonly Hint[];
  /** Where in the file a line of the source's CSV is from. */
  placeOf(line: number): string;
}

/** Decodes a file and resolves its settings. Throws `InvalidDataset` if it is not a table or the given settings are invalid. */
export async function readUpload(file: Uint8Array, asked: AskedUpload): Promise<ReadUpload> {
  const { bytes, compression } = decompressFile(file, datasetLimits.bytes);
  const isParquet = looksLikeParquet(bytes);
  if (asked.format !== undefined && (asked.format === 'parquet') !== isParquet)
    throw invalid('format', `the file is ${isParquet ? 'Parquet' : 'not Parquet'}`);
  if (isParquet) {
    refuseDialect(asked, 'parquet', [...dialectOptions, 'encoding', 'base']);
    return converted(asked, { format: 'parquet', compression }, await readParquet(bytes, asked.ignore ?? []));
  }
  const { text, encoding } = decodeText(bytes, asked.encoding, datasetLimits.bytes);
  const format = asked.format ?? textFormatOf(text);
  if (format === 'csv' || format === 'parquet') return delimited(text, asked, { encoding, compression });
  refuseDialect(asked, format, format === 'svmlight' ? dialectOptions : [...dialectOptions, 'base']);
  const table = convertText(text, format, { ignore: asked.ignore ?? [], base: asked.base });
  return converted(asked, { format, compression, encoding, base: table.base }, table);
}

function invalid(path: string, message: string): InvalidDataset {
  return new InvalidDataset([{ path, message }]);
}

function refuseDialect(asked: AskedUpload, format: keyof typeof formatNames, options: readonly (keyof AskedUpload)[]) {
  const given = options.find((option) => asked[option] !== undefined);
  if (given !== undefined)
    throw invalid(given, `does not apply to ${formatNames[format]}; leave it out, or set format=csv`);
}

function guessedIn(asked: AskedUpload): string[] {
  return seen.filter((name) => asked[name] === undefined);
}

function delimited(text: string, asked: AskedUpload, found: Pick<CsvReading, 'encoding' | 'compression'>): ReadUpload {
  refuseDialect(asked, 'csv', ['base']);
  const dialect = sniffDialect(text, asked);
  const { decimal, thousands } = dialect;
  if (decimals[decimal] === thousandsMarks[thousands])
    throw invalid('thousands', `cannot be ${thousands}, which is the decimal mark`);
  const { name, target, task, base: _, ...settings } = asked;
  const reading = withGiven(newReading, { ...settings, ...dialect, ...found, guessed: guessedIn(asked) });
  return { source: text, options: { ...reading, name, target, task }, hints: [], placeOf: (line) => `line ${line}` };
}

type Found = Pick<CsvReading, 'format' | 'compression'> & {
  readonly encoding?: string;
  readonly base?: 0 | 1 | undefined;
};

/** The stored text has the default dialect. */
function converted(
  asked: AskedUpload,
  found: Found,
  table: Omit<ReadUpload, 'options'> & { category: readonly string[] },
) {
  const { name, target, task, category = [], ...settings } = asked;
  const reading = withGiven(newReading, {
    ...settings,
    ...found,
    category: [...new Set([...category, ...table.category])],
    guessed: guessedIn(asked),
  });
  const { source, placeOf } = table;
  const hints = table.hints.filter(({ column }) => column === null || !reading.ignore.includes(column));
  return { source, options: { ...reading, name, target, task }, hints, placeOf };
}

/** A resolved setting of a file, and whether it was detected or given. */
export interface Decision {
  readonly option: (typeof seen)[number];
  readonly value: string;
  readonly guessed: boolean;
  /** Its meaning in words. */
  readonly message: string;
}

const delimiterNames = {
  comma: 'commas',
  semicolon: 'semicolons',
  tab: 'tabs',
  pipe: 'vertical bars',
  space: 'spaces',
};
const quoteNames = {
  double: 'fields may have double quotes',
  single: 'fields may have single quotes',
  none: 'quotes are text',
};
const compressionNames = { none: '', gzip: ', compressed with gzip', zstd: ', compressed with Zstandard' };

/** The options that mean something in the file's format. */
export function decisionsOf(reading: CsvReading): Decision[] {
  const { format, delimiter, decimal, thousands, quote, comment, skip, header, encoding, compression, base } = reading;
  const messages: Readonly<Record<Decision['option'], string>> = {
    format: `the file is ${formatNames[format]}${compressionNames[compression]}`,
    encoding: `the text is ${encoding}`,
    delimiter: `fields are separated by ${delimiterNames[delimiter]}`,
    decimal: `numbers have a decimal ${decimal}`,
    thousands:
      thousands === 'none' ? 'there is no thousands separator' : `thousands are separated by ${markNames[thousands]}`,
    quote: quoteNames[quote],
    comment: comment === 'none' ? 'there are no comments' : `lines that start with ${comment} are skipped`,
    skip: skip === 0 ? 'the table starts at the first line' : `${skip} lines above the table are skipped`,
    header: header
      ? 'the first line has the column names'
      : 'the first line is a row: columns are named column1, column2, …',
    base: `the first feature has the number ${base}`,
  };
  const options = {
    csv: seen.filter((option) => option !== 'base'),
    json: ['format', 'encoding'],
    arff: ['format', 'encoding'],
    svmlight: ['format', 'encoding', 'base'],
    parquet: ['format'],
  } as const satisfies Readonly<Record<CsvReading['format'], readonly Decision['option'][]>>;
  return options[format].map((option) => ({
    option,
    value: String(reading[option]),
    guessed: reading.guessed.includes(option),
    message: messages[option],
  }));
}

const markNames = { comma: 'commas', point: 'points', space: 'spaces', apostrophe: 'apostrophes' };
