/** Reading CSV text (RFC 4180) into records. What the records mean is csv-dataset.ts's business. */
import type { FaultList } from './faults.ts';

export interface CsvRecord {
  /** The line of the file on which the record starts, from 1. */
  readonly line: number;
  readonly fields: readonly string[];
}

const QUOTE = 34;
const COMMA = 44;
const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;

/** The end of an unquoted field that starts at `start`: the next comma or line break, or the end of the text. */
function endOfPlainField(text: string, start: number): number {
  let end = start;
  while (end < text.length) {
    const code = text.charCodeAt(end);
    if (code === COMMA || code === LINE_FEED || code === CARRIAGE_RETURN) break;
    end++;
  }
  return end;
}

/** The index of the quote that closes the field whose text starts at `start`, or −1. Two quotes in a row are one of the text. */
function closingQuote(text: string, start: number): number {
  let at = text.indexOf('"', start);
  while (at >= 0 && text.charCodeAt(at + 1) === QUOTE) at = text.indexOf('"', at + 2);
  return at;
}

function lineBreaksIn(text: string): number {
  return text.split(/\r\n|\n|\r/).length - 1;
}

/**
 * All records of a CSV text. Fields are separated by commas and may be quoted; quoted ones may hold commas, line breaks and
 * doubled quotes. Lines end in LF, CRLF or CR; empty lines are passed over, and so is a byte order mark. Faults of quoting are
 * added to `faults`; reading stops once that list is full or a quote is never closed.
 */
export function parseCsv(text: string, faults: FaultList): CsvRecord[] {
  const records: CsvRecord[] = [];
  let at = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  let line = 1;
  let startLine = 1;
  let fields: string[] = [];
  let quoted = false;
  while (at <= text.length && !faults.full) {
    let end: number;
    if (text.charCodeAt(at) === QUOTE) {
      const close = closingQuote(text, at + 1);
      if (close < 0) {
        faults.add(`line ${line}`, 'a quote is opened and never closed');
        break;
      }
      const raw = text.slice(at + 1, close);
      end = endOfPlainField(text, close + 1);
      if (end > close + 1)
        faults.add(`line ${line}`, `there is text after a closing quote: ${text.slice(close, close + 20)}`);
      fields.push(raw.replaceAll('""', '"'));
      quoted = true;
      line += lineBreaksIn(raw);
    } else {
      end = endOfPlainField(text, at);
      fields.push(text.slice(at, end));
    }
    if (text.charCodeAt(end) === COMMA) {
      at = end + 1;
      continue;
    }
    const blank = fields.length === 1 && fields[0] === '' && !quoted;
    if (!blank) records.push({ line: startLine, fields });
    at = end + (text.charCodeAt(end) === CARRIAGE_RETURN && text.charCodeAt(end + 1) === LINE_FEED ? 2 : 1);
    line++;
    startLine = line;
    fields = [];
    quoted = false;
  }
  return records;
}
