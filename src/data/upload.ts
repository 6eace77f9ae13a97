/** Determines how an uploaded file is read: given settings, and detected ones for the rest. */
import { type CsvOptions, datasetLimits } from './csv-table.ts';
import { decodeFile } from './decode.ts';
import { InvalidDataset } from './faults.ts';
import { type CsvReading, decimals, firstReading, thousandsMarks, withGiven } from './reading.ts';
import { sniffDialect } from './sniff.ts';

/** The settings a user can give: all but `rules`, `gzip` and `guessed`. */
export type AskedReading = {
  readonly [Name in Exclude<keyof CsvReading, 'rules' | 'gzip' | 'guessed'>]?: CsvReading[Name] | undefined;
};
export type AskedUpload = AskedReading & Pick<CsvOptions, 'name' | 'target' | 'task'>;

const newReading: CsvReading = { ...firstReading, rules: 2 };
/** The settings that are detected unless given. */
export const seen = ['encoding', 'delimiter', 'decimal', 'thousands', 'quote', 'comment', 'skip', 'header'] as const;

/** Decodes a file and resolves its settings. Throws `InvalidDataset` if it is not text or the given settings are invalid. */
export function readUpload(
  bytes: Uint8Array,
  asked: AskedUpload,
): { readonly text: string; readonly options: CsvOptions & CsvReading } {
  const { text, encoding, gzip } = decodeFile(bytes, asked.encoding, datasetLimits.bytes);
  const dialect = sniffDialect(text, asked);
  const { decimal, thousands } = dialect;
  if (decimals[decimal] === thousandsMarks[thousands]) {
    const message = `cannot be ${thousands}, which is the decimal mark`;
    throw new InvalidDataset([{ path: 'thousands', message }]);
  }
  const guessed = seen.filter((name) => asked[name] === undefined);
  const reading = withGiven(newReading, { ...asked, ...dialect, encoding, gzip, guessed });
  const { name, target, task } = asked;
  return { text, options: { ...reading, name, target, task } };
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

export function decisionsOf(reading: CsvReading): Decision[] {
  const { delimiter, decimal, thousands, quote, comment, skip, header, encoding, gzip } = reading;
  const messages: Readonly<Record<Decision['option'], string>> = {
    encoding: `the text is ${encoding}${gzip ? ', compressed with gzip' : ''}`,
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
  };
  return seen.map((option) => ({
    option,
    value: String(reading[option]),
    guessed: reading.guessed.includes(option),
    message: messages[option],
  }));
}

const markNames = { comma: 'commas', point: 'points', space: 'spaces', apostrophe: 'apostrophes' };
