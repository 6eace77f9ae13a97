/** Warnings about a file that can be read: what in it will not do what its owner hopes for, and what to do. */
import { columnHints } from './column-hints.ts';
import { countMissing } from './columns.ts';
import type { CsvTable } from './csv-table.ts';
import { type Hint, hint, hintCodes, type Offer } from './hint.ts';
import type { CsvReading } from './reading.ts';
import { type TargetFacts, targetHints } from './target-hints.ts';

const MAX_OF_A_KIND = 8;

/** All hints, by what they are about; those about the whole file first. */
export function hintsOf(text: string, table: CsvTable, reading: CsvReading, target: TargetFacts): Hint[] {
  const hints = [
    ...fileHints(text, table, reading),
    ...targetHints(table.target, target),
    ...table.features.flatMap(({ column, kind }) => columnHints(column, kind, table, reading, target.task)),
  ];
  return fewOfEach(hints);
}

/** Of hints of one kind, the first few, and one that counts the others. */
function fewOfEach(hints: readonly Hint[]): Hint[] {
  return hintCodes.flatMap((code) => {
    const same = hints.filter((one) => one.code === code);
    if (same.length <= MAX_OF_A_KIND) return same;
    const more = same.length - MAX_OF_A_KIND;
    const message = `${more} more columns: the same is true of them`;
    return [...same.slice(0, MAX_OF_A_KIND), { code, column: null, message, offers: offerOfAll(same) }];
  });
}

/** Where each of them may be left out: all of them. */
function offerOfAll(hints: readonly Hint[]): Offer[] {
  const values = hints.flatMap(({ offers }) => offers.find(({ option }) => option === 'ignore')?.values ?? []);
  return values.length < hints.length ? [] : [{ label: `leave out all ${hints.length}`, option: 'ignore', values }];
}

function fileHints(text: string, table: CsvTable, reading: CsvReading): Hint[] {
  const hints: Hint[] = [];
  if (!reading.header && reading.guessed.includes('header')) {
    const message = 'the first line looks like a row, not like names; is it one? header=true takes it for names';
    hints.push(
      hint('headerless', null, message, [
        { label: 'it is a row', option: 'header', values: ['false'] },
        { label: 'it holds names', option: 'header', values: ['true'] },
      ]),
    );
  }
  if (text.includes('\ufffd')) {
    const message = 'the file holds �, where characters were lost before it was uploaded; export it again as UTF-8';
    hints.push(hint('lostCharacters', null, message));
  }
  if (reading.guessed.includes('encoding') && reading.encoding === 'windows-1252' && !looksWestern(text)) {
    const message =
      'the letters do not look like those of a Western language, and the file is not UTF-8: what is it encoded in? encoding= says so';
    const encodings = ['windows-1251', 'windows-1250', 'windows-1253', 'gb18030', 'shift_jis'];
    const offers = encodings.map((value): Offer => ({ label: value, option: 'encoding', values: [value] }));
    hints.push(hint('encoding', null, message, offers));
  }
  const gaps = table.features.filter(({ column }) => column.missing.includes(1));
  const missing = gaps.reduce((sum, { column }) => sum + countMissing(column), countMissing(table.target));
  if (missing > 0 && reading.missing === 'refuse') {
    const message = `${missing} values are missing; missing=fill fills inputs and leaves out rows without a target, missing=drop leaves out every row with a gap`;
    hints.push(
      hint('missing', null, message, [
        { label: 'fill them', option: 'missing', values: ['fill'] },
        { label: 'leave their rows out', option: 'missing', values: ['drop'] },
      ]),
    );
  }
  return hints;
}

/** How much of a text is looked at. */
const LOOKED_AT = 256 * 1024;

/**
 * Whether a text that was taken for Windows-1252 may be: bytes that it leaves open are not there, and words with accents have more letters
 * without.
 */
function looksWestern(text: string): boolean {
  const sample = text.slice(0, LOOKED_AT);
  if (/[\u0081\u008d\u008f\u0090\u009d]/.test(sample)) return false;
  const accented = sample.match(/[a-zß-ÿÀ-Þ]*[ß-ÿÀ-Þ][a-zß-ÿÀ-Þ]*/gi)?.join('') ?? '';
  const plain = accented.match(/[a-z]/gi)?.length ?? 0;
  return accented.length < 20 || plain * 2 > accented.length;
}
