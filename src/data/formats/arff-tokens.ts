/** The words of a line of ARFF, as Weka 3.8 reads them: separated by commas, spaces or tabs, in single or double quotes, `%` for comments. */
import { shortened } from '../faults.ts';
import { invalid } from './converted-table.ts';

export interface Token {
  readonly text: string;
  /** A `?` in quotes is no missing value. */
  readonly quoted: boolean;
}

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };
const braces = '{}';

/** Braces are tokens of their own. Throws `InvalidDataset` for a quote that is not closed. */
export function tokensOf(line: string, place: number): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < line.length) {
    const character = line[at]!;
    if (character === '%') break;
    if (character === ',' || /\s/.test(character)) at++;
    else if (braces.includes(character)) {
      tokens.push({ text: character, quoted: false });
      at++;
    } else if (character === "'" || character === '"') {
      const { text, end } = quotedFrom(line, at, place);
      tokens.push({ text, quoted: true });
      at = end;
    } else {
      const end = /[\s,%{}'"]/.exec(line.slice(at))?.index;
      const next = end === undefined ? line.length : at + end;
      tokens.push({ text: line.slice(at, next), quoted: false });
      at = next;
    }
  }
  return tokens;
}

function quotedFrom(line: string, from: number, place: number): { readonly text: string; readonly end: number } {
  const quote = line[from]!;
  let text = '';
  for (let at = from + 1; at < line.length; at++) {
    const character = line[at]!;
    if (character === quote) return { text, end: at + 1 };
    if (character === '\\' && at + 1 < line.length) {
      const next = line[++at]!;
      text += escapes[next] ?? next;
    } else text += character;
  }
  throw invalid(`line ${place}`, `the quote of ${shortened(line.slice(from))} is never closed`);
}

export function isBrace(token: Token | undefined, brace: '{' | '}'): boolean {
  return token !== undefined && !token.quoted && token.text === brace;
}
