/** The pure parts of the page's views: what is written, filtered, sorted, packed and smoothed. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nameOf, nameOfUrl } from '../../src/client/dataset-name.ts';
import { hyperparameterTable } from '../../src/domain/specification/hyperparameters.ts';
import { unitOf } from '../../web/src/charts/axis.ts';
import {
  noChoices,
  type PreviewColumn,
  parametersOf,
  withDialect,
  withKind,
  withOffer,
} from '../../web/src/datasets/preview.ts';
import { draftOf, issuesAt, leanOf, modeOf, textOf, withPart, withTestRows } from '../../web/src/new-search/draft.ts';
import { groups } from '../../web/src/new-search/groups.ts';
import { sampledOf } from '../../web/src/new-search/sampled.ts';
import type { TrialRow } from '../../web/src/search/model.ts';
import { parallelAxis } from '../../web/src/search/parallel-axes.ts';
import { ranksOf, sharesBelow } from '../../web/src/search/shares.ts';
import { steps } from '../../web/src/search/steps.ts';
import { surface } from '../../web/src/search/surface.ts';
import { throughputOf } from '../../web/src/search/throughput.ts';
import { spanText, timelineLayout } from '../../web/src/search/timeline-layout.ts';
import { columnNameOf, columnsOf, filtered, rangesIn, sorted } from '../../web/src/search/trial-columns.ts';

function row(number: number, more: Partial<TrialRow> = {}): TrialRow {
  return {
    number,
    state: 'complete',
    stage: 0,
    rung: 0,
    attempt: 1,
    value: number / 10,
    deviation: null,
    outcome: 'ok',
    epochs: 3,
    durationMs: 100,
    worker: 'a',
    startedAt: 1000 * number,
    finishedAt: 1000 * number + 100,
    found: [],
    reason: null,
    rule: null,
    notes: '',
    tags: [],
    point: { learningRate: 10 ** -number, activation: number % 2 ? 'relu' : 'tanh' },
    ...more,
  };
}

describe('the table of trials', () => {
  const columns = columnsOf(
    [
      { name: 'learningRate', distribution: { distribution: 'float', low: 1e-5, high: 1, scale: 'log' } },
      { name: 'activation', distribution: { distribution: 'categorical', choices: ['relu', 'tanh'] } },
    ],
    'validationAccuracy',
    {},
  );
  const trials = [row(0), row(1), row(2, { value: null, found: ['deadRelu'], state: 'pruned' }), row(3)];
  const of = (ranges: string, state = '', finding = '') =>
    filtered(trials, { state, finding, ranges: rangesIn(ranges, columns).ranges }).map(({ number }) => number);

  it('filters by state, finding and ranges', () => {
    expect(of('')).toEqual([0, 1, 2, 3]);
    expect(of('', 'pruned')).toEqual([2]);
    const diverged = [...trials, row(4, { outcome: 'diverged', value: null })];
    const inState = (state: string) =>
      filtered(diverged, { state, finding: '', ranges: [] }).map(({ number }) => number);
    expect([inState('diverged'), inState('complete')]).toEqual([[4], [0, 1, 3]]);
    expect(of('', '', 'deadRelu')).toEqual([2]);
    expect(of('learningRate>=0.01')).toEqual([0, 1, 2]);
    expect(of('learningRate < 0.5, value>=0.1')).toEqual([1, 3]);
    expect(of('activation=relu')).toEqual([1, 3]);
  });
  it('keeps trials without a value where a condition says so', () => {
    const without = [...trials, row(4, { point: {}, value: null })];
    const kept = (text: string) => {
      const { ranges, issues } = rangesIn(text, columns);
      return [filtered(without, { state: '', finding: '', ranges }).map(({ number }) => number), issues];
    };
    expect(kept('learningRate>=0.01')).toEqual([of('learningRate>=0.01'), []]);
    expect(kept('learningRate>=0.01|absent')).toEqual([[...of('learningRate>=0.01'), 4], []]);
    expect(kept('activation=absent')).toEqual([[4], []]);
    expect(kept('activation=relu|absent')).toEqual([[...of('activation=relu'), 4], []]);
  });
  it('reads the title of a column as its name', () => expect(of('trial=2')).toEqual([2]));
  it.each([
    ['lr>0.1', ['there is no column lr; did you mean learningRate?']],
    ['nonsense>3', [expect.stringMatching(/^there is no column nonsense; the columns are number, value, state/)]],
    ['what value>', ['“what” is not', '“value>” is not'].map((start) => expect.stringContaining(start))],
    ['value>high', ['value> needs a number, got high']],
    ['activation=rellu', ['activation has no choice rellu; did you mean relu?']],
    ['activation=relu|swish', ['activation has no choice swish; the choices are relu, tanh']],
    ['state=done', [expect.stringMatching(/^state has no choice done; the choices are waiting, running/)]],
    ['activation~anh state=pruned|complete', []],
    ['learningRate<0.5 activation=relu', []],
  ])('says what it does not understand: %s', (text, issues) => {
    expect(rangesIn(text, columns).issues).toEqual(issues);
  });
  it('has a column of its own for a hyperparameter of any name, which a box selects by', () => {
    const float = { distribution: 'float', low: 0, high: 1, scale: 'linear' } as const;
    const choices = ['adam', 'adam w', 'a|b'];
    const varied = [
      ...['model.lr', 'batch size', 'value', 'tags', 'epochs'].map((name) => ({ name, distribution: float })),
      { name: 'optim/name', distribution: { distribution: 'categorical', choices } as const },
    ];
    const own = columnsOf(varied, 'observed', {});
    expect(new Set(own.map(({ name }) => name)).size).toBe(own.length);
    expect(own.map(({ title }) => title)).toEqual(expect.arrayContaining(['epochs', 'epochs trained']));
    const imported = [0, 1, 2].map((number) =>
      row(number, {
        point: {
          ...Object.fromEntries(varied.map(({ name }) => [name, number / 4])),
          'optim/name': choices[number]!,
        },
      }),
    );
    for (const { name, distribution } of varied) {
      const selected = (low: number, high: number) => {
        const condition = parallelAxis(distribution, false).conditionOf(columnNameOf(name), [low, high]);
        const { ranges, issues } = rangesIn(condition, own);
        expect(issues).toEqual([]);
        return filtered(imported, { state: '', finding: '', ranges }).map(({ number }) => number);
      };
      const at = (place: number) => (distribution.distribution === 'categorical' ? place : place / 4);
      expect(selected(at(1), at(2)), name).toEqual([1, 2]);
      expect(selected(at(0), at(0)), name).toEqual([0]);
    }
  });
  it('sorts both ways, those without a value last, equal ones by number', () => {
    expect(sorted(trials, columns, 'value', 'maximize').map(({ number }) => number)).toEqual([0, 1, 3, 2]);
    expect(sorted(trials, columns, '-value', 'maximize').map(({ number }) => number)).toEqual([3, 1, 0, 2]);
    expect(sorted(trials, columns, 'activation', 'maximize').map(({ number }) => number)).toEqual([1, 3, 0, 2]);
  });
  it('has the best first without a column, in either direction', () => {
    const best = (direction: 'maximize' | 'minimize') =>
      sorted(trials, columns, '', direction).map(({ number }) => number);
    expect(best('maximize').at(-1)).toBe(2);
    expect(best('minimize').at(-1)).toBe(2);
    expect(best('maximize')[0]).not.toBe(best('minimize')[0]);
  });
});

describe('the timeline', () => {
  it('puts no two spans of a line over each other, and loses none', () => {
    const spans = fc.array(fc.record({ from: fc.nat(1000), length: fc.nat(300), worker: fc.constantFrom('a', 'b') }));
    fc.assert(
      fc.property(spans, (given) => {
        const trials = given.map(({ from, length, worker }, number) =>
          row(number, { worker, startedAt: from, finishedAt: from + length, durationMs: null }),
        );
        const lanes = timelineLayout(trials, 5000);
        expect(lanes.flatMap((lane) => lane.spans.map(({ trial }) => trial.number)).sort((a, b) => a - b)).toEqual(
          given.map((_, i) => i),
        );
        for (const { spans: own } of lanes) {
          for (const [i, span] of own.slice(1).entries()) expect(span.from).toBeGreaterThanOrEqual(own[i]!.to);
        }
      }),
    );
  });
  it('says of a trial that diverged that it did', () => {
    expect(spanText(row(3), 2.1)).toBe('trial 3: complete, 2.1 s, value 0.3');
    expect(spanText(row(3, { outcome: 'diverged', value: null }), 0.2)).toBe('trial 3: diverged, 200 ms, value –');
  });
  it('shows tiny trials, claimed together, one after the other', () => {
    const together = [0, 1, 2].map((n) => row(n, { startedAt: 0, finishedAt: 100 * (n + 1), durationMs: 100 }));
    expect(timelineLayout(together, 5000)).toHaveLength(1);
  });
  it('has a row per thread, though batches of trials are claimed and written together', () => {
    // Two threads, each with batches of eight trials of 10 ms; all of a batch are written with the last, and some milliseconds late.
    const batches = Array.from({ length: 12 }, (_, batch) =>
      Array.from({ length: 8 }, (__, i) => {
        const startedAt = Math.floor(batch / 2) * 85 + (batch % 2) * 30;
        return row(batch * 8 + i, { startedAt, finishedAt: startedAt + 84, durationMs: 10 });
      }),
    );
    const rows = timelineLayout(batches.flat(), 5000);
    expect(rows).toHaveLength(2);
    expect(rows.flatMap(({ spans }) => spans)).toHaveLength(96);
    const waiting = [0, 1, 2].map((n) => row(n, { state: 'running', epochs: 0, startedAt: 4000, finishedAt: null }));
    expect(timelineLayout(waiting, 5000)).toHaveLength(1);
  });
});

describe('the remaining time', () => {
  const search = (more: object) =>
    ({
      state: 'running',
      epochs: 0,
      stages: [],
      specification: { hyperparameters: { epochs: 9 }, pruner: { type: 'none' }, stages: [], validation: {} },
      trials: { total: 10, complete: 0, pruned: 0, failed: 0, cancelled: 0 },
      ...more,
    }) as unknown as Parameters<typeof throughputOf>[1];
  const endedEach = (seconds: number, count: number) =>
    Array.from({ length: count }, (_, n) =>
      row(n, { startedAt: n * seconds * 1000, finishedAt: (n + 1) * seconds * 1000 }),
    );

  it('is that of the trials left, at the rate of the last ones', () => {
    const { perSecond, secondsLeft } = throughputOf(
      endedEach(2, 5),
      search({ trials: { total: 10, complete: 5, pruned: 0, failed: 0, cancelled: 0 } }),
      10_000,
    );
    expect(perSecond).toBeCloseTo(0.5, 10);
    expect(secondsLeft).toBeCloseTo(10, 10);
  });

  it('is that of the epochs left under brackets, most of whose trials end early', () => {
    const pruner = { type: 'successiveHalving', reproducible: true, bracketSize: 9, reductionFactor: 3, minEpochs: 1 };
    const specification = { ...search({}).specification, pruner };
    // 9 · 1 + 3 · 2 + 1 · 6 epochs; the first rung took nine seconds.
    const { secondsLeft } = throughputOf(
      endedEach(1, 9).map((trial, n) => ({ ...trial, finishedAt: n < 6 ? 8000 : null })),
      search({ specification, epochs: 9, trials: { total: 9, complete: 0, pruned: 6, failed: 0, cancelled: 0 } }),
      9000,
    );
    expect(secondsLeft).toBeCloseTo(12, 10);
  });
});

describe('shares and ranks', () => {
  it('of values', () => {
    expect(sharesBelow([{ value: 0.3 }, { value: 0.1 }])).toEqual([
      [0.1, 0.3],
      [0.5, 1],
    ]);
  });
  it('go from 0 to 1, equal values alike', () => {
    expect(ranksOf([5, 1, 3, 3, 9])).toEqual([0.75, 0, 0.375, 0.375, 1]);
    expect(ranksOf([7])).toEqual([1]);
    expect(ranksOf([])).toEqual([]);
  });
});

describe('the surface between trials', () => {
  it('says nothing where there is no trial, and lies between the values it knows', () => {
    const cells = surface(
      [
        { x: 0.1, y: 0.1, value: 1 },
        { x: 0.2, y: 0.1, value: 3 },
      ],
      20,
    );
    expect(cells.at(-1)).toBeNull();
    const known = cells.filter((value) => value !== null);
    expect(Math.min(...known)).toBeGreaterThanOrEqual(1);
    expect(Math.max(...known)).toBeLessThanOrEqual(3);
  });
  it('takes axes back and forth, on either scale', () => {
    for (const scale of ['linear', 'log'] as const) {
      const { at, valueAt } = unitOf({ distribution: 'float', low: 1e-4, high: 10, scale });
      expect(at(1e-4)).toBeCloseTo(0);
      expect(at(10)).toBeCloseTo(1);
      expect(at(valueAt(0.37))).toBeCloseTo(0.37);
    }
  });
});

describe('a draft of a search', () => {
  it('has test rows if the data set has 200 rows, unless somebody chose another share', () => {
    const draft = { dataset: 'digits' };
    const tested = { dataset: 'digits', validation: { test: 0.2 } };
    expect(withTestRows(draft, 200)).toEqual(tested);
    for (const rows of [199, undefined]) expect(withTestRows(draft, rows)).toEqual(draft);
    expect(withTestRows(tested, 199)).toEqual(draft);
    const folds = { type: 'kFold', folds: 3 };
    expect(withTestRows({ validation: folds }, 1000)).toEqual({ validation: { ...folds, test: 0.2 } });
    expect(withTestRows({ validation: { ...folds, test: 0.2 } }, 100)).toEqual({ validation: folds });
    for (const rows of [100, 1000]) {
      const chosen = { validation: { ...folds, test: 0.3 } };
      expect(withTestRows(chosen, rows)).toEqual(chosen);
    }
  });

  it('is the same as a form and as JSON', () => {
    const draft = { dataset: 'digits', hyperparameters: { learningRate: 0.1 } };
    expect(draftOf(textOf(draft))).toEqual({ draft });
    expect(draftOf('{"dataset":')).toHaveProperty('error');
    expect(draftOf('[]')).toEqual({ error: 'must be an object' });
  });
  it('keeps the order of its parts, and leaves out what is left to its default', () => {
    expect(Object.keys(withPart({ a: 1, b: 2 }, 'a', 3))).toEqual(['a', 'b']);
    expect(withPart({ a: 1, b: 2 }, 'a', undefined)).toEqual({ b: 2 });
  });
  it('shows a setting in the way it is written', () => {
    expect([undefined, 0.1, true, 'relu', [64, 32]].map(modeOf)).toEqual([
      'default',
      'value',
      'value',
      'value',
      'json',
    ]);
    expect(modeOf({ distribution: 'int', low: 1, high: 2 })).toBe('range');
    expect(modeOf({ distribution: 'categorical', choices: [1] })).toBe('choices');
  });
  it('finds the faults of a part, and not those of one whose name begins alike', () => {
    const faults = [
      { path: 'hyperparameters.l2.low', message: 'a' },
      { path: 'hyperparameters.l2', message: 'b' },
      { path: 'hyperparameters.l2x', message: 'c' },
    ];
    expect(issuesAt(faults, 'hyperparameters.l2').map(({ message }) => message)).toEqual(['a', 'b']);
  });
  it('says of a stored search with stages only what a user may say', () => {
    const stored = {
      dataset: 'digits',
      enqueue: [],
      hyperparameters: { epochs: 3, l2: 0.1 },
      stages: [{ epochs: 3, trials: 5 }],
      budget: { trials: 5 },
    };
    expect(leanOf(stored)).toEqual({ ...stored, enqueue: undefined, hyperparameters: { l2: 0.1 }, budget: {} });
  });
  it('has a place for every hyperparameter there is', () => {
    const placed = groups.flatMap(({ names, more }) => [...names, ...more]);
    expect([...placed].sort()).toEqual(Object.keys(hyperparameterTable).sort());
  });
  it('samples with the samplers of the service, and nothing from what cannot be read', () => {
    const rate = { distribution: 'float', low: 1e-5, high: 1e-1, scale: 'log' };
    const points = sampledOf({ learningRate: rate }, { type: 'random', seed: 3 }, 200);
    expect(points).toHaveLength(200);
    const small = points.filter(({ learningRate }) => Number(learningRate) < 1e-3).length;
    expect(small).toBeGreaterThan(75);
    expect(small).toBeLessThan(125);
    expect(sampledOf({ learningRate: { ...rate, low: -1 } }, { type: 'grid' }, 10)).toHaveLength(1);
    expect(sampledOf({ learningRate: rate }, { type: 'tpe', startupTrials: 8 }, 50)).toHaveLength(8);
  });
});

describe('a CSV before it is stored', () => {
  const column = (more: Partial<PreviewColumn>): PreviewColumn => ({
    name: 'zip',
    kind: 'number',
    guessed: 'number',
    missing: 0,
    distinct: 3,
    min: 0,
    max: 1,
    examples: [],
    inputs: 1,
    ...more,
  });
  it('takes a column as what is chosen, and forgets the choice that it replaces', () => {
    const asWords = withKind(noChoices, column({}), 'category');
    expect(asWords.category).toEqual(['zip']);
    const left = withKind(asWords, column({ kind: 'category' }), 'ignored');
    expect(left).toMatchObject({ category: [], ignore: ['zip'] });
    expect(withKind(left, column({ kind: 'ignored' }), 'number')).toEqual(noChoices);
    expect(parametersOf(noChoices).missing).toBeUndefined();
  });
  it('are kept by how the text is cut as far as they still mean something', () => {
    const left = { ...withKind(noChoices, column({}), 'ignored'), missing: 'fill' as const, missingValues: '-200' };
    const cut = withDialect(left, 'delimiter', 'tab');
    expect(cut).toEqual({ ...noChoices, missing: 'fill', missingValues: '-200', dialect: { delimiter: 'tab' } });
    expect(withDialect(left, 'decimal', 'comma').ignore).toEqual(['zip']);
    expect(withDialect(cut, 'delimiter', '').dialect).toEqual({});
    expect(parametersOf(cut)).toMatchObject({ delimiter: 'tab', missing: 'fill', missingValues: '-200' });
  });
  it('take what a warning offers, once', () => {
    const offer = { label: 'leave it out', option: 'ignore' as const, values: ['zip'] };
    expect(withOffer(withOffer(noChoices, offer), offer)).toEqual({ ...noChoices, ignore: ['zip'] });
    const asked = withOffer(noChoices, { label: 'classes', option: 'task', values: ['classification'] });
    expect(asked.task).toBe('classification');
    const named = withOffer(noChoices, { label: 'it has names', option: 'header', values: ['true'] });
    expect(parametersOf(named)).toMatchObject({ header: 'true' });
  });
  it('keeps the most frequent words of a column of many', () => {
    const words = column({ kind: 'category', guessed: 'category', distinct: 300 });
    const frequent = withKind(noChoices, words, 'frequent');
    expect(frequent).toMatchObject({ frequent: ['zip'], category: [], ignore: [] });
    expect(withKind(frequent, words, 'category').frequent).toEqual([]);
  });
  it.each([
    ['my data (1).csv', 'my-data-1'],
    ['über.csv', 'ber'],
    ['.csv', 'mine'],
    ['wine.quality.csv', 'wine.quality'],
    ['adult.data.gz', 'adult'],
    ['air quality.tsv', 'air-quality'],
  ])('%s is named %s', (file, name) => expect(nameOf(file)).toBe(name));

  it.each([
    ['https://data.example.org/tables/My%20data.csv.gz?raw=1', 'My-20data'],
    ['https://data.example.org/', 'mine'],
    ['https://data.example.org/export.parquet/#top', 'export'],
  ])('%s is named %s', (url, name) => expect(nameOfUrl(url)).toBe(name));
});

it('asks less and less often as trials end', () => {
  const asked = new Set(Array.from({ length: 10_001 }, (_, count) => steps(count)));
  expect(asked.size).toBeLessThan(35);
});
