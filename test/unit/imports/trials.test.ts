/** What is made of trials in files of other tools, of small files that say one thing each. */
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { Value } from '../../../src/algorithms/space/space.ts';
import type { NameMapping } from '../../../src/imports/names.ts';
import { inferred } from '../../../src/imports/trials/infer.ts';
import { answerTrials, type ReadTrials, type TrialsTask } from '../../../src/imports/trials/read-trials.ts';

type Asked = Partial<Omit<TrialsTask, 'bytes'>>;

const answerTo = (text: string, asked: Asked = {}) =>
  answerTrials({ names: {}, dataset: '', direction: 'minimize', ...asked, bytes: Buffer.from(text) });

async function read(text: string, asked: Asked = {}): Promise<ReadTrials> {
  const answer = await answerTo(text, asked);
  if (answer.kind === 'refused') throw new Error(answer.detail);
  return answer.read;
}

interface Row {
  readonly state: string;
  readonly value: number | null;
  readonly reason: string | null;
  readonly epochs: number;
  readonly notes: string;
  readonly hyperparameters: Readonly<Record<string, Value>>;
  readonly curves: readonly { readonly validationMetric: readonly (number | null)[] }[] | null;
}
const rowsOf = ({ search }: ReadTrials) =>
  search.trials.flatMap((part) => JSON.parse(Buffer.from(part).toString()) as Row[]);

const table = (name: string, values: readonly string[]) =>
  ['number,value,params_q,state'.replace('q', name), ...values.map((value, i) => `${i},${i},${value},COMPLETE`)].join(
    '\n',
  );
const settingsOf = async (name: string, values: readonly string[], names: NameMapping = {}) =>
  (await read(table(name, values), { names })).search.record.specification.hyperparameters;

it('a compressed file is read as what is in it', () => {
  const text = `number,value,params_x,state\n${Array.from({ length: 12 }, (_, i) => `${i},${i},${i},COMPLETE`).join('\n')}\n`;
  const asked = { names: {}, dataset: '', direction: 'minimize' } as const;
  const bytes = gzipSync(text);
  expect(answerTrials({ ...asked, bytes })).toEqual(answerTrials({ ...asked, bytes: Buffer.from(text) }));
  expect(answerTrials({ ...asked, bytes: bytes.subarray(0, 40) })).toMatchObject({
    kind: 'refused',
    detail: 'is a damaged or truncated gzip file',
  });
});

it('a name that cannot be kept is told as such', () => {
  const bytes = Buffer.from('number,value,params___proto__,state\n0,1,2,COMPLETE\n1,2,3,COMPLETE\n');
  expect(answerTrials({ names: {}, dataset: '', direction: 'minimize', bytes })).toMatchObject({
    kind: 'refused',
    detail: 'line 2: a hyperparameter cannot be called __proto__',
  });
});

describe('a distribution that the file does not have', () => {
  const decades = [0.0001, 0.001, 0.01, 0.1];
  const even = Array.from({ length: 200 }, (_, i) => (i + 1) / 200);
  it.each<[string, readonly Value[], unknown]>([
    ['whole numbers', [3, 5, 9], { distribution: 'int', low: 3, high: 9, scale: 'linear' }],
    ['fractions', [0.5, 2, 1], { distribution: 'float', low: 0.5, high: 2, scale: 'linear' }],
    ['powers of ten', decades, { distribution: 'float', low: 0.0001, high: 0.1, scale: 'log' }],
    ['even fractions over two powers of ten', even, { distribution: 'float', low: 0.005, high: 1, scale: 'linear' }],
    ['with a zero', [0, ...decades], { distribution: 'float', low: 0, high: 0.1, scale: 'linear' }],
    ['whole numbers that are no int4', [1, 2 ** 40], { distribution: 'float', low: 1, high: 2 ** 40, scale: 'log' }],
    ['words', ['b', 'a', 'b'], { distribution: 'categorical', choices: ['b', 'a'] }],
    ['words and numbers', ['auto', 2, 'auto'], { distribution: 'categorical', choices: ['auto', 2] }],
    ['a constant', ['a', 'a'], 'a'],
  ])('%s', (_, values, setting) => {
    expect(inferred(values)).toEqual(setting);
  });

  it('names of runs are no setting', () => {
    expect(() => inferred(Array.from({ length: 30 }, (_, i) => `run ${i}`))).toThrow('a name, not a setting');
  });
});

const refusedAs = (path: string, message: RegExp) => ({
  kind: 'refused',
  issues: [{ path, message: expect.stringMatching(message) }],
});

describe('what was asked for and the file is not', () => {
  it('a format, of a database', () => {
    const bytes = readFileSync('test/fixtures/trials/optuna.db');
    const asked = { names: {}, dataset: '', bytes };
    expect(answerTrials({ ...asked, format: 'wandb-csv' })).toMatchObject(
      refusedAs('format', /is a SQLite database, which is optuna-sqlite, not wandb-csv/),
    );
    expect(answerTrials({ ...asked, format: 'optuna-sqlite' })).toMatchObject({ kind: 'read' });
  });

  it('a database with a rollback journal: one that had a write-ahead log is read alike', () => {
    const bytes = readFileSync('test/fixtures/trials/optuna.db');
    const logged = Buffer.from(bytes);
    logged.fill(2, 18, 20);
    const asked = { names: {}, dataset: '' };
    const answer = answerTrials({ ...asked, bytes: logged });
    expect(answer.kind).toBe('read');
    expect(answer).toEqual(answerTrials({ ...asked, bytes }));
  });

  it('a study, of a CSV', async () => {
    expect(await answerTo(table('q', ['1', '2']), { study: 'b' })).toMatchObject(
      refusedAs('study', /a CSV has one study/),
    );
  });

  it('a CSV with the several headers of pandas', async () => {
    const text = ',number,value,params,params,state\n,,,q,r,\n0,0,0.5,1,2,COMPLETE\n';
    expect(await answerTo(text)).toMatchObject(
      refusedAs('line 1', /has the column params twice: lines 1 and 2 look like .*multi_index=False/),
    );
    const plain = 'number,value,params_q,params_q,state\n0,0.5,1,2,COMPLETE\n';
    expect(await answerTo(plain)).toMatchObject(refusedAs('line 1', /twice$/));
  });
});

describe('a table that is not quite one of Optuna', () => {
  it('is refused where it is an export of this service, which says what to import instead', async () => {
    const header =
      'number,state,value,outcome,epochs,durationMs,attempt,resultHash,reason,source,deviation,stage,rung,found,tags,notes,learningRate';
    const text = `${header}\n0,complete,0.9,ok,8,92,1,ab,,sampled,,0,0,,,,0.01\n`;
    expect(await answerTo(text)).toMatchObject(refusedAs('line 1', /a CSV of this service.*optuna-journal/));
  });

  it('has other columns left out, as a note tells, unless the request takes them', async () => {
    const text = 'number,value,params_q,state,rate,user_attrs_by\n0,1,3,COMPLETE,5,me\n1,2,4,COMPLETE,6,me\n';
    const answer = await read(text);
    expect(Object.keys(answer.search.record.specification.hyperparameters)).toEqual(['q']);
    expect(answer.notes.map(({ text: note }) => note)).toContainEqual(expect.stringMatching(/left out: rate;/));
    const asked = await read(text, { names: { rate: 'batchSize' } });
    expect(asked.search.record.specification.hyperparameters).toMatchObject({ q: {}, batchSize: { low: 5, high: 6 } });
    expect(asked.notes.map(({ text: note }) => note).join()).not.toContain('left out');
  });

  it('is refused where it is Parquet', () => {
    const bytes = readFileSync('test/fixtures/parquet/polars.parquet');
    expect(answerTrials({ names: {}, dataset: '', direction: 'minimize', bytes })).toMatchObject(
      refusedAs('', /^is a Parquet file: trials are read from/),
    );
  });
});

it.each([
  ['system_attrs_constraints', '"(-1.0, 0.25)"', '"(-1.0, 0.0)"'],
  ['system_attrs_constraints', '"[1e-3]"', '"[-1e-3]"'],
  ['system_attrs_constraints:a', '0.5', ''],
])('a CSV of Optuna with trials that violate %s %s has a note', async (column, violated, kept) => {
  const text = `number,value,params_q,${column},state\n0,1,3,${violated},COMPLETE\n1,2,4,${kept},COMPLETE\n`;
  expect((await read(text)).notes).toContainEqual({
    name: 'constraints',
    text: expect.stringContaining('1 of 2 trials violate a constraint'),
  });
});

describe('a name', () => {
  it('is mapped if all of its values are values of ours, and kept otherwise', async () => {
    expect(await settingsOf('lr', ['0.1', '0.2'])).toHaveProperty('learningRate');
    expect(await settingsOf('lr', ['0.1', '0'])).toMatchObject({ lr: { low: 0, high: 0.1 } });
    expect(await settingsOf('foo', ['1', '2'])).toMatchObject({ foo: { low: 1, high: 2 } });
  });

  it('follows the mapping of the request', async () => {
    expect(await settingsOf('foo', ['1', '2'], { foo: 'l2' })).toMatchObject({ l2: { low: 1, high: 2 } });
    expect(await settingsOf('lr', ['0.1', '0.2'], { lr: null })).toEqual({});
  });

  it('is left out if another one is kept under it', async () => {
    const text = 'number,value,params_dropout,params_dropout (in the file),state\n0,1,3,1,COMPLETE\n1,2,4,2,COMPLETE';
    const answer = await read(text);
    expect(answer.kept).toMatchObject([{ source: 'dropout', setting: { low: 3, high: 4 } }]);
    expect(rowsOf(answer)[0]!.hyperparameters).toEqual({ 'dropout (in the file)': 3 });
    expect(answer.notes).toContainEqual({
      name: 'dropout (in the file)',
      text: expect.stringContaining('is left out: another hyperparameter'),
    });
  });

  it('that is one of ours with values that ours cannot have says that it is that of the file', async () => {
    expect(Object.keys(await settingsOf('dropout', ['3', '4']))).toEqual(['dropout (in the file)']);
  });
});

describe('lists of hidden units', () => {
  const units = async (values: readonly string[], names: NameMapping = {}, name = 'hidden_layer_sizes') => {
    const answer = await read(
      table(
        name,
        values.map((value) => `"${value}"`),
      ),
      { names },
    );
    const { hyperparameters } = answer.search.record.specification;
    return { answer, hyperparameters, points: rowsOf(answer).map((row) => row.hyperparameters) };
  };
  const int = (low: number, high: number) => ({ distribution: 'int', low, high, scale: 'linear' });

  it('are a number of layers and the units of each', async () => {
    const { answer, hyperparameters, points } = await units(['(64, 32)', '(16, 8)', '(64,)', '(16, 32)']);
    expect(hyperparameters).toEqual({
      hiddenLayers: int(1, 2),
      hiddenUnits1: int(16, 64),
      hiddenUnits2: { ...int(8, 32), when: { hiddenLayers: [2] } },
    });
    expect(points).toEqual([
      { hiddenLayers: 2, hiddenUnits1: 64, hiddenUnits2: 32 },
      { hiddenLayers: 2, hiddenUnits1: 16, hiddenUnits2: 8 },
      { hiddenLayers: 1, hiddenUnits1: 64 },
      { hiddenLayers: 2, hiddenUnits1: 16, hiddenUnits2: 32 },
    ]);
    expect(answer.kept).toEqual([]);
    expect(answer.mapped.map(({ source, hyperparameter, setting }) => [source, hyperparameter, setting])).toEqual(
      Object.entries(hyperparameters).map(([name, setting]) => ['hidden_layer_sizes', name, setting]),
    );
    expect(answer.notes).toContainEqual({
      name: 'hidden_layer_sizes',
      text: 'a list of units is a number of layers and their units here; from what was observed: hiddenLayers int 1 to 2; hiddenUnits1 int 16 to 64; hiddenUnits2 int 8 to 32',
    });
  });

  it('that are alike in every layer are the units of all layers', async () => {
    const { hyperparameters, points } = await units(['(64, 64)', '(16,)', '()', '[np.int64(8), np.int64(8)]', '32']);
    expect(hyperparameters).toEqual({
      hiddenLayers: int(0, 2),
      hiddenUnits: { ...int(8, 64), when: { hiddenLayers: [1, 2] } },
    });
    expect(points).toEqual([
      { hiddenLayers: 2, hiddenUnits: 64 },
      { hiddenLayers: 1, hiddenUnits: 16 },
      { hiddenLayers: 0 },
      { hiddenLayers: 2, hiddenUnits: 8 },
      { hiddenLayers: 1, hiddenUnits: 32 },
    ]);
  });

  it('are fixed where they never vary', async () => {
    const { hyperparameters, points } = await units(['(64, 32)', '(64, 16)', '(64, 32)']);
    expect(hyperparameters).toEqual({ hiddenLayers: 2, hiddenUnits1: 64, hiddenUnits2: int(16, 32) });
    expect(points[1]).toEqual({ hiddenUnits2: 16 });
  });

  it('are those of any name that the request maps, and numbers alone stay numbers', async () => {
    const { hyperparameters } = await units(['(4, 2)', '(2, 4)'], { net: 'hiddenUnits' }, 'net');
    expect(Object.keys(hyperparameters)).toEqual(['hiddenLayers', 'hiddenUnits1', 'hiddenUnits2']);
    expect((await units(['4', '8'])).hyperparameters).toEqual({ hiddenUnits: int(4, 8) });
  });

  it.each([
    [['(64,)', '(5000,)'], '(5000,)'],
    [['(64,)', '(0,)'], '(0,)'],
    [['(64,)', 'wide'], 'wide'],
    [['(64,)', '(1.5, 2)'], '(1.5, 2)'],
    [
      ['(64,)', `(${Array.from({ length: 21 }, () => 4).join(', ')})`],
      `(${Array.from({ length: 21 }, () => 4).join(', ')})`,
    ],
  ])('%j are kept as they are', async (values, strange) => {
    const { answer, hyperparameters } = await units(values);
    expect(Object.keys(hyperparameters)).toEqual(['hidden_layer_sizes']);
    expect(answer.notes[0]).toEqual({
      name: 'hidden_layer_sizes',
      text: `is kept under its own name: "${strange}" is not a value of hiddenUnits here`,
    });
  });

  it('are kept where another name says how many layers there are', async () => {
    const text = 'number,value,params_n_layers,params_units,state\n0,1,1,"(8,)",COMPLETE\n1,2,2,"(8, 4)",COMPLETE';
    const { mapped, kept, notes } = await read(text);
    expect(mapped.map(({ hyperparameter }) => hyperparameter)).toEqual(['hiddenLayers']);
    expect(kept.map(({ hyperparameter }) => hyperparameter)).toEqual(['units']);
    expect(notes).toContainEqual({
      name: 'units',
      text: 'is kept under its own name: n_layers is hiddenLayers already',
    });
  });
});

const float = JSON.stringify({ name: 'FloatDistribution', attributes: { low: 0, high: 1, log: false, step: null } });
const study = (name: string) => ({ op_code: 0, study_name: name, directions: [1] });
const trial = (more: object, of = 0) => ({
  ...{ op_code: 4, study_id: of, state: 1, value: 0.5, params: { q: 0.5 }, distributions: { q: float } },
  ...more,
});
const journal = (...records: readonly object[]) => records.map((one) => `${JSON.stringify(one)}\n`).join('');

describe('a journal', () => {
  it('of several studies is asked about', async () => {
    const text = journal(study('a'), study('b'), trial({}), trial({ value: 0.25 }, 1));
    expect(await answerTo(text)).toMatchObject({ kind: 'refused', issues: [{ path: 'study' }] });
    expect((await read(text, { study: 'b' })).search.record).toMatchObject({ name: 'b', best: { value: 0.25 } });
  });

  it('of ours has notes and tags of trials also where they were set later', async () => {
    const own = ['search', 'dataset', 'specification'].map((name) => ({
      ...{ op_code: 2, study_id: 0 },
      user_attr: { [name]: 'x' },
    }));
    const later = (user_attr: object) => ({ op_code: 8, trial_id: 0, user_attr });
    const text = journal(
      study('a'),
      ...own,
      trial({ state: 0, value: null }),
      later({ notes: 'seen' }),
      later({ tags: 'kept' }),
      { op_code: 6, trial_id: 0, state: 1, values: [0.5] },
    );
    expect(rowsOf(await read(text))).toMatchObject([{ state: 'complete', notes: 'seen', tags: ['kept'] }]);
  });

  it('is read as Optuna reads it: a finished trial does not change, a deleted study has no new ones', async () => {
    const set = (trial_id: number, more: object) => ({ op_code: 6, trial_id, state: 1, ...more });
    const text = journal(
      study('gone'),
      study('b'),
      { op_code: 1, study_id: 0 },
      trial({}, 0),
      trial({ state: 0, value: null, values: null }, 1),
      set(0, { values: [0.125] }),
      set(0, { values: [99] }),
      set(0, { state: 3 }),
      { op_code: 7, trial_id: 0, step: 3, intermediate_value: 9 },
    );
    expect(rowsOf(await read(text))).toMatchObject([{ state: 'complete', value: 0.125, epochs: 0 }]);
  });

  it('has times of UTC where they have no zone', async () => {
    const zone = process.env['TZ'];
    process.env['TZ'] = 'America/New_York';
    try {
      const times = { datetime_start: '2026-05-01T10:00:00.250000', datetime_complete: '2026-05-01T10:00:01' };
      const [row] = rowsOf(await read(journal(study('a'), trial(times))));
      expect(row).toMatchObject({ startedAt: '2026-05-01T10:00:00.250Z', finishedAt: '2026-05-01T10:00:01.000Z' });
    } finally {
      if (zone === undefined) delete process.env['TZ'];
      else process.env['TZ'] = zone;
    }
  });

  it('has every step of any trial as an epoch', async () => {
    const text = journal(
      study('a'),
      trial({ intermediate_values: { 0: 3, 10: 2, 20: 1 } }),
      trial({ state: 2, value: null, intermediate_values: { 0: 4, 20: 2 } }),
    );
    const answer = await read(text);
    expect(rowsOf(answer).map(({ state, value, curves }) => [state, value, curves![0]!.validationMetric])).toEqual([
      ['complete', 0.5, [3, 2, 1]],
      ['pruned', 2, [4, null, 2]],
    ]);
    expect(answer.notes).toEqual([{ name: 'intermediate values', text: 'the 3 steps 0, 10, 20 are epochs 1 to 3' }]);
  });

  it('keeps values that are not finite from being the best', async () => {
    const text = journal(study('a'), trial({ value: 'INF' }), trial({})).replace('"INF"', '-Infinity');
    const answer = await read(text);
    expect(rowsOf(answer)[0]).toMatchObject({ state: 'complete', value: null, reason: 'its value is not finite' });
    expect(answer.search.record).toMatchObject({ best: { number: 1 }, trials: { complete: 2, diverged: 1 } });
  });

  it.each([
    ['constraints:a', 0.5],
    ['constraints', [-1, 0.25]],
  ])('tells of trials that violate constraints: %s %j', async (name, value) => {
    const constrain = (trial_id: number, given: unknown) => ({ op_code: 9, trial_id, system_attr: { [name]: given } });
    const open = { state: 0, value: null };
    const end = (trial_id: number) => ({ op_code: 6, trial_id, state: 1, values: [trial_id] });
    const records = [study('a'), trial(open), trial(open), constrain(0, value), constrain(1, 0), end(0), end(1)];
    expect((await read(journal(...records))).notes).toContainEqual({
      name: 'constraints',
      text: expect.stringContaining('1 of 2 trials violate a constraint of the study'),
    });
  });

  it('without an end of its last line says what is left out', async () => {
    const text = `${journal(study('a'), trial({}))}{"op_code": 4`;
    expect((await read(text)).notes).toEqual([{ name: '', text: expect.stringContaining('the last line has no end') }]);
  });

  it.each([
    [
      'a value',
      {
        params: { q: 7 },
        distributions: { q: float.replace('Float', 'Categorical').replace('"low":0', '"choices":["a"]') },
      },
    ],
    [
      'a word',
      {
        params: { q: 0 },
        distributions: { q: JSON.stringify({ name: 'CategoricalDistribution', attributes: { choices: ['\ud800'] } }) },
      },
    ],
  ])('with %s that cannot be is refused', async (_, more) => {
    expect(await answerTo(journal(study('a'), trial(more)))).toMatchObject({ kind: 'refused' });
  });
});

describe('a table', () => {
  const scikitLearn = [
    'params,param_depth,param_leaf,split0_test_score,split1_test_score,mean_test_score,std_test_score,mean_fit_time',
    `"{'depth': None}",,,0.5,0.5,0.5,-3,1e308`,
    `"{'depth': 2, 'leaf': 1}",2,1,0.5,0.5,0.5,0.1,2`,
    `"{'depth': 3, 'leaf': 4}",3,4,0.5,0.5,0.5,0.1,2`,
  ].join('\n');

  it('of scikit-learn tells None from what a candidate does not set', async () => {
    const answer = await read(scikitLearn);
    expect(rowsOf(answer).map(({ hyperparameters }) => hyperparameters)).toEqual([
      { depth: 'None' },
      { depth: 2, leaf: 1 },
      { depth: 3, leaf: 4 },
    ]);
  });

  it('has no deviation and no time that cannot be', async () => {
    const rows = rowsOf(await read(scikitLearn));
    expect(rows[0]).toMatchObject({ deviation: null, durationMs: null });
    expect(rows[1]).toMatchObject({ deviation: expect.closeTo(0.1 * Math.SQRT2), durationMs: 4000 });
  });

  it('of scikit-learn says that its alpha is divided by the rows of a batch', async () => {
    const told = async (text: string) => (await read(text)).notes.filter((one) => one.text.includes('rows of a batch'));
    expect(await told(scikitLearn.replace('param_leaf', 'param_mlp__alpha'))).toHaveLength(1);
    expect(await told(scikitLearn.replace('param_leaf', 'param_max_alpha'))).toEqual([]);
  });

  it('of scikit-learn says that its sgd has a momentum', async () => {
    const told = async (text: string) => (await read(text)).notes.filter((one) => one.text.includes('Nesterov'));
    const solver = scikitLearn.replace('param_leaf', 'param_mlp__solver');
    expect(await told(solver)).toEqual([]);
    expect(await told(solver.replace(',2,1,', ',2,sgd,'))).toEqual([
      { name: 'mlp__solver', text: expect.stringContaining('optimizer nesterov here') },
    ]);
  });

  it('of Optuna says where a value may be None', async () => {
    const { notes } = await read(table('q', ['1', '', '3']));
    expect(notes).toContainEqual({ name: 'q', text: expect.stringContaining('no value in 1 of 3 trials') });
    expect((await read(table('q', ['1', '2', '3']))).notes).toEqual([
      { name: 'q', text: expect.stringMatching(/^from/) },
    ]);
  });

  const runs = (metric: string, values: readonly number[], name = 'a') =>
    [`Name,State,lr,${metric}`, ...values.map((value, i) => `${name},finished,0.${i + 1},${value}`)].join('\n');

  it.each([
    ['value_loss', [0.5, 0.4], { metric: 'observed', label: 'value_loss' }],
    ['val_loss', [0.5, 0.4], { metric: 'validationLoss', label: 'val_loss' }],
    ['accuracy', [95.5, 96], { metric: 'observed', label: 'accuracy' }],
    ['accuracy', [0.955, 0.96], { metric: 'validationAccuracy', label: 'accuracy' }],
  ])('with %s of %j takes it for ours only if it can be', async (column, values, { metric, label }) => {
    const { specification } = (await read(runs(column, values), { metric: column })).search.record;
    expect(specification).toMatchObject({ objective: { metric }, observed: { metric: label } });
  });

  it('has names of runs of a bounded length, and refuses such an objective', async () => {
    const [row] = rowsOf(await read(runs('score', [1, 2], 'r'.repeat(3000)), { metric: 'score' }));
    expect(row!.notes).toHaveLength(200);
    const long = `run_id,status,metrics.${'m'.repeat(301)},params.a\n1,FINISHED,0.5,1`;
    expect(await answerTo(long)).toMatchObject({ kind: 'refused', issues: [{ path: 'metric' }] });
  });
});
