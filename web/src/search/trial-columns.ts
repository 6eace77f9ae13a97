/** The columns of the table of trials, and how it is filtered and sorted. Pure. */
import type { Direction } from '../../../src/algorithms/objective.ts';
import type { Value } from '../../../src/algorithms/space/space.ts';
import { didYouMean } from '../../../src/domain/did-you-mean.ts';
import { ownFindings } from '../../../src/domain/finding-scope.ts';
import type { Settings } from '../../../src/domain/specification/settings.ts';
import { ranked } from './history-data.ts';
import type { TrialRow } from './model.ts';
import { quoted, unquoted, valuesIn } from './quoted.ts';
import { shownState, shownStates } from './shown-state.ts';
import { isNumeric, scoredIn, type Varied } from './space.ts';

export interface Column {
  readonly name: string;
  readonly title: string;
  /** In pixels, because virtual rows must have the same widths. */
  readonly width: number;
  /** Aligned on the right. */
  readonly numeric: boolean;
  readonly of: (trial: TrialRow) => Value | null | undefined;
  /** Only for a column of lists: a condition holds if it holds for one of the words. */
  readonly wordsOf?: (trial: TrialRow) => readonly string[];
  /** Only for a column that has no other values: what `=` may ask for. */
  readonly choices?: readonly string[];
  /** Only for a column whose values are counts: what is counted. */
  readonly textsOf?: (trial: TrialRow) => readonly string[];
}

/** Names of columns that are no hyperparameters. Epochs are those trained, unless they are a hyperparameter. */
const own = new Set([
  ...['number', 'value', 'state', 'durationMs', 'found', 'tags', 'notes', 'reason', 'epochsTrained'],
  // Titles are names too.
  ...['trial', 'duration', 'problems'],
]);

/** The column of a hyperparameter: imported trials may have one of any name. */
export function columnNameOf(hyperparameter: string): string {
  return own.has(hyperparameter) ? `hyperparameters.${hyperparameter}` : hyperparameter;
}

/** `hyperparameters`: of the search, whose own findings are not those of each trial. */
export function columnsOf(varied: readonly Varied[], metric: string, hyperparameters: Settings): Column[] {
  const problemsOf = ({ found }: TrialRow) => ownFindings(found, hyperparameters);
  const areEpochsVaried = varied.some(({ name }) => name === 'epochs');
  return [
    { name: 'number', title: 'trial', width: 82, numeric: true, of: (trial) => trial.number },
    { name: 'value', title: metric, width: widthOf(metric), numeric: true, of: (trial) => trial.value },
    { name: 'state', title: 'state', width: 124, numeric: false, of: shownState, choices: shownStates },
    ...varied
      .map((one) => one.name)
      .map((name, i) => ({
        name: columnNameOf(name),
        title: columnNameOf(name),
        width: widthOf(columnNameOf(name)),
        numeric: isNumeric(varied[i]!),
        of: (trial: TrialRow) => trial.point[name],
        ...choicesOf(varied[i]!),
      })),
    {
      ...(areEpochsVaried
        ? { name: 'epochsTrained', title: 'epochs trained', width: widthOf('epochs trained') }
        : { name: 'epochs', title: 'epochs', width: 82 }),
      numeric: true,
      of: (trial) => trial.epochs,
    },
    { name: 'durationMs', title: 'duration', width: 112, numeric: true, of: (trial) => trial.durationMs },
    {
      name: 'found',
      title: 'problems',
      width: 240,
      numeric: false,
      of: (trial) => problemsOf(trial).length,
      textsOf: problemsOf,
    },
    {
      name: 'tags',
      title: 'tags',
      width: 180,
      numeric: false,
      of: ({ tags }) => tags.join(' ') || null,
      wordsOf: ({ tags }) => tags,
    },
    { name: 'notes', title: 'notes', width: 240, numeric: false, of: ({ notes }) => notes || null },
    { name: 'reason', title: 'reason', width: 380, numeric: false, of: (trial) => trial.reason },
  ];
}

/** The columns that are shown: the pinned ones first, and the number of the trial always. */
export function shownColumns(
  columns: readonly Column[],
  hidden: readonly string[],
  pinned: readonly string[],
): { readonly columns: readonly Column[]; readonly pinned: number } {
  const shown = columns.filter(({ name }) => name === 'number' || !hidden.includes(name));
  const isPinned = ({ name }: Column) => name === 'number' || pinned.includes(name);
  const first = shown.filter(isPinned);
  return { columns: [...first, ...shown.filter((column) => !isPinned(column))], pinned: first.length };
}

/** Fits the header with its arrow, and a number of four digits. */
function widthOf(title: string): number {
  return Math.max(108, 8 * title.length + 36);
}

function choicesOf({ distribution }: Varied): Pick<Column, 'choices'> {
  return distribution.distribution === 'categorical' ? { choices: distribution.choices.map(String) } : {};
}

/** Numbers may be written in another way. */
function isChoice(text: string, { choices }: Column): boolean {
  return choices?.some((one) => one === text || Number(one) === Number(text)) ?? true;
}

export interface Range {
  readonly of: Column['of'];
  readonly wordsOf?: Column['wordsOf'];
  readonly relation: '>' | '>=' | '<' | '<=' | '=' | '~';
  /** One, except for `=`, which one of them fulfils; `absent` may follow. */
  readonly bounds: readonly string[];
}

/** In a condition: the trial has no value in that column, such as a hyperparameter that its others rule out. */
export const ABSENT_WORD = 'absent';

/** Names and values that are not one word are in quotation marks. */
const condition = /("(?:[^"]|"")+"|[^\s,;<>=~"]+)\s*(>=|<=|>|<|=|~)\s*((?:"(?:[^"]|"")*"|[^\s,;<>="])+)/g;

/** Parses `learningRate>0.01 optimizer=adam|sgd tags=good notes~odd` (`~`: contains; `momentum=absent`, `momentum>0.5|absent`: without a value) by the names or titles of columns; `issues` say what cannot be understood. */
export function rangesIn(text: string, columns: readonly Column[]): { ranges: Range[]; issues: string[] } {
  const issues = text
    .replace(condition, ' ')
    .split(/[\s,;]+/)
    .filter((word) => word !== '')
    .map((word) => `“${word}” is not a condition such as learningRate>0.01 or optimizer=adam`);
  const ranges = [...text.matchAll(condition)].flatMap(([, written = '', relation, bound = '']): Range[] => {
    const name = unquoted(written);
    const bounds = valuesIn(bound);
    const column = columns.find((one) => one.name === name) ?? columns.find(({ title }) => title === name);
    if (column === undefined) {
      const names = columns.map((one) => one.name);
      issues.push(
        `there is no column ${name}${didYouMean(name, names, quoted) || `; the columns are ${names.map(quoted).join(', ')}`}`,
      );
      return [];
    }
    if (relation !== '=' && relation !== '~' && Number.isNaN(Number(bounds[0]))) {
      issues.push(`${name}${relation} needs a number, got ${bound}`);
      return [];
    }
    const unknown = relation === '=' ? bounds.filter((one) => one !== ABSENT_WORD && !isChoice(one, column)) : [];
    for (const one of unknown) {
      const { choices = [] } = column;
      issues.push(
        `${name} has no choice ${one}${didYouMean(one, choices, quoted) || `; the choices are ${choices.map(quoted).join(', ')}`}`,
      );
    }
    if (unknown.length > 0) return [];
    return [{ of: column.of, wordsOf: column.wordsOf, relation: relation as Range['relation'], bounds }];
  });
  return { ranges, issues };
}

export function filtered(
  trials: readonly TrialRow[],
  { state, finding, ranges }: { readonly state: string; readonly finding: string; readonly ranges: readonly Range[] },
): TrialRow[] {
  return trials.filter(
    (trial) =>
      (state === '' || shownState(trial) === state) &&
      (finding === '' || trial.found.some((code) => code === finding)) &&
      ranges.every(({ of, wordsOf, relation, bounds }) =>
        wordsOf === undefined
          ? holds(of(trial), relation, bounds)
          : wordsOf(trial).some((word) => holds(word, relation, bounds)),
      ),
  );
}

function holds(value: Value | null | undefined, relation: Range['relation'], bounds: readonly string[]): boolean {
  if (value === null || value === undefined) return relation !== '~' && bounds.includes(ABSENT_WORD);
  if (relation === '=') return bounds.some((one) => String(value) === one || Number(value) === Number(one));
  if (relation === '~') return bounds.some((one) => String(value).toLowerCase().includes(one.toLowerCase()));
  const [a, b] = [Number(value), Number(bounds[0])];
  if (relation === '>') return a > b;
  if (relation === '>=') return a >= b;
  return relation === '<' ? a < b : a <= b;
}

/** Sorts by one column, then by number, or without a column by the best; missing values are always last. */
export function sorted(
  trials: readonly TrialRow[],
  columns: readonly Column[],
  sort: string,
  direction: Direction,
): readonly TrialRow[] {
  if (sort === '') {
    return [...ranked(scoredIn(trials), direction), ...trials.filter(({ value }) => value === null)];
  }
  const sign = sort.startsWith('-') ? -1 : 1;
  const column = columns.find(({ name }) => name === sort.replace(/^-/, '')) ?? columns[0]!;
  const keyed = trials.map((trial) => ({ trial, key: column.of(trial) ?? null }));
  keyed.sort((a, b) => {
    if (a.key === null || b.key === null) {
      return (a.key === null ? 1 : 0) - (b.key === null ? 1 : 0) || a.trial.number - b.trial.number;
    }
    const order = a.key < b.key ? -1 : a.key > b.key ? 1 : 0;
    return sign * order || a.trial.number - b.trial.number;
  });
  return keyed.map(({ trial }) => trial);
}
