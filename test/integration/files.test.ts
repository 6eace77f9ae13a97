/** Files as people have them, through the service: each kind of docs/files.md is previewed, stored and trained on. */
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DatasetPreview } from '../../src/contract/datasets.ts';
import type { DatasetSummary } from '../../src/domain/dataset-record.ts';
import type { FileCase } from '../support/file-case.ts';
import { fileCases } from '../support/files.ts';
import { ended } from '../support/searches.ts';
import { startTestService, type TestService } from '../support/service.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service?.close());

const post = (path: string, body: Buffer | string, type = 'text/csv') =>
  fetch(`${service.url}/v1/datasets${path}`, {
    method: 'POST',
    headers: { 'content-type': type },
    body: typeof body === 'string' ? body : new Uint8Array(body),
  });

function queryOf(asked: FileCase['asked'] = {}): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(asked)) {
    for (const one of Array.isArray(value) ? value : [value]) query.append(name, String(one));
  }
  return String(query);
}

interface Refusal {
  readonly code: string;
  readonly faults: readonly { readonly path: string; readonly message: string }[];
}
const refusal = async (response: Response) => (await response.json()) as Refusal;

describe('a file with', () => {
  it.each(fileCases.map((one, i) => [one.kind, one, `file-${i}`] as const))('%s', async (_kind, one, name) => {
    const query = queryOf(one.asked);
    const shown = await post(`/preview?${query}`, one.file);
    expect(shown.status).toBe(200);
    const preview = (await shown.json()) as DatasetPreview;
    expect(preview).toMatchObject({ rows: one.rows, features: one.inputs, faults: [], classes: one.classes });
    expect(preview.columns.map(({ name: column }) => column)).toEqual(one.columns);
    expect(preview.reading).toMatchObject(one.reading ?? {});
    // What was decided is said, with the option that says otherwise.
    for (const [option, value] of Object.entries(one.reading ?? {})) {
      if (!preview.decisions.some((made) => made.option === option)) continue;
      const guessed = one.asked?.[option as 'delimiter'] === undefined;
      const decision = preview.decisions.find((made) => made.option === option);
      expect(decision).toMatchObject({ value: String(value), guessed });
    }

    const stored = await post(`?name=${name}&${query}`, one.file);
    expect(stored.status).toBe(201);
    const facts = (await stored.json()) as DatasetSummary;
    expect(facts).toMatchObject({
      rows: one.rows,
      features: one.inputs,
      reading: preview.reading,
      hints: preview.hints,
    });
    expect(await service.client.dataset(name)).toEqual(facts);
    const { id } = await service.client.create({
      dataset: name,
      budget: { trials: 1 },
      hyperparameters: { epochs: 2, hiddenLayers: 1, hiddenUnits: 4, learningRate: 1e-4 },
    });
    const search = await ended(service.client, id);
    expect(search).toMatchObject({
      state: 'complete',
      trials: { complete: 1, diverged: 0 },
      dataset: { hash: facts.hash },
    });
    expect(Number.isFinite(search.best?.value)).toBe(true);
    // The text that is stored, uploaded with what was asked for, is the same data set.
    const { encoding: _, base: _base, ...asked } = one.asked ?? {};
    const again = await post(
      `?name=again&${queryOf({ ...asked, category: preview.reading.category })}`,
      await service.client.csv(name),
    );
    expect((await again.json()) as DatasetSummary).toMatchObject({ hash: facts.hash });
  });
});

const rows = (line: (i: number) => string, header: string, count = 24) =>
  [header, ...Array.from({ length: count }, (_, i) => line(i))].join('\n');

describe('what was decided can be changed', () => {
  it('every option by its name or its character', async () => {
    const body = rows((i) => `${i},5;${i % 2};x${i % 2}`, 'a;b;c');
    const ask = async (query: string) => (await (await post(`/preview?${query}`, body)).json()) as DatasetPreview;
    expect((await ask('')).reading).toMatchObject({ delimiter: 'semicolon', decimal: 'comma' });
    expect((await ask('delimiter=semicolon')).reading).toMatchObject({ delimiter: 'semicolon' });
    expect((await ask('delimiter=%3B&decimal=%2C')).reading).toMatchObject({
      delimiter: 'semicolon',
      decimal: 'comma',
    });
    expect((await ask('decimal=point')).columns[0]).toMatchObject({ guessed: 'category' });
    expect((await ask('header=false')).columns.map(({ name }) => name)).toEqual(['column1', 'column2', 'column3']);
    expect((await ask('header=false')).decisions.find(({ option }) => option === 'header')).toMatchObject({
      guessed: false,
    });
    expect((await ask('quote=none')).reading.quote).toBe('none');
    expect((await ask('skip=1&header=true')).columns[0]!.name).toBe('0,5');
  });

  it.each([
    ['delimiter=colon', 'delimiter'],
    ['header=maybe', 'header'],
    ['encoding=klingon', 'encoding'],
    ['encoding=utf-16le', ''],
    ['decimal=comma&thousands=comma', 'thousands'],
    ['missingIn=nothing', 'missingIn[0]'],
    ['missingIn=z%3D1', 'missingIn'],
    ['frequent=z', 'frequent'],
    ['skip=-1', 'skip'],
    ['comment=toolong', 'comment'],
    ['missingValues=%00', 'missingValues'],
    ['target=%00', 'target'],
  ])('refuses %s by its path', async (query, path) => {
    const response = await post(
      `?name=no&${query}`,
      rows((i) => `${i},${i % 2}`, 'a,b'),
    );
    expect(response.status).toBe(400);
    const { faults } = await refusal(response);
    expect(faults.length).toBeGreaterThan(0);
    if (path !== '') expect(faults[0]!.path).toBe(path);
  });

  it('takes 2,000 names in the address', async () => {
    const names = Array.from({ length: 2000 }, (_, k) => `a rather long name of a column ${k}`);
    const body = rows((i) => names.map((_, k) => (k < 2 ? (i * (k + 3)) % 7 : 0)).join(), names.join());
    const query = new URLSearchParams({ target: names[0]! });
    for (const name of names.slice(2)) query.append('ignore', name);
    const response = await post(`/preview?${query}`, body);
    expect(response.status).toBe(200);
    expect((await response.json()) as DatasetPreview).toMatchObject({ features: 1, faults: [] });
  });
});

describe('what is said of a file', () => {
  const hintsOf = async (body: Buffer | string, query = '') => {
    const preview = (await (await post(`/preview?${query}`, body)).json()) as DatasetPreview;
    return preview.hints;
  };
  it.each<[string, Buffer | string, string, string | null, string | undefined]>([
    [
      'identifiers',
      rows((i) => `a${i * 7}b,${i % 5},${i % 2 ? 'x' : 'y'}`, 'code,a,t'),
      'identifier',
      'code',
      'ignore',
    ],
    [
      'numbers that name rows',
      rows((i) => `${i * 7},${i % 5},${i % 2 ? 'x' : 'y'}`, 'customer_id,a,t'),
      'identifier',
      'customer_id',
      'ignore',
    ],
    ['row numbers', rows((i) => `${i + 1},${i % 5},${i % 2 ? 'x' : 'y'}`, 'row,a,t'), 'rowNumber', 'row', 'ignore'],
    ['a nameless index', rows((i) => `${i},${i % 5},${i % 2 ? 'x' : 'y'}`, ',a,t'), 'nameless', 'column1', 'ignore'],
    ['dates', rows((i) => `2024-01-${10 + i},${i % 5},${i % 2 ? 'x' : 'y'}`, 'day,a,t', 20), 'date', 'day', 'ignore'],
    [
      'free text',
      rows((i) => `a long text with number ${i} in it,${i % 5},${i % 2 ? 'x' : 'y'}`, 'note,a,t'),
      'freeText',
      'note',
      'ignore',
    ],
    [
      'a copy of the target',
      rows((i) => `${i % 2},${i % 5},${i % 2 ? 'x' : 'y'}`, 'encoded,a,t'),
      'copyOfTarget',
      'encoded',
      'ignore',
    ],
    ['a constant column', rows((i) => `7,${i % 5},${i % 2 ? 'x' : 'y'}`, 'k,a,t'), 'constant', 'k', 'ignore'],
    [
      'more than 100 words',
      rows((i) => `w${i % 150},${i % 5},${i % 2 ? 'x' : 'y'}`, 'w,a,t', 300),
      'manyWords',
      'w',
      'frequent',
    ],
    [
      'None among words',
      rows((i) => `${i % 3 ? 'None' : 'roof'},${i % 5},${i % 2 ? 'x' : 'y'}`, 'w,a,t'),
      'noneAsWord',
      'w',
      'missingIn',
    ],
    [
      'codes that begin with 0',
      rows((i) => `0${i % 7},${i % 5},${i % 2 ? 'x' : 'y'}`, 'zip,a,t'),
      'codeAsNumber',
      'zip',
      'category',
    ],
    [
      'a word among numbers',
      rows((i) => `${i === 9 ? 'rotary' : i % 4},${i % 5},${i % 2 ? 'x' : 'y'}`, 'n,a,t'),
      'wordAmongNumbers',
      'n',
      'category',
    ],
    [
      'classes of few rows',
      rows((i) => `${i % 7},${i % 5},${i === 3 ? 'z' : i % 2 ? 'x' : 'y'}`, 'n,a,t'),
      'fewRowsOfClass',
      't',
      undefined,
    ],
    [
      'an unbalanced target',
      rows((i) => `${i % 7},${i % 5},${i % 50 === 3 ? 'z' : 'y'}`, 'n,a,t', 300),
      'unbalanced',
      't',
      undefined,
    ],
    ['whole numbers as target', rows((i) => `${i % 7},${(i * i) % 5},${i % 25}`, 'n,a,t', 100), 'task', 't', 'task'],
    [
      'no names',
      rows((i) => `${i % 7}.5,${(i * i) % 5}.5,${i % 2 ? 'x' : 'y'}`, '1.5,2.5,x'),
      'headerless',
      null,
      'header',
    ],
    ['gaps', rows((i) => `${i % 7 || ''},${(i * i) % 5},${i % 2 ? 'x' : 'y'}`, 'n,a,t'), 'missing', null, 'missing'],
    [
      'lost characters',
      rows((i) => `${i % 7},${(i * i) % 5},${i % 2 ? '\ufffd' : 'y'}`, 'n,a,t'),
      'lostCharacters',
      null,
      undefined,
    ],
    [
      'letters of another encoding',
      Buffer.concat([
        Buffer.from('a,b,t\n'),
        ...Array.from({ length: 24 }, (_, i) =>
          Buffer.concat([
            Buffer.from(`${i % 7},${(i * i) % 5},`),
            Buffer.from(i % 2 ? 'c4e0ec' : 'cde5f2', 'hex'),
            Buffer.from('\n'),
          ]),
        ),
      ]),
      'encoding',
      null,
      'encoding',
    ],
    [
      'two columns of a name',
      rows((i) => `${i % 7},${(i * i) % 5},${i % 2 ? 'x' : 'y'}`, 'n,n,t'),
      'renamed',
      'n (2)',
      undefined,
    ],
  ])('warns of %s, and offers what to do', async (_what, body, code, column, option) => {
    const hints = await hintsOf(body);
    const hint = hints.find((one) => one.code === code);
    expect(hint, JSON.stringify(hints)).toBeDefined();
    expect(hint!.column).toBe(column);
    if (option === undefined) return;
    const offer = hint!.offers.find((one) => one.option === option)!;
    // Taking the offer does away with the warning, or answers the question.
    const taken = await hintsOf(
      body,
      String(new URLSearchParams(offer.values.map((value): [string, string] => [offer.option, value]))),
    );
    expect(taken.filter((one) => one.code === code)).toEqual([]);
  });

  it('cuts no character in two: what is shown of a class is text that can be stored', async () => {
    const long = `${'x'.repeat(39)}😀${'y'.repeat(20)}`;
    const body = rows((i) => `${i % 7},${(i * i) % 5},${i === 5 ? long : i % 2 ? 'x' : 'y'}`, 'n,a,t');
    expect((await post('?name=emoji', body)).status).toBe(201);
  });

  it('says nothing of columns that are left out, and does not check them', async () => {
    const body = rows((i) => `\u0000${i},a${i}, ,${i % 5},${i % 2 ? 'x' : 'y'}`, 'id,n,,a,t', 200);
    const response = await post('/preview?ignore=id&ignore=n&ignore=column3', body);
    expect((await response.json()) as DatasetPreview).toMatchObject({ faults: [], hints: [], features: 1 });
  });

  it('counts what is true of many columns', async () => {
    const names = Array.from({ length: 300 }, (_, k) => `k${k}`);
    const body = rows((i) => [...names.map(() => 1), i % 5, i % 2 ? 'x' : 'y'].join(), [...names, 'a', 't'].join());
    const constant = (await hintsOf(body)).filter(({ code }) => code === 'constant');
    expect(constant).toHaveLength(9);
    expect(constant.at(-1)!.offers[0]!.values).toEqual(names);
  });
});

it.each([
  ['near 1e8 that differ by 1', (kind: number) => 1e8 + kind],
  ['of 1e-50', (kind: number) => kind * 1e-50],
])('learns from numbers %s, which float32 would make one', async (what, value) => {
  const rows = Array.from({ length: 60 }, (_, i) => `${value(i % 2)},${i % 2 === 0 ? 'even' : 'odd'}`);
  const stored = await post(`?name=${what.replaceAll(' ', '-')}`, `serial,kind\n${rows.join('\n')}\n`);
  expect(stored.status).toBe(201);
  const { name } = (await stored.json()) as DatasetSummary;
  const hyperparameters = { epochs: 60, hiddenUnits: 8, learningRate: 0.03, batchSize: 16 };
  const { id } = await service.client.create({ dataset: name, hyperparameters, budget: { trials: 1 } });
  expect((await ended(service.client, id)).best?.value).toBe(1);
});

describe('what is no table is refused with 400, by its place', () => {
  const refusedWith = async (body: Buffer | string, query = '') => {
    const response = await post(`?name=hostile${query}`, body);
    expect(response.status).toBe(400);
    return (await refusal(response)).faults[0]!;
  };
  const plain = rows((i) => `${i},${i % 2 ? 'x' : 'y'}`, 'a,t');
  it.each<[string, Buffer | string, string, RegExp]>([
    ['a NUL in the header', plain.replace('a,t', 'a\u0000,t'), 'line 1', /NUL/],
    ['a NUL in a class', plain.replace('1,x', '1,\u0000x'), 'line 3, column t', /NUL/],
    [
      'a NUL in a word',
      rows((i) => `w${i % 3 === 1 ? '\u0000' : ''},${i % 2 ? 'x' : 'y'}`, 'a,t'),
      'line 3, column a',
      /NUL/,
    ],
    ['a NUL among numbers', plain.replace('1,x', '\u0000,x'), 'line 3, column a', /must be a number/],
    [
      'half a surrogate pair',
      Buffer.from(`\ufeff${plain.replace('1,x', '1,\ud800x')}`, 'utf16le'),
      'encoding',
      /not utf-16le/,
    ],
    ['an Excel workbook', Buffer.from('504b030414000600', 'hex'), '', /Excel/],
    ['a damaged Parquet file', Buffer.from('PAR1....'), '', /Parquet file that is damaged/],
    ['a list in JSON lines', '{"a": 1}\n{"a": [1]}', 'line 2, column a', /is a list.*ignore=a/],
    [
      'an undeclared label in ARFF',
      '@relation r\n@attribute a {x}\n@data\ny',
      'line 4, column a',
      /not one of its labels/,
    ],
    ['a pair without a number in svmlight', `${'1 1:2\n'.repeat(9)}1 x:3`, 'line 10', /number of a feature/],
    ['gzip that is cut off', gzipSync(plain).subarray(0, 40), '', /damaged/],
    ['gzip that becomes too large', gzipSync(Buffer.alloc(65 * 1024 * 1024, 'a,b\n')), '', /when decompressed/],
    ['one field without an end', `a,t\n"${'x'.repeat(200_000)}`, 'line 2', /never closed/],
    ['a field of 200,000 characters', `a,t\n${'x'.repeat(200_000)},y`, 'line 2', /more than 100000 characters/],
    ['2,001 columns', rows(() => '1,'.repeat(2001), 'a,'.repeat(2001)), 'line 1', /more than 2000 columns/],
    ['a million columns', 'a,'.repeat(1_000_000), 'line 1', /more than 2000 columns/],
    ['300,000 rows', 'a,t\n'.repeat(300_000), '', /more than 200000 rows/],
    ['nothing', '', '', /empty/],
    ['a name of 300 characters', plain.replace('a,t', `${'a'.repeat(300)},t`), 'line 1', /the limit is 200/],
  ])('%s', async (_what, body, path, message) => {
    const fault = await refusedWith(body);
    expect(fault.path).toBe(path);
    expect(fault.message).toMatch(message);
  });

  it('says with gaps how they are filled', async () => {
    const response = await post('?name=gaps', plain.replace('1,x', ',x'));
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      detail: expect.stringContaining('missing=fill fills inputs'),
      faults: [{ path: 'line 3, column a' }],
    });
  });

  it('refuses words that would be more numbers than are read, without making them', async () => {
    const letters = Array.from({ length: 60 }, (_, k) => `w${k}`);
    const wide = rows(
      (i) => [...Array.from({ length: 120 }, (_, k) => letters[(i * (k + 1)) % 60]), i % 2 ? 'x' : 'y'].join(),
      [...Array.from({ length: 120 }, (_, k) => `c${k}`), 't'].join(),
      30_000,
    );
    const fault = await refusedWith(gzipSync(wide));
    expect(fault.message).toMatch(/numbers; the limit is 20000000/);
  });

  it('refuses an object that is no table, a form, and a name of a data set that is no text', async () => {
    expect((await post('?name=x', '{}', 'application/json')).status).toBe(400);
    expect((await post('?name=x', '{}', 'multipart/form-data')).status).toBe(415);
    expect((await fetch(`${service.url}/v1/datasets/%00`)).status).toBe(400);
    expect((await fetch(`${service.url}/v1/datasets/%00/csv`)).status).toBe(400);
    expect((await fetch(`${service.url}/v1/datasets/%00`, { method: 'DELETE' })).status).toBe(400);
    expect((await fetch(`${service.url}/v1/datasets/iris?hash=nope`)).status).toBe(400);
    expect((await fetch(`${service.url}/v1/datasets/iris?hash=${'0'.repeat(64)}`)).status).toBe(404);
  });
});

it('reads a large file in a thread: the loop that answers is idle meanwhile', async () => {
  const large = rows((i) => `${i % 97},${(i * 7) % 101}.25,${i % 13},${i % 2 ? 'x' : 'y'}`, 'a,b,c,t', 199_000);
  const before = performance.eventLoopUtilization();
  const response = await post('/preview', large);
  const { utilization } = performance.eventLoopUtilization(before);
  expect(response.status).toBe(200);
  expect(utilization).toBeLessThan(0.6);
});
