/** Warnings about a file that can be read: what in it will not do what its owner hopes for, and what to do. */
import { type Column, countMissing, countNone, MAX_CATEGORIES, presentTexts, sameSpelling } from './columns.ts';
import type { CsvTable } from './csv-table.ts';
import type { Task } from './dataset.ts';
import { isNumber } from './number-format.ts';
import type { CsvReading } from './reading.ts';

export const hintCodes = [
  'headerless',
  'nameless',
  'renamed',
  'lostCharacters',
  'rowNumber',
  'identifier',
  'date',
  'freeText',
  'copyOfTarget',
  'constant',
  'manyWords',
  'noneAsWord',
  'codeAsNumber',
  'wordAmongNumbers',
  'missing',
  'task',
  'fewRowsOfClass',
  'unbalanced',
] as const;

/** A choice that is offered: repeat the upload with this option. */
export interface Offer {
  readonly label: string;
  readonly option: 'ignore' | 'category' | 'frequent' | 'missing' | 'missingIn' | 'header' | 'task' | 'encoding';
  /** Each is given to the option; most offers have one. */
  readonly values: readonly string[];
}

export interface Hint {
  readonly code: (typeof hintCodes)[number];
  /** The column it is about; null for the whole file. */
  readonly column: string | null;
  readonly message: string;
  readonly offers: readonly Offer[];
}

/** What is seen in the target. */
export interface TargetFacts {
  readonly task: Task;
  /** Whether the task was asked for. */
  readonly asked: boolean;
  readonly classes: readonly string[];
}

const MOST_OF_A_KIND = 8;
/** Classes of fewer rows than this cannot be in every one of five folds. */
const USUAL_FOLDS = 5;
const MOST_CLASSES_ASKED = 100;
const UNBALANCED = 0.95;

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
    if (same.length <= MOST_OF_A_KIND) return same;
    const more = same.length - MOST_OF_A_KIND;
    const message = `${more} more columns: the same is true of them`;
    return [...same.slice(0, MOST_OF_A_KIND), { code, column: null, message, offers: offerOfAll(same) }];
  });
}

/** Where each of them may be left out: all of them. */
function offerOfAll(hints: readonly Hint[]): Offer[] {
  const values = hints.flatMap(({ offers }) => offers.find(({ option }) => option === 'ignore')?.values ?? []);
  return values.length < hints.length ? [] : [{ label: `leave out all ${hints.length}`, option: 'ignore', values }];
}

const leaveOut = ({ name }: Column): Offer => ({ label: 'leave it out', option: 'ignore', values: [name] });

function hint(code: Hint['code'], column: Column | null, message: string, offers: readonly Offer[] = []): Hint {
  return { code, column: column?.name ?? null, message, offers };
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

function targetHints(column: Column, { task, asked, classes }: TargetFacts): Hint[] {
  const hints: Hint[] = [];
  const texts = presentTexts(column);
  const whole = column.kind === 'number' && texts.every((text) => isNumber(text) && Number.isInteger(Number(text)));
  const distinct = whole ? new Set(texts.map(Number)).size : 0;
  if (!asked && distinct > 2 && distinct <= MOST_CLASSES_ASKED && distinct * 2 <= texts.length) {
    const [is, not] = task === 'classification' ? ['classes', 'a quantity'] : ['a quantity', 'classes'];
    const message = `${distinct} different whole numbers: taken for ${is}; are they ${not}? task=classification or task=regression says so`;
    hints.push(
      hint('task', column, message, [
        { label: 'classes', option: 'task', values: ['classification'] },
        { label: 'a quantity', option: 'task', values: ['regression'] },
      ]),
    );
  }
  if (task === 'classification') hints.push(...classHints(column, texts.map(sameSpelling), classes));
  return hints;
}

function classHints(column: Column, labels: readonly string[], classes: readonly string[]): Hint[] {
  const counts = new Map<string, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  const hints: Hint[] = [];
  const few = classes.filter((label) => (counts.get(label) ?? 0) < USUAL_FOLDS);
  if (few.length > 0) {
    const some = few.slice(0, 5).map((label) => `${shown(label)} (${counts.get(label) ?? 0})`);
    const more = few.length > some.length ? ` and ${few.length - some.length} more` : '';
    const message = `classes of fewer than ${USUAL_FOLDS} rows: ${some.join(', ')}${more}; they are missing from some folds of a cross-validation: merge them, or leave their rows out`;
    hints.push(hint('fewRowsOfClass', column, message));
  }
  const [most, count] = [...counts].reduce((best, one) => (one[1] > best[1] ? one : best), ['', 0]);
  if (count > UNBALANCED * labels.length && counts.size > 1) {
    const share = ((100 * count) / labels.length).toFixed(1);
    const message = `${share} % of the rows are ${shown(most)}: whoever always says so is as accurate; search for validationMacroF1 instead of validationAccuracy`;
    hints.push(hint('unbalanced', column, message));
  }
  return hints;
}

const identifying = /^(id|uuid|guid|key|index)$|[_ .-](id|uuid|guid|no|nr)$|[a-z](Id|ID)$|^unnamed: ?0$/i;
const dates = /^\d{4}[-/.]\d{1,2}[-/.]\d{1,2}([T ].*)?$|^\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}([T ].*)?$/;
const WORDS_OF_TEXT = 5;

function columnHints(
  column: Column,
  kind: Column['kind'],
  { target, renamed }: CsvTable,
  reading: CsvReading,
  task: Task,
): Hint[] {
  const texts = presentTexts(column);
  const different = new Set(texts).size;
  const hints: Hint[] = [];
  const nameless = /^column\d+( \(\d+\))?$/.test(column.name);
  if (renamed.includes(column.name) && !nameless) {
    hints.push(hint('renamed', column, 'another column has the same name; this one was given a name of its own'));
  }
  const counts = texts.length === column.texts.length && countsUp(texts);
  if (renamed.includes(column.name) && nameless) {
    const what = counts ? 'has no name and counts the rows: an index' : 'has no name';
    hints.push(hint('nameless', column, `${what}; ignore=${column.name} leaves it out`, [leaveOut(column)]));
  } else if (counts) {
    const message = `counts the rows: it says nothing of a new one; ignore=${column.name} leaves it out`;
    hints.push(hint('rowNumber', column, message, [leaveOut(column)]));
  } else hints.push(...valueHints(column, kind, texts, different, reading));
  if (different <= 1) {
    const message = `is the same in every row; ignore=${column.name} leaves it out`;
    return [hint('constant', column, message, [leaveOut(column)])];
  }
  if (saysTheSame(column, target, task)) {
    const message = `says the same as ${target.name} in every row: what is to be predicted is given away; ignore=${column.name} leaves it out`;
    hints.push(hint('copyOfTarget', column, message, [leaveOut(column)]));
  }
  return hints;
}

/** What the values of one column look like. */
function valueHints(
  column: Column,
  kind: Column['kind'],
  texts: readonly string[],
  different: number,
  reading: CsvReading,
): Hint[] {
  const { name } = column;
  const hints: Hint[] = [];
  const unique = different === texts.length && texts.length > 1;
  const share = (test: (text: string) => boolean) => texts.filter(test).length / Math.max(texts.length, 1);
  const offers = [
    leaveOut(column),
    { label: `the ${MAX_CATEGORIES} most frequent, and "other"`, option: 'frequent', values: [name] } as const,
  ];
  if (kind === 'number') {
    const word = texts.find((text) => !isNumber(text));
    if (word !== undefined) {
      const rows = texts.filter((text) => !isNumber(text)).length;
      const message = `${rows} of ${texts.length} values are no numbers, such as ${shown(word)}; category=${name} takes the column as words, missingIn=${name}=${shown(word)} takes this one as missing`;
      hints.push(
        hint('wordAmongNumbers', column, message, [
          { label: 'words', option: 'category', values: [name] },
          { label: `${shown(word)} is missing`, option: 'missingIn', values: [`${name}=${word}`] },
          leaveOut(column),
        ]),
      );
    }
    const whole = texts.every((text) => Number.isInteger(Number(text)));
    if (unique && whole && identifying.test(name)) {
      hints.push(hint('identifier', column, `names a row; ignore=${name} leaves it out`, [leaveOut(column)]));
    }
    if (texts.some((text) => /^[+-]?0\d/.test(text))) {
      const message = `has numbers that begin with 0, as codes do; category=${name} takes them as words`;
      hints.push(
        hint('codeAsNumber', column, message, [
          { label: 'words', option: 'category', values: [name] },
          leaveOut(column),
        ]),
      );
    }
    return hints;
  }
  if (share((text) => dates.test(text)) > 0.9) {
    const message = `holds dates, of which each would be a word; ignore=${name} leaves it out; year, month or weekday as columns of their own can be learned from`;
    return [hint('date', column, message, [leaveOut(column)])];
  }
  if (share((text) => text.split(/\s+/).length >= WORDS_OF_TEXT) > 0.5 && different * 2 > texts.length) {
    const message = `holds free text, which is not read: every text would be a word of its own; ignore=${name} leaves it out`;
    return [hint('freeText', column, message, [leaveOut(column)])];
  }
  if (different > 20 && different > 0.9 * texts.length) {
    const message = `is different in nearly every row, as an identifier is; ignore=${name} leaves it out`;
    hints.push(hint('identifier', column, message, [leaveOut(column)]));
  }
  if (different > MAX_CATEGORIES && !reading.frequent.includes(name)) {
    const message = `has ${different} different words; at most ${MAX_CATEGORIES} are read: ignore=${name} leaves it out, frequent=${name} keeps the most frequent`;
    hints.push(hint('manyWords', column, message, offers));
  }
  const none = reading.rules > 1 ? countNone(column) : 0;
  if (none > 0) {
    const spelled = texts.find((text) => text.toLowerCase() === 'none')!;
    const message = `${spelled} in ${none} rows is taken as a word like the others; missingIn=${name}=${spelled} takes it as missing`;
    hints.push(
      hint('noneAsWord', column, message, [{ label: 'missing', option: 'missingIn', values: [`${name}=${spelled}`] }]),
    );
  }
  return hints;
}

/** Whether a column is 0, 1, 2, … or 1, 2, 3, … in the order of the rows. */
function countsUp(texts: readonly string[]): boolean {
  const first = Number(texts[0]);
  return (
    (first === 0 || first === 1) &&
    texts.length > 2 &&
    texts.every((text, row) => isNumber(text) && Number(text) === first + row)
  );
}

/** Whether a value tells the target exactly, and the other way round. */
function saysTheSame(column: Column, target: Column, task: Task): boolean {
  if (task === 'regression') {
    return column.kind === 'number' && column.texts.every((text, row) => Number(text) === Number(target.texts[row]));
  }
  const there = new Map<string, string>();
  const back = new Map<string, string>();
  for (const [row, text] of column.texts.entries()) {
    const label = target.texts[row]!;
    if ((there.get(text) ?? label) !== label || (back.get(label) ?? text) !== text) return false;
    there.set(text, label);
    back.set(label, text);
  }
  return there.size > 1;
}

function shown(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
