/** How an uploaded file is read: what the user asks for, and for all the rest what is seen in it. */
import { type CsvOptions, datasetLimits } from './csv-table.ts';
import { decodeFile } from './decode.ts';
import { InvalidDataset } from './faults.ts';
import { type CsvReading, decimals, firstReading, thousandsMarks, withGiven } from './reading.ts';
import { sniffDialect } from './sniff.ts';

/** What a user may ask for; `rules`, `gzip` and `guessed` are not for asking. */
export type AskedReading = {
  readonly [Name in Exclude<keyof CsvReading, 'rules' | 'gzip' | 'guessed'>]?: CsvReading[Name] | undefined;
};
export type AskedUpload = AskedReading & Pick<CsvOptions, 'name' | 'target' | 'task'>;

const newReading: CsvReading = { ...firstReading, rules: 2 };
/** What of a reading is seen in the file, unless it is asked for. */
export const seen = ['encoding', 'delimiter', 'decimal', 'thousands', 'quote', 'comment', 'skip', 'header'] as const;

/** The text of a file, and how it is read. Throws `InvalidDataset` where it is no text, or what is asked for cannot be. */
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

/** One thing that was decided about a file: which option says it, what it is, whether it was seen or asked for. */
export interface Decision {
  readonly option: (typeof seen)[number];
  readonly value: string;
  readonly guessed: boolean;
  /** What it means, in a sentence. */
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
  double: 'double quotes may surround fields',
  single: 'single quotes may surround fields',
  none: 'quotes are text',
};

export function decisionsOf(reading: CsvReading): Decision[] {
  const { delimiter, decimal, thousands, quote, comment, skip, header, encoding, gzip } = reading;
  const messages: Readonly<Record<Decision['option'], string>> = {
    encoding: `the text is ${encoding}${gzip ? ', compressed with gzip' : ''}`,
    delimiter: `fields are separated by ${delimiterNames[delimiter]}`,
    decimal: `numbers have a decimal ${decimal}`,
    thousands: thousands === 'none' ? 'thousands are not marked' : `thousands are marked by ${markNames[thousands]}`,
    quote: quoteNames[quote],
    comment: comment === 'none' ? 'there are no comments' : `lines that begin with ${comment} are passed over`,
    skip: skip === 0 ? 'nothing stands above the table' : `${skip} lines above the table are passed over`,
    header: header
      ? 'the first line holds the names of the columns'
      : 'the first line is a row like the others: columns are named column1, column2, …',
  };
  return seen.map((option) => ({
    option,
    value: String(reading[option]),
    guessed: reading.guessed.includes(option),
    message: messages[option],
  }));
}

const markNames = { comma: 'commas', point: 'points', space: 'spaces', apostrophe: 'apostrophes' };
