/**
 * Parses delimited text (RFC 4180 and variants) into records; csv-table.ts interprets them.
 *
 * Not a package, because stored files must always be parsed to the same records, errors need the line on which a record starts, and this
 * folder has no dependencies.
 */
import type { IssueList } from './faults.ts';
import { type Dialect, delimiters, quotes } from './reading.ts';

export interface CsvRecord {
  /** The line on which the record starts, from 1. */
  readonly line: number;
  readonly fields: readonly string[];
}

/** Limits at which parsing stops. Characters are UTF-16 code units. */
export interface CsvLimits {
  readonly records: number;
  /** Fields of one record. */
  readonly fields: number;
  /** Characters of one field. */
  readonly field: number;
}

export interface CsvShape extends Pick<Dialect, 'delimiter' | 'quote' | 'comment'> {
  /** Whether to ignore spaces before a quote and a first line `sep=;`. */
  readonly lenient: boolean;
}

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const SPACE = 32;
const TAB = 9;
const separatorLine = /^"?sep=.?"?[ \t]*(?:\r\n|\n|\r|$)/i;

/** The state of a parser. */
class Cursor {
  at: number;
  line = 1;
  readonly text: string;
  readonly delimiter: number;
  readonly spaced: boolean;
  readonly quote: string;
  readonly quoteCode: number | undefined;

  constructor(text: string, { delimiter, quote }: CsvShape) {
    this.text = text;
    this.at = text.charCodeAt(0) === 0xfeff ? 1 : 0;
    this.delimiter = delimiters[delimiter].charCodeAt(0);
    this.spaced = delimiter === 'space';
    this.quote = quotes[quote];
    this.quoteCode = this.quote === '' ? undefined : this.quote.charCodeAt(0);
  }

  endsLine(at: number): boolean {
    const code = this.text.charCodeAt(at);
    return at >= this.text.length || code === LINE_FEED || code === CARRIAGE_RETURN;
  }

  separates(at: number): boolean {
    const code = this.text.charCodeAt(at);
    return code === this.delimiter || (this.spaced && code === TAB);
  }

  /** Skips spaces and tabs, but not delimiters, unless any run of them is a delimiter. */
  blanksFrom(start: number): number {
    let at = start;
    for (; at < this.text.length; at++) {
      const code = this.text.charCodeAt(at);
      if (code !== SPACE && code !== TAB) break;
      if (!this.spaced && code === this.delimiter) break;
    }
    return at;
  }

  /** The end of the unquoted field at `start`. */
  plainEnd(start: number): number {
    const { text, delimiter, spaced } = this;
    let end = start;
    for (; end < text.length; end++) {
      const code = text.charCodeAt(end);
      if (code === delimiter || code === LINE_FEED || code === CARRIAGE_RETURN || (spaced && code === TAB)) break;
    }
    return end;
  }

  /** The index of the quote that closes the field at `start`, or −1. A doubled quote is a literal quote. */
  closing(start: number): number {
    let at = this.text.indexOf(this.quote, start);
    while (at >= 0 && this.text[at + 1] === this.quote) at = this.text.indexOf(this.quote, at + 2);
    return at;
  }

  isQuote(at: number): boolean {
    return this.text.charCodeAt(at) === this.quoteCode;
  }

  nextLine(end: number): void {
    const both = this.text.charCodeAt(end) === CARRIAGE_RETURN && this.text.charCodeAt(end + 1) === LINE_FEED;
    this.at = end + (both ? 2 : 1);
    this.line++;
  }

  passLine(): void {
    let end = this.at;
    while (!this.endsLine(end)) end++;
    this.nextLine(end);
  }
}

function lineBreaksIn(text: string): number {
  return text.split(/\r\n|\n|\r/).length - 1;
}

/**
 * All records of a text. Quoted fields may contain delimiters, line breaks and doubled quotes. Lines end in LF, CRLF or CR; empty lines,
 * comments and a byte order mark are skipped. Parsing stops when `issues` is full, a quote is not closed, or a limit is exceeded.
 */
export function parseCsv(text: string, shape: CsvShape, limits: CsvLimits, issues: IssueList): CsvRecord[] {
  const cursor = new Cursor(text, shape);
  const records: CsvRecord[] = [];
  if (shape.lenient && separatorLine.test(text.slice(cursor.at, cursor.at + 40))) cursor.passLine();
  while (cursor.at <= text.length && !issues.full) {
    if (shape.comment !== 'none' && text.startsWith(shape.comment, cursor.at)) {
      cursor.passLine();
      continue;
    }
    const { line } = cursor;
    const read = recordAt(cursor, shape.lenient, limits, issues);
    if (read === undefined) break;
    if (!read.blank) records.push({ line, fields: read.fields });
    // One more than the limit, so that the caller can detect that there are too many.
    if (records.length > limits.records) break;
  }
  return records;
}

/** Reads the record at the cursor; undefined if parsing cannot continue. */
function recordAt(
  cursor: Cursor,
  lenient: boolean,
  limits: CsvLimits,
  issues: IssueList,
): { readonly fields: readonly string[]; readonly blank: boolean } | undefined {
  const fields: string[] = [];
  const { line } = cursor;
  let quoted = false;
  for (;;) {
    const start = lenient || cursor.spaced ? cursor.blanksFrom(cursor.at) : cursor.at;
    let end: number;
    if (cursor.isQuote(start)) {
      const field = quotedField(cursor, start, issues);
      if (field === undefined) return undefined;
      fields.push(field.text);
      end = field.end;
      quoted = true;
    } else {
      end = cursor.plainEnd(cursor.spaced ? start : cursor.at);
      fields.push(cursor.text.slice(cursor.spaced ? start : cursor.at, end));
    }
    if ((fields.at(-1)?.length ?? 0) > limits.field) {
      issues.add(
        `line ${line}`,
        `field ${fields.length} has more than ${limits.field} characters; is a quote missing?`,
      );
      return undefined;
    }
    if (cursor.spaced) end = cursor.blanksFrom(end);
    const goesOn = cursor.spaced ? !cursor.endsLine(end) : cursor.separates(end);
    if (!goesOn) {
      cursor.nextLine(end);
      return { fields, blank: fields.length === 1 && fields[0] === '' && !quoted };
    }
    if (fields.length > limits.fields) {
      issues.add(`line ${line}`, `has more than ${limits.fields} columns, which is the limit`);
      return undefined;
    }
    cursor.at = cursor.spaced ? end : end + 1;
  }
}

function quotedField(
  cursor: Cursor,
  start: number,
  issues: IssueList,
): { readonly text: string; readonly end: number } | undefined {
  const close = cursor.closing(start + 1);
  if (close < 0) {
    issues.add(`line ${cursor.line}`, 'a quote is opened but never closed; quote=none treats quotes as text');
    return undefined;
  }
  const raw = cursor.text.slice(start + 1, close);
  const end = cursor.plainEnd(close + 1);
  if (cursor.text.slice(close + 1, end).trim() !== '') {
    const rest = cursor.text.slice(close, close + 20);
    issues.add(`line ${cursor.line}`, `there is text after a closing quote: ${rest}`);
  }
  cursor.line += lineBreaksIn(raw);
  return { text: raw.replaceAll(cursor.quote + cursor.quote, cursor.quote), end };
}
