/** Detects the dialect of a file from its first lines. */
import { looksNumeric } from './column.ts';
import { type CsvRecord, parseCsv } from './csv.ts';
import { csvLimits } from './csv-table.ts';
import { IssueList } from './faults.ts';
import { isUsuallyMissing } from './missing.ts';
import { guessNumberFormat, numberReader } from './number-format.ts';
import { type Delimiter, type Dialect, delimiters, type Quote } from './reading.ts';

const SAMPLE_CHARACTERS = 256 * 1024;
const SAMPLE_RECORDS = 500;
/** The most lines above the header, such as a title or a date. */
const MAX_SKIPPED = 20;
const names = Object.keys(delimiters) as Delimiter[];

/** The given settings of a dialect. */
export type AskedDialect = { readonly [Key in keyof Dialect]?: Dialect[Key] | undefined };

/** The dialect of a text: given settings, and the best fit for the others. */
export function sniffDialect(text: string, asked: AskedDialect): Dialect {
  const sample = sampleOf(text);
  const quote = asked.quote ?? quoteIn(sample);
  const byName = separatorIn(sample);
  const candidates = asked.delimiter ? [asked.delimiter] : byName ? [byName] : names;
  const cut = candidates
    .map((delimiter) => {
      const comment = asked.comment ?? commentIn(sample, delimiter, quote);
      const records = recordsOf(sample, { delimiter, quote, comment });
      return { delimiter, comment, records, fit: fitOf(records, delimiter) };
    })
    // The sort is stable, so ties keep their order.
    .sort((a, b) => b.fit - a.fit)[0]!;
  const skip = asked.skip ?? skippedIn(cut.records);
  const records = cut.records.slice(skip);
  const columns = columnsIn(records.slice(1));
  const format = guessNumberFormat(columns, isUsuallyMissing, cut.delimiter);
  const { decimal = format.decimal } = asked;
  const thousands = asked.thousands ?? (decimal === format.decimal ? format.thousands : 'none');
  const header = asked.header ?? hasHeader(records, numberReader({ decimal, thousands }));
  return { delimiter: cut.delimiter, quote, comment: cut.comment, skip, decimal, thousands, header };
}

/** Cuts the sample after its last complete line. */
function sampleOf(text: string): string {
  if (text.length <= SAMPLE_CHARACTERS) return text;
  const sample = text.slice(0, SAMPLE_CHARACTERS);
  const end = Math.max(sample.lastIndexOf('\n'), sample.lastIndexOf('\r'));
  return end > 0 ? sample.slice(0, end) : sample;
}

/** The `sep=` line that Excel writes. */
function separatorIn(sample: string): Delimiter | undefined {
  const found = /^\ufeff?"?sep=(.)"?[ \t]*(?:[\r\n]|$)/i.exec(sample);
  return names.find((name) => delimiters[name] === found?.[1]);
}

type Cut = Pick<Dialect, 'delimiter' | 'quote' | 'comment'>;

function recordsOf(sample: string, cut: Cut): CsvRecord[] {
  const limits = { ...csvLimits, records: SAMPLE_RECORDS };
  return parseCsv(sample, { ...cut, lenient: true }, limits, new IssueList(1000));
}

/** Single quotes if they enclose fields and double quotes never do. */
function quoteIn(sample: string): Quote {
  const count = (quote: string) =>
    sample.match(new RegExp(`(^|[,;|\\t\\r\\n])[ ]*${quote}[^${quote}\\r\\n]*${quote}[ ]*(?=[,;|\\t\\r\\n]|$)`, 'g'))
      ?.length ?? 0;
  return count("'") > 0 && !/(^|[,;|\t\r\n ])"/.test(sample) ? 'single' : 'double';
}

/** Detects the prefix of comment lines: such lines have fewer fields than rows, or precede the header. */
function commentIn(sample: string, delimiter: Delimiter, quote: Quote): string {
  for (const mark of ['#', '%', '//']) {
    const marked = new RegExp(`^[ \\t]*${mark}`);
    const records = recordsOf(sample, { delimiter, quote, comment: 'none' });
    const lines = records.filter(({ fields }) => marked.test(fields[0]!));
    const rows = records.filter(({ fields }) => !marked.test(fields[0]!));
    if (lines.length === 0 || rows.length === 0) continue;
    const width = modeOf(rows.map(({ fields }) => fields.length)).value;
    const unlike = lines.filter(({ fields }) => fields.length - (fields[0] === mark ? 1 : 0) !== width);
    if (unlike.length > 0 && unlike.length * 2 >= lines.length) return mark;
    // A single marked line above the names is a comment; if rows follow directly, it has the names, as NumPy writes them.
    if (lines.length === 1 && lines[0] === records[0] && hasHeader(rows, (text) => text)) return mark;
  }
  return 'none';
}

function modeOf(counts: readonly number[]): { readonly value: number; readonly share: number } {
  const often = new Map<number, number>();
  for (const count of counts) often.set(count, (often.get(count) ?? 0) + 1);
  const [value, times] = [...often].reduce((best, one) => (one[1] > best[1] ? one : best), [0, 0]);
  return { value, share: counts.length === 0 ? 0 : times / counts.length };
}

const other = /[,;|\t]/;
const number = /^[+-]?[\d.,]*\d\.?(?:[eE][+-]?\d+)?$/;
const grouped = /^[+-]?\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?:[.,]\d+)?$/;
const someNumbers = /^[+-]?[\d.,]+[ \t]+[+-]?[\d.,]+/;

/**
 * The score of a delimiter: the share of records with the same width times the share of fields that look like a single value. 0 for a
 * single column.
 */
function fitOf(records: readonly CsvRecord[], delimiter: Delimiter): number {
  const { value: width, share } = modeOf(records.slice(1).map(({ fields }) => fields.length));
  if (width < 2) return 0;
  let [clean, all] = [0, 0];
  for (const { fields } of records) {
    for (const field of fields) {
      const text = field.trim();
      const several = delimiter !== 'space' && someNumbers.test(text) && !grouped.test(text);
      if (number.test(text) || grouped.test(text) || !(other.test(text) || several)) clean++;
      all++;
    }
  }
  return share * (clean / all);
}

/** How many records above the header have fewer fields than everything below. */
function skippedIn(records: readonly CsvRecord[]): number {
  const { value: width } = modeOf(records.map(({ fields }) => fields.length));
  if (width < 3) return 0;
  const filled = ({ fields }: CsvRecord) => fields.filter((field) => field.trim() !== '').length;
  const first = records.findIndex(({ fields }) => fields.length >= width - 1);
  let skipped = Math.max(first, 0);
  // Spreadsheets pad the title with empty fields.
  while (skipped < records.length - 1 && filled(records[skipped]!) <= 1) skipped++;
  return skipped <= MAX_SKIPPED && records.slice(skipped).length > 1 ? skipped : 0;
}

function columnsIn(records: readonly CsvRecord[]): string[][] {
  const width = modeOf(records.map(({ fields }) => fields.length)).value;
  const rows = records.filter(({ fields }) => fields.length === width);
  return Array.from({ length: width }, (_, k) => rows.map(({ fields }) => fields[k]!.trim()));
}

/**
 * Detects a header. For: a word above numbers, a word that does not occur again. Against: a number above numbers, a word that occurs again, an
 * empty field, duplicates. Consecutive numbers, such as years, count as names.
 */
function hasHeader(records: readonly CsvRecord[], read: (text: string) => string): boolean {
  const [first, ...rest] = records;
  if (first === undefined || rest.length === 0) return true;
  const names = first.fields.map((field) => read(field.trim()));
  const columns = columnsIn(rest).map((texts) => texts.map(read));
  if (names.length !== columns.length) return true;
  let votes = 0;
  const numbers: number[] = [];
  names.forEach((name, k) => {
    const texts = columns[k]!;
    const numeric = looksNumeric(texts, isUsuallyMissing);
    const isNumber = looksNumeric([name], () => false);
    // An empty field above row names: an index.
    if (name === '' && k === 0 && !texts.every((text) => text === '')) votes += names.length;
    if (name === '') return;
    if (isNumber) numbers.push(Number(name));
    if (numeric) votes += isNumber ? -1 : isUsuallyMissing(name) ? 0 : 1;
    else if (texts.includes(name)) votes--;
    else if (new Set(texts).size * 2 <= texts.length) votes += isNumber ? 0 : 1;
  });
  const step = numbers.length >= 3 ? numbers[1]! - numbers[0]! : 0;
  const counting = step > 0 && numbers.every((one, i) => Number.isInteger(one) && one === numbers[0]! + i * step);
  if (counting) votes += 2 * numbers.length;
  const words = names.filter((name) => name !== '' && !looksNumeric([name], () => false));
  if (words.length - new Set(words).size > words.length / 4) votes -= words.length;
  // Undecided (words above words), and most files have a header.
  return votes > 0 || (votes === 0 && numbers.length === 0);
}
