/** Warnings about readable files: content that probably causes problems, and how to fix it. */

import { countMissing } from './column.ts';
import { columnHints } from './column-hints.ts';
import type { CsvTable } from './csv-table.ts';
import { type Hint, hint, hintCodes, type Offer } from './hint.ts';
import type { CsvReading } from './reading.ts';
import { type TargetFacts, targetHints } from './target-hints.ts';
import { hasLostCharacters, type TableSource } from './typed-table.ts';

const MAX_OF_A_KIND = 8;

/** All hints by column, starting with those about the whole file. */
export function hintsOf(source: TableSource, table: CsvTable, reading: CsvReading, target: TargetFacts): Hint[] {
  const hints = [
    ...fileHints(source, table, reading),
    ...targetHints(table.target, target),
    ...table.features.flatMap(({ column, kind }) => columnHints(column, kind, table, reading, target.task)),
  ];
  return fewOfEach(hints);
}

/** Limits the hints of one kind and summarizes the others. */
function fewOfEach(hints: readonly Hint[]): Hint[] {
  return hintCodes.flatMap((code) => {
    const same = hints.filter((one) => one.code === code);
    if (same.length <= MAX_OF_A_KIND) return same;
    const more = same.length - MAX_OF_A_KIND;
    const message = `the same applies to ${more} ${more === 1 ? 'more column' : 'more columns'}`;
    return [...same.slice(0, MAX_OF_A_KIND), { code, column: null, message, offers: offerOfAll(same) }];
  });
}

/** If each column can be left out, offers to leave out all of them. */
function offerOfAll(hints: readonly Hint[]): Offer[] {
  const values = hints.flatMap(({ offers }) => offers.find(({ option }) => option === 'ignore')?.values ?? []);
  return values.length < hints.length ? [] : [{ label: `leave out all ${hints.length}`, option: 'ignore', values }];
}

function fileHints(source: TableSource, table: CsvTable, reading: CsvReading): Hint[] {
  const hints: Hint[] = [];
  if (!reading.header && reading.guessed.includes('header')) {
    const message = 'the first line looks like a row, not like column names; if it has names, set header=true';
    hints.push(
      hint('headerless', null, message, [
        { label: 'it is a row', option: 'header', values: ['false'] },
        { label: 'it has names', option: 'header', values: ['true'] },
      ]),
    );
  }
  if (hasLostCharacters(source)) {
    const message = 'the file contains �: characters were lost before the upload; export it again as UTF-8';
    hints.push(hint('lostCharacters', null, message));
  }
  const isText = typeof source === 'string';
  if (reading.guessed.includes('encoding') && reading.encoding === 'windows-1252' && isText && !looksWestern(source)) {
    const message = 'the file is not UTF-8 and does not look like a Western language: set its encoding with encoding=';
    const encodings = ['windows-1251', 'windows-1250', 'windows-1253', 'gb18030', 'shift_jis'];
    const offers = encodings.map((value): Offer => ({ label: value, option: 'encoding', values: [value] }));
    hints.push(hint('encoding', null, message, offers));
  }
  const gaps = table.features.filter(({ column }) => column.missing.includes(1));
  const missing = gaps.reduce((sum, { column }) => sum + countMissing(column), countMissing(table.target));
  if (missing > 0 && reading.missing === 'refuse') {
    const message = `${missing} ${missing === 1 ? 'value is' : 'values are'} missing; missing=fill fills inputs and drops rows without a target, missing=drop drops all rows with a missing value`;
    hints.push(
      hint('missing', null, message, [
        { label: 'fill them', option: 'missing', values: ['fill'] },
        { label: 'drop their rows', option: 'missing', values: ['drop'] },
      ]),
    );
  }
  return hints;
}

/** Characters sampled from a text. */
const SAMPLE_CHARACTERS = 256 * 1024;

/**
 * Whether a text decoded as Windows-1252 is plausible: it has no undefined bytes, and its words have more letters without accents than
 * with.
 */
function looksWestern(text: string): boolean {
  const sample = text.slice(0, SAMPLE_CHARACTERS);
  if (/[\u0081\u008d\u008f\u0090\u009d]/.test(sample)) return false;
  const accented = sample.match(/[a-zß-ÿÀ-Þ]*[ß-ÿÀ-Þ][a-zß-ÿÀ-Þ]*/gi)?.join('') ?? '';
  const plain = accented.match(/[a-z]/gi)?.length ?? 0;
  return accented.length < 20 || plain * 2 > accented.length;
}
