/** What is odd in a column of inputs. */
import { type Column, countNone, MAX_CATEGORIES, presentTexts } from './columns.ts';
import type { CsvTable } from './csv-table.ts';
import type { Task } from './dataset.ts';
import { shortened } from './faults.ts';
import { type Hint, hint, leaveOut } from './hint.ts';
import { isNumber } from './number-format.ts';
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
      const message = `${rows} of ${texts.length} values are no numbers, such as ${shortened(word)}; category=${name} takes the column as words, missingIn=${name}=${shortened(word)} takes this one as missing`;
      hints.push(
        hint('wordAmongNumbers', column, message, [
          { label: 'words', option: 'category', values: [name] },
          { label: `${shortened(word)} is missing`, option: 'missingIn', values: [`${name}=${word}`] },
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
