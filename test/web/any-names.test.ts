/** Imported trials have hyperparameters and choices of any name: in conditions, lists of the address, colours, tooltips and CSV. */
import { expect, it } from 'vitest';
import { tableIn } from '../../src/imports/trials/table.ts';
import { csvOf } from '../../web/src/charts/table.tsx';
import { tooltipText } from '../../web/src/charts/tooltip-text.ts';
import { choiceCondition } from '../../web/src/search/box-conditions.ts';
import { brushedConditions } from '../../web/src/search/parallel-axes.ts';
import { listOf, namesIn } from '../../web/src/search/quoted.ts';
import { selectedCsv } from '../../web/src/search/selection-export.ts';
import type { Scored } from '../../web/src/search/space.ts';
import { colouredBy } from '../../web/src/search/trial-colours.ts';
import { columnNameOf, columnsOf, filtered, rangesIn } from '../../web/src/search/trial-columns.ts';
import { trialsTable } from '../../web/src/search/trials-table.ts';

const float = { distribution: 'float', low: 0, high: 1, scale: 'linear' } as const;
const choices = ['adam', 'say "hi"', '=1+1', 'a|"b'];
const names = ['value', 'trial', 'state', 'epochs', 'duration', 'problems', 'a,b', '"', 'x"y', 'm~2', '-1'];
const varied = [
  ...names.map((name) => ({ name, distribution: float })),
  { name: 'the kind', distribution: { distribution: 'categorical', choices } as const },
];
const columns = columnsOf(varied, 'observed', {});
const trials = [0, 1, 2, 3].map(
  (number) =>
    ({
      ...{ number, state: 'complete', value: 10 * number, stage: 0, epochs: 0, durationMs: null, found: [], tags: [] },
      ...{ notes: '', reason: null, outcome: null },
      point: { ...Object.fromEntries(names.map((name) => [name, number / 4])), 'the kind': choices[number]! },
    }) as unknown as Scored,
);

function numbersOf(condition: string): number[] {
  const { ranges, issues } = rangesIn(condition, columns);
  expect(issues, condition).toEqual([]);
  return filtered(trials, { state: '', finding: '', ranges }).map(({ number }) => number);
}

it('gives every column a name and a title of its own', () => {
  const all = columns.flatMap(({ name, title }) => (name === title ? [name] : [name, title]));
  expect(all.filter((one, i) => all.indexOf(one) !== i)).toEqual([]);
});

it('selects by a brush on the axis of any hyperparameter, and on that of the values', () => {
  for (const i of varied.keys()) {
    const place = (number: number) => (i === names.length ? number : number / 4);
    const brushed = varied.map((_, k) => (k === i ? ([place(1), place(2)] as const) : undefined));
    expect(numbersOf(brushedConditions(brushed, varied, trials)), varied[i]!.name).toEqual([1, 2]);
  }
  expect(numbersOf(brushedConditions([...varied.map(() => undefined), [15, 30]], varied, trials))).toEqual([2, 3]);
});

it('selects each choice alone', () => {
  for (const i of choices.keys()) expect(numbersOf(choiceCondition('the kind', choices, [i, i]))).toEqual([i]);
});

it('names columns and choices as they are to be written', () => {
  expect(rangesIn('"the kid"=1', columns).issues).toEqual(['there is no column the kid; did you mean "the kind"?']);
  expect(rangesIn('nothing=1', columns).issues.join()).toContain('"the kind"');
  expect(rangesIn('"the kind"=nothing', columns).issues.join()).toContain('"say ""hi"""');
});

it('keeps lists of names in the address', () => {
  const all = columns.map(({ name }) => name);
  expect(namesIn(listOf(all))).toEqual(all);
  expect(namesIn('tags,batch size,')).toEqual(['tags', 'batch size']);
});

it('colours by a hyperparameter that is called like another choice of colours', () => {
  expect(colouredBy('state', varied, trials)).toBeUndefined();
  expect(colouredBy('trial', varied, trials)?.of(trials[2]!)).toBe(2);
  for (const name of names) expect(colouredBy(columnNameOf(name), varied, trials)?.of(trials[2]!)).toBe(0.5);
});

it('shows names in tooltips as texts', () => {
  expect(tooltipText(['trial 1', '<img src="x"> & it\'s 3'])).toBe(
    'trial 1<br>&lt;img src=&quot;x&quot;&gt; &amp; it&#39;s 3',
  );
});

it('writes CSV whose columns are those of its rows, and no formulas', () => {
  for (const [text, rows] of [
    [selectedCsv(trials, columns), trials.length],
    [csvOf(trialsTable(trials, varied, 'observed', 'id')), trials.length],
  ] as const) {
    // Refuses two columns of one name, and rows that have more or fewer fields.
    const read = tableIn(text);
    expect(read.rows).toHaveLength(rows);
    expect(read.names).toEqual(expect.arrayContaining(['a,b', 'x"y', "'-1", 'the kind']));
    expect(read.rows.map((row) => row.cell('the kind'))).toEqual(['adam', 'say "hi"', "'=1+1", 'a|"b']);
    expect(read.rows.map((row) => row.cell('a,b'))).toEqual(['0', '0.25', '0.5', '0.75']);
  }
});
