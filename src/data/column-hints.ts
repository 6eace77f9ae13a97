/** Hints about the columns of inputs. */
import { type Column, countDifferent, countMissing, isWhole, presentNumbers, presentTexts } from './column.ts';
import { countNone, MAX_CATEGORIES } from './columns.ts';
import type { CsvTable } from './csv-table.ts';
import type { Task } from './dataset.ts';
import { shortened } from './faults.ts';
import { type Hint, hint, leaveOut } from './hint.ts';
import type { CsvReading } from './reading.ts';

const identifying = /^(id|uuid|guid|key|index)$|[_ .-](id|uuid|guid|no|nr)$|[a-z](Id|ID)$|^unnamed: ?0$/i;
const dates = /^\d{4}[-/.]\d{1,2}[-/.]\d{1,2}([T ].*)?$|^\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}([T ].*)?$/;
const WORDS_OF_TEXT = 5;

export function columnHints(
  column: Column,
  kind: Column['kind'],
  { target, renamed }: CsvTable,
  reading: CsvReading,
  task: Task,
): Hint[] {
  const present = column.rows - countMissing(column);
  const different = countDifferent(column);
  const hints: Hint[] = [];
  const nameless = /^column\d+( \(\d+\))?$/.test(column.name);
  if (renamed.includes(column.name) && !nameless) {
    hints.push(hint('renamed', column, 'another column has the same name; this one was renamed'));
  }
  const counts = present === column.rows && countsUp(column.numbers);
  if (renamed.includes(column.name) && nameless) {
    const what = counts ? 'has no name and numbers the rows: an index' : 'has no name';
    hints.push(hint('nameless', column, `${what}; ignore=${column.name} leaves it out`, [leaveOut(column)]));
  } else if (counts) {
    const message = `numbers the rows, which says nothing about new rows; ignore=${column.name} leaves it out`;
    hints.push(hint('rowNumber', column, message, [leaveOut(column)]));
  } else if (kind === 'number') hints.push(...numberHints(column, different, present));
  else hints.push(...wordHints(column, presentTexts(column), different, reading));
  if (different <= 1) {
    const message = `is the same in every row; ignore=${column.name} leaves it out`;
    return [hint('constant', column, message, [leaveOut(column)])];
  }
  if (saysTheSame(column, target, task)) {
    const message = `determines ${target.name} in every row: it leaks the target; ignore=${column.name} leaves it out`;
    hints.push(hint('copyOfTarget', column, message, [leaveOut(column)]));
  }
  return hints;
}

/** Hints about the values of a column of numbers. */
function numberHints(column: Column, different: number, present: number): Hint[] {
  const { name, isTyped } = column;
  const hints: Hint[] = [];
  const numbers = presentNumbers(column);
  const words = numbers.reduce((sum, number) => sum + (Number.isNaN(number) ? 1 : 0), 0);
  if (words > 0) {
    const word = presentTexts(column)[numbers.findIndex(Number.isNaN)]!;
    const message = `${words} of ${present} values are not numbers, such as ${shortened(word)}; category=${name} treats the column as categories, missingIn=${name}=${shortened(word)} treats this value as missing`;
    hints.push(
      hint('wordAmongNumbers', column, message, [
        { label: 'words', option: 'category', values: [name] },
        { label: `${shortened(word)} is missing`, option: 'missingIn', values: [`${name}=${word}`] },
        leaveOut(column),
      ]),
    );
  }
  if (different === present && present > 1 && identifying.test(name) && isWhole(column)) {
    hints.push(hint('identifier', column, `identifies the rows; ignore=${name} leaves it out`, [leaveOut(column)]));
  }
  if (!isTyped && presentTexts(column).some(startsWithZero)) {
    const message = `has numbers that start with 0, like codes; category=${name} treats them as categories`;
    hints.push(
      hint('codeAsNumber', column, message, [{ label: 'words', option: 'category', values: [name] }, leaveOut(column)]),
    );
  }
  return hints;
}

/** Hints about the values of a column of words. */
function wordHints(column: Column, texts: readonly string[], different: number, reading: CsvReading): Hint[] {
  const { name } = column;
  const hints: Hint[] = [];
  const share = (test: (text: string) => boolean) => texts.filter(test).length / Math.max(texts.length, 1);
  const offers = [
    leaveOut(column),
    { label: `the ${MAX_CATEGORIES} most frequent, and "other"`, option: 'frequent', values: [name] } as const,
  ];
  if (share((text) => dates.test(text)) > 0.9) {
    const message = `has dates, each of which would be a category; ignore=${name} leaves it out; use separate columns for year, month or weekday instead`;
    return [hint('date', column, message, [leaveOut(column)])];
  }
  if (share((text) => text.split(/\s+/).length >= WORDS_OF_TEXT) > 0.5 && different * 2 > texts.length) {
    const message = `has free text, each of which would be a category; ignore=${name} leaves it out`;
    return [hint('freeText', column, message, [leaveOut(column)])];
  }
  if (different > 20 && different > 0.9 * texts.length) {
    const message = `is different in almost every row, like an identifier; ignore=${name} leaves it out`;
    hints.push(hint('identifier', column, message, [leaveOut(column)]));
  }
  if (different > MAX_CATEGORIES && !reading.frequent.includes(name)) {
    const message = `has ${different} categories, more than the limit of ${MAX_CATEGORIES}: ignore=${name} leaves it out, frequent=${name} keeps the most frequent`;
    hints.push(hint('manyWords', column, message, offers));
  }
  const none = reading.rules > 1 ? countNone(column) : 0;
  if (none > 0) {
    const spelled = texts.find((text) => text.toLowerCase() === 'none')!;
    const message = `${spelled} in ${none} ${none === 1 ? 'row' : 'rows'} is treated as a category; missingIn=${name}=${spelled} treats it as missing`;
    hints.push(
      hint('noneAsWord', column, message, [{ label: 'missing', option: 'missingIn', values: [`${name}=${spelled}`] }]),
    );
  }
  return hints;
}

const ZERO = 48;
const NINE = 57;

/** A zero and another digit, after a sign that may be there. */
function startsWithZero(text: string): boolean {
  const first = text.charCodeAt(0);
  const at = first === 43 || first === 45 ? 1 : 0;
  const next = text.charCodeAt(at + 1);
  return text.charCodeAt(at) === ZERO && next >= ZERO && next <= NINE;
}

/** Whether a column is 0, 1, 2, … or 1, 2, 3, … in row order. */
function countsUp(numbers: Float64Array): boolean {
  const [first] = numbers;
  return (first === 0 || first === 1) && numbers.length > 2 && numbers.every((number, row) => number === first + row);
}

/** Whether the column and the target determine each other. */
function saysTheSame(column: Column, target: Column, task: Task): boolean {
  if (task === 'regression') {
    if (column.kind !== 'number') return false;
    for (let row = 0; row < column.rows; row++)
      if (Number(column.textAt(row)) !== Number(target.textAt(row))) return false;
    return true;
  }
  const there = new Map<string, string>();
  const back = new Map<string, string>();
  for (let row = 0; row < column.rows; row++) {
    const [text, label] = [column.textAt(row), target.textAt(row)];
    if ((there.get(text) ?? label) !== label || (back.get(label) ?? text) !== text) return false;
    there.set(text, label);
    back.set(label, text);
  }
  return there.size > 1;
}
