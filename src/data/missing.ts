/** Which texts mean that a value is missing: the usual ones, and those that a reading names. */
import type { FaultList } from './faults.ts';
import { isNumber } from './number-format.ts';
import { type CsvReading, missingInOf } from './reading.ts';

/** In lower case; by rules of reading. */
const usual: Readonly<Record<CsvReading['rules'], readonly string[]>> = {
  1: ['', 'na', 'n/a', 'nan', 'null', 'none', '?'],
  2: ['', 'na', 'n/a', '#n/a', 'nan', '-nan', 'null', '<na>', '?', '.', '-'],
};
/** Missing among numbers; in a column of words it is a word: 48 of 60 cars with "none" as extra have no extra. */
const WORD_OR_MISSING = 'none';

export interface MissingMarkers {
  /** Whether the text means so in a column of words. */
  inWords(text: string): boolean;
  /** Whether it does in a column of numbers; and where it is not known yet what the column holds. */
  inNumbers(text: string): boolean;
}

/** Markers of one column. A marker that is a number is found however it is spelled: -200, -200.0. */
export function markersOf(reading: CsvReading, column: string): MissingMarkers {
  const own = [...reading.missingValues];
  for (const entry of reading.missingIn) {
    const given = missingInOf(entry);
    if (given?.column === column) own.push(given.text);
  }
  const texts = new Set([...usual[reading.rules], ...own.map((text) => text.trim().toLowerCase())]);
  const numbers = new Set(own.filter(isNumber).map(Number));
  const inWords = (text: string) =>
    texts.has(text.toLowerCase()) || (numbers.size > 0 && isNumber(text) && numbers.has(Number(text)));
  return { inWords, inNumbers: (text) => inWords(text) || text.toLowerCase() === WORD_OR_MISSING };
}

/** What is missing whatever the column, by the rules of today: for guesses, before there is a reading. */
export function isUsuallyMissing(text: string): boolean {
  return usual[2].includes(text.toLowerCase());
}

export function isNone(text: string): boolean {
  return text.toLowerCase() === WORD_OR_MISSING;
}

/** Faults of `missingIn` entries that name no column. */
export function missingInFaults(reading: CsvReading, names: readonly string[], faults: FaultList): void {
  for (const entry of reading.missingIn) {
    const given = missingInOf(entry);
    if (given === undefined) faults.add('missingIn', `must be COLUMN=TEXT, got ${entry}`);
    else if (!names.includes(given.column)) faults.add('missingIn', `there is no column ${given.column}`);
  }
}
