/** Which texts mean a missing value: the usual ones and those in the settings. */
import type { IssueList } from './faults.ts';
import { isNumber, numberIn } from './number-format.ts';
import { type CsvReading, missingInOf } from './reading.ts';

/** In lower case; by rules of reading. */
const usual: Readonly<Record<CsvReading['rules'], readonly string[]>> = {
  1: ['', 'na', 'n/a', 'nan', 'null', 'none', '?'],
  2: ['', 'na', 'n/a', '#n/a', 'nan', '-nan', 'null', '<na>', '?', '.', '-'],
};
/** Missing in numeric columns, but a category in others: a car with "none" as extra has no extra. */
const WORD_OR_MISSING = 'none';

export interface MissingMarkers {
  /** Whether the text means missing in a categorical column. `number`: its value if it is known, NaN if it is no number. */
  inWords(text: string, number?: number): boolean;
  /** Whether it means missing in a numeric column, or in one whose kind is not known yet. */
  inNumbers(text: string, number?: number): boolean;
  /** Whether a number can mean missing at all. */
  readonly numbersMayMatch: boolean;
}

type MissingReading = Pick<CsvReading, 'rules' | 'missingValues' | 'missingIn'>;

/** The texts given for a column, besides the usual ones. */
function ownTexts(reading: MissingReading, column: string): string[] {
  const own = [...reading.missingValues];
  for (const entry of reading.missingIn) {
    const given = missingInOf(entry);
    if (given?.column === column) own.push(given.text);
  }
  return own;
}

/** All texts, in lower case, that mean a missing value in a column. */
export function missingTexts(reading: MissingReading, column: string): string[] {
  return [...usual[reading.rules], ...ownTexts(reading, column).map((text) => text.trim().toLowerCase())];
}

/** The markers of a column. Numeric markers match any spelling: -200, -200.0. */
export function markersOf(reading: MissingReading, column: string): MissingMarkers {
  const own = ownTexts(reading, column);
  const texts = new Set(missingTexts(reading, column));
  const numbers = new Set(own.filter(isNumber).map(Number));
  // None of the usual texts is a number.
  const areWords = !own.some((text) => isNumber(text.trim()));
  const inWords = (text: string, number = numberIn(text)) => {
    const isWord = Number.isNaN(number);
    if (areWords && !isWord) return false;
    return texts.has(text.toLowerCase()) || (!isWord && numbers.has(number));
  };
  const inNumbers = (text: string, number = numberIn(text)) =>
    inWords(text, number) || (Number.isNaN(number) && text.toLowerCase() === WORD_OR_MISSING);
  return { inWords, inNumbers, numbersMayMatch: !areWords };
}

/** The default markers, for detection before the settings are known. */
export function isUsuallyMissing(text: string): boolean {
  return usual[2].includes(text.toLowerCase());
}

export function isNone(text: string): boolean {
  return text.toLowerCase() === WORD_OR_MISSING;
}

/** Checks that `missingIn` entries refer to existing columns. */
export function missingInIssues(reading: CsvReading, names: readonly string[], issues: IssueList): void {
  for (const entry of reading.missingIn) {
    const given = missingInOf(entry);
    if (given === undefined) issues.add('missingIn', `must be COLUMN=TEXT, got ${entry}`);
    else if (!names.includes(given.column)) issues.add('missingIn', `there is no column ${given.column}`);
  }
}
