/**
 * Every format in, damaged, through the service: cut off, with flipped bits, beyond the limits, empty, of a wrong type, and of another format than it is said to
 * be. Refused with 4xx and a place as far as the format has one; never 5xx, and nothing is stored.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { projectRoot } from '../../src/paths.ts';
import { startTestService, type TestService } from '../support/service.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service?.close());

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly detail: string;
  readonly faults: readonly { readonly path: string; readonly message: string }[];
}

async function post(path: string, body: string | Uint8Array<ArrayBuffer>, type: string): Promise<Answer> {
  const response = await fetch(`${service.url}/v1/${path}`, {
    method: 'POST',
    headers: { 'content-type': type },
    body,
  });
  const { faults = [], detail = '' } = (await response.json()) as Partial<Answer>;
  return { status: response.status, type: response.headers.get('content-type') ?? '', detail, faults };
}

/** How many data sets and searches there are. */
async function counts(): Promise<readonly number[]> {
  const count = async (path: string) => {
    const { items } = (await (await fetch(`${service.url}/v1/${path}`)).json()) as { items: readonly unknown[] };
    return items.length;
  };
  return Promise.all([count('datasets'), count('searches?limit=100')]);
}

let before: readonly number[];
beforeEach(async () => {
  before = await counts();
});
afterEach(async () => {
  expect(await counts()).toEqual(before);
});

const fixture = (...path: readonly string[]) =>
  new Uint8Array(readFileSync(join(projectRoot, 'test', 'fixtures', ...path)));
const bytesOf = (text: string) => new Uint8Array(Buffer.from(text));
const lines = (line: (i: number) => string, header?: string) =>
  `${[...(header === undefined ? [] : [header]), ...Array.from({ length: 30 }, (_, i) => line(i))].join('\n')}\n`;
const json = (value: unknown) => JSON.stringify(value, undefined, 1);
const kind = (i: number) => (i % 2 ? 'large' : 'small');

interface Format {
  /** What `format` asks for. */
  readonly format: string;
  readonly file: Uint8Array<ArrayBuffer>;
  /** Of every file that is cut off in the middle of a row. */
  readonly place: RegExp;
  /** Where a file may end in the middle: true by default. */
  readonly isCut?: (end: number) => boolean;
  readonly query?: string;
}

/** After the first sign of a line, so that a field or more is not there. */
const inLine = (file: Uint8Array) => (end: number) => file[end - 2] === 10;
const csv = (text: string): Format => {
  const file = bytesOf(text);
  return { format: 'csv', file, place: /^line \d+/, isCut: inLine(file) };
};
const plainCsv = lines((i) => `${i % 7}.5,${(i * i) % 11},${kind(i)}`, 'length,width,kind');
const jsonLines = lines((i) => JSON.stringify({ length: i % 7, width: (i * i) % 11, kind: kind(i) }));
const arffHead =
  '@relation r\n@attribute length numeric\n@attribute width numeric\n@attribute kind {large,small}\n@data';
const arff = (line: (i: number) => string): Format => {
  const file = bytesOf(lines(line, arffHead));
  return { format: 'arff', file, place: /^line \d+/, isCut: inLine(file) };
};
const svmlight = bytesOf(lines((i) => `${i % 2} 1:${(i % 7) + 0.5} 2:${(i * i) % 11}`));
const compressed = (format: string, file: Uint8Array<ArrayBuffer>): Format => ({ format, file, place: /^$/ });

const tables: Readonly<Record<string, Format>> = {
  'CSV with commas': csv(plainCsv),
  'CSV with semicolons and decimal commas': csv(plainCsv.replaceAll(',', ';').replaceAll('.', ',')),
  'CSV with tabs': csv(plainCsv.replaceAll(',', '\t')),
  'CSV with vertical bars': csv(plainCsv.replaceAll(',', '|')),
  'CSV with spaces': csv(plainCsv.replaceAll(',', '  ')),
  'CSV with quotes': csv(plainCsv.replaceAll(/(large|small)/g, '"$1, or so"')),
  'a JSON list': {
    format: 'json',
    file: bytesOf(json(JSON.parse(`[${jsonLines.trim().split('\n').join(',')}]`))),
    place: /^line \d+, column \d+$/,
  },
  'JSON lines': {
    format: 'json',
    file: bytesOf(jsonLines),
    place: /^line \d+$/,
    isCut: (end) => jsonLines[end - 1] !== '\n' && jsonLines[end - 1] !== '}',
  },
  ARFF: arff((i) => `${i % 7}, ${(i * i) % 11}, ${kind(i)}`),
  'ARFF with sparse rows': arff((i) => `{0 ${i % 7}, 1 ${(i * i) % 11}, 2 ${kind(i)}}`),
  svmlight: {
    format: 'svmlight',
    file: svmlight,
    place: /^line \d+$/,
    // In the middle of a pair.
    isCut: (end) => svmlight[end - 1] === 58,
  },
  Parquet: compressed('parquet', fixture('parquet', 'polars.parquet')),
  'CSV with gzip': compressed('csv', new Uint8Array(gzipSync(plainCsv))),
  'JSON lines with gzip': compressed('json', new Uint8Array(gzipSync(jsonLines))),
  'CSV with Zstandard': compressed('csv', fixture('table.csv.zst')),
};

const trialFile = (format: string, name: string, query = ''): Format => {
  const file = fixture('trials', name);
  const isText = !name.endsWith('.db');
  return { format, file, query, place: isText ? /^line \d+/ : /^$/, ...(isText && { isCut: inLine(file) }) };
};
const trials: Readonly<Record<string, Format>> = {
  'a journal of Optuna': trialFile('optuna-journal', 'optuna-journal.jsonl'),
  'a database of Optuna': trialFile('optuna-sqlite', 'optuna.db'),
  'a table of Optuna': trialFile('optuna-csv', 'optuna.csv', 'direction=minimize'),
  'cv_results_ of scikit-learn': trialFile('scikit-learn-csv', 'scikit-learn.csv'),
  'runs of W&B': trialFile('wandb-csv', 'wandb.csv', 'metric=val_loss'),
  'runs of MLflow': trialFile('mlflow-csv', 'mlflow-runs.csv', 'metric=val_accuracy'),
};

interface Space {
  readonly text: string;
  /** Of a text that is cut off. */
  readonly place: RegExp;
}
const atPlace = /^text \(line \d+, column \d+\)$/;
const space = (value: unknown): Space => ({ text: json(value), place: atPlace });
const spaces: Readonly<Record<string, Space>> = {
  'wandb-sweep': {
    text: 'method: random\nparameters: {lr: {min: 0.1, max: 0.2}, units: {values: [8, 16]}, dropout: {min: 0.0, max: 0.5}}\n',
    place: atPlace,
  },
  'katib-experiment': {
    text: 'kind: Experiment\nspec: {algorithm: {algorithmName: random}, parameters: [{name: lr, parameterType: double, feasibleSpace: {min: "0.1", max: "0.2"}}]}\n',
    place: atPlace,
  },
  'nni-search-space': space({
    lr: { _type: 'uniform', _value: [0.1, 0.2] },
    units: { _type: 'choice', _value: [8, 16] },
  }),
  configspace: space({
    hyperparameters: [{ type: 'uniform_float', name: 'lr', lower: 0.1, upper: 0.2 }],
    conditions: [],
  }),
  'vizier-study': space({ parameters: [{ parameterId: 'lr', doubleValueSpec: { minValue: 0.1, maxValue: 0.2 } }] }),
  'keras-tuner': space({
    hyperparameters: { space: [{ class_name: 'Float', config: { name: 'lr', min_value: 0.1, max_value: 0.2 } }] },
  }),
  'hypersearch-space': space({
    format: 'hypersearch-space',
    tool: 'ray-tune',
    hyperparameters: { lr: { type: 'uniform', low: 0.1, high: 0.2 } },
  }),
  'optuna-journal': {
    text: [
      { op_code: 0, study_name: 'a', directions: [1] },
      { op_code: 4, study_id: 0 },
      {
        op_code: 5,
        trial_id: 0,
        param_name: 'lr',
        distribution: '{"name": "FloatDistribution", "attributes": {"low": 0.1, "high": 0.2}}',
      },
    ]
      .map((record) => `${JSON.stringify(record)}\n`)
      .join(''),
    place: /^text \(line \d+\)$/,
  },
};

/** Places in the second half of the file, among those where it can be cut. */
function cutsOf({ file, isCut = () => true }: Pick<Format, 'file' | 'isCut'>, count: number): number[] {
  const all = Array.from({ length: file.length - 1 }, (_, i) => i + 1).filter((end) => isCut(end));
  // A data set of fewer than ten rows is refused for that.
  const from = Math.floor(all.length * 0.45);
  return Array.from({ length: count }, (_, i) => all[from + Math.floor(((all.length - from) * i) / count)]!);
}

function flipped(file: Uint8Array, at: number): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(file);
  copy[at]! ^= 1 << (at % 7);
  return copy;
}

function expectRefused({ status, type, detail, faults }: Answer, what: string): void {
  expect({ what, status: status >= 400 && status < 500 ? 'refused' : `${status} ${detail}` }).toEqual({
    what,
    status: 'refused',
  });
  expect(type).toContain('application/problem+json');
  expect(`${detail}${faults.map(({ message }) => message).join()}`).toMatch(/\w{3}/);
  expect(detail).not.toMatch(/undefined|\[object|NaN|TypeError|RangeError|Cannot read/);
}

const upload = (file: Uint8Array<ArrayBuffer>, query = '', type = 'application/octet-stream') =>
  post(`datasets?name=damaged&missing=fill&${query}`, file, type);
const send = (file: Uint8Array<ArrayBuffer>, query = '', type = 'application/octet-stream') =>
  post(`imports/trials?${query}`, file, type);

async function removeDataset(): Promise<void> {
  await fetch(`${service.url}/v1/datasets/damaged`, { method: 'DELETE' });
}

/** Of small files; large ones take longer to read. */
const FLIPS = 10;
const MANY = 8000;
const flipsOf = (length: number): number[] => {
  const count = length > MANY ? 2 : FLIPS;
  return Array.from({ length: count }, (_, i) => Math.floor(((i + 0.5) * length) / count));
};

describe.each(Object.entries(tables))('a data set: %s', (_, one) => {
  const { file, format, place } = one;

  it('is read where it is whole', async () => {
    expect(await upload(file)).toMatchObject({ status: 201 });
    await removeDataset();
  });

  it.each(cutsOf(one, 4))('that ends after %i bytes', async (end) => {
    const answer = await upload(
      file.slice(0, end),
      place.source === '^$' || format === 'svmlight' ? '' : `format=${format}`,
    );
    expectRefused(answer, `${end} bytes`);
    expect(answer.faults[0]!.path).toMatch(place);
  });

  it('with a flipped bit is refused, or read as what it is', async () => {
    for (const at of flipsOf(file.length)) {
      const answer = await upload(flipped(file, at));
      if (answer.status === 201) await removeDataset();
      else expectRefused(answer, `bit of byte ${at}`);
    }
  });

  it('that is said to be of another format', async () => {
    for (const other of ['json', 'arff', 'svmlight', 'parquet'].filter((name) => name !== format)) {
      const answer = await upload(file, `format=${other}`);
      expectRefused(answer, other);
      expect(answer.faults[0]!.path).toMatch(/^(format|line \d+.*|)$/);
    }
  });

  it('of a type that is no file', async () => {
    const answer = await upload(file, '', 'image/png');
    expect(answer.status).toBe(415);
    expectRefused(answer, 'image/png');
  });
});

describe('a data set', () => {
  it.each<[string, Uint8Array<ArrayBuffer>]>([
    ['nothing', new Uint8Array()],
    ['spaces', bytesOf(' \n \n')],
    ['gzip of nothing', new Uint8Array(gzipSync(''))],
    ['Zstandard of nothing', new Uint8Array(Buffer.from('28b52ffd2000010000', 'hex'))],
    ['the beginning of Parquet', bytesOf('PAR1')],
    ['zeros', new Uint8Array(1000)],
  ])('of %s', async (what, file) => {
    expectRefused(await upload(file), what);
  });

  it.each<[string, string]>([
    ['CSV', 'a,b\n'],
    ['JSON lines', '{"a": 1}\n'],
    ['ARFF', '% a comment\n'],
    ['svmlight', '1 1:2\n'],
  ])('of %s that becomes larger than 64 MB', async (what, line) => {
    const answer = await upload(new Uint8Array(gzipSync(Buffer.alloc(64 * 1024 * 1024 + 1, line), { level: 1 })));
    expectRefused(answer, what);
    expect(answer.detail).toContain('when decompressed');
  });

  it('of more than 64 MB', async () => {
    expect(await upload(new Uint8Array(64 * 1024 * 1024 + 1))).toMatchObject({
      status: 413,
      faults: [{ path: 'body' }],
    });
  });
});

describe.each(Object.entries(trials))('trials: %s', (_, one) => {
  const { file, format, place, query = '' } = one;

  it.each(cutsOf(one, file.length > MANY ? 1 : 3))('that end after %i bytes', async (end) => {
    // The last line of a journal that has no end is still being written: it is not there.
    const cut = format === 'optuna-journal' ? new Uint8Array([...file.slice(0, end), 10]) : file.slice(0, end);
    const answer = await send(cut, query);
    expectRefused(answer, `${end} bytes`);
    expect(answer.faults[0]!.path).toMatch(place);
  });

  it('with a flipped bit are refused, or read as what they are', async () => {
    let read = 0;
    for (const at of flipsOf(file.length)) {
      const answer = await send(flipped(file, at), query);
      if (answer.status === 201) read++;
      else expectRefused(answer, `bit of byte ${at}`);
    }
    const [datasets, searches] = await counts();
    expect(searches).toBe(before[1]! + read);
    before = [datasets!, searches!];
  });

  it('that are said to be of another format', async () => {
    for (const other of Object.values(trials).filter((own) => own.format !== format)) {
      const answer = await send(file, `${query}&format=${other.format}`);
      expectRefused(answer, other.format);
      expect(answer.faults[0]!.path).toMatch(/^(format|line \d+.*)$/);
    }
  });

  it('of a type that is no file', async () => {
    expect((await send(file, query, 'image/png')).status).toBe(415);
  });
});

describe('trials', () => {
  it.each<[string, Uint8Array<ArrayBuffer>]>([
    ['nothing', new Uint8Array()],
    ['spaces', bytesOf(' \n')],
    ['zeros', new Uint8Array(1000)],
    ['the head of a database', bytesOf('SQLite format 3\0')],
    ['a header alone', bytesOf('number,value,params_a,state\n')],
    ['Parquet', fixture('parquet', 'polars.parquet')],
  ])('of %s', async (what, file) => {
    expectRefused(await send(file), what);
  });

  it('of more than 32 MB', async () => {
    expect(await send(new Uint8Array(32 * 1024 * 1024 + 1))).toMatchObject({
      status: 413,
      faults: [{ path: 'body' }],
    });
  });
});

const importSpace = (body: object) => post('imports', JSON.stringify(body), 'application/json');

describe.each(Object.entries(spaces))('a search space: %s', (format, { text, place }) => {
  it('is read where it is whole', async () => {
    expect(await importSpace({ text })).toMatchObject({ status: 200 });
  });

  const isLines = format === 'optuna-journal';
  const first = isLines ? 2 : text.indexOf('{') + 2;
  it.each([0.1, 0.4, 0.7, 0.95])('that is cut off after %d of it', async (share) => {
    const end = Math.floor(first + (text.trimEnd().length - first) * share);
    const answer = await importSpace({ text: `${text.slice(0, end)}${isLines ? '\n' : ''}`, format });
    expectRefused(answer, `${end} characters`);
    expect(answer.faults[0]!.path).toMatch(place);
  });

  it('with a flipped bit is refused, or read as what it is', async () => {
    for (const at of flipsOf(text.length)) {
      const changed = Buffer.from(flipped(bytesOf(text), at)).toString('utf8');
      const answer = await importSpace({ text: changed });
      if (answer.status === 200) continue;
      expectRefused(answer, `bit of byte ${at}`);
      expect(answer.faults[0]!.path).toMatch(/^text/);
    }
  });

  it('that is said to be of another format, or is called so', async () => {
    for (const other of Object.keys(spaces).filter((name) => name !== format)) {
      const answer = await importSpace({ text, format: other });
      expectRefused(answer, other);
      expect(answer.faults[0]!.path).toMatch(/^text/);
    }
    const isYaml = format === 'wandb-sweep' || format === 'katib-experiment';
    const answer = await importSpace({ text, file: isYaml ? 'space.json' : 'space.csv' });
    if (isYaml) {
      expectRefused(answer, 'space.json');
      expect(answer.faults[0]!.path).toMatch(atPlace);
    } else expect(answer.status).toBe(200);
  });

  it('beyond the limits', async () => {
    for (const filler of ['x'.repeat(1024 * 1024), ' '.repeat(1024 * 1024)]) {
      const answer = await importSpace({ text: `${text}${filler}` });
      expectRefused(answer, 'a megabyte');
      expect(answer.faults[0]!.path).toBe('text');
    }
  });
});

describe('a search space', () => {
  it.each([
    '',
    ' \n',
    '[]',
    '{}',
    'null',
    '7',
    '---\n',
    '{"hyperparameters": []}',
    '{"hyperparameters": {"space": []}}',
    '{"parameters": []}',
  ])('of %j', async (text) => {
    const answer = await importSpace({ text });
    expectRefused(answer, text);
    expect(answer.faults[0]!.path).toMatch(/^text/);
  });

  it('as a file, not as JSON', async () => {
    const answer = await post('imports', spaces['wandb-sweep']!.text, 'application/yaml');
    expect(answer.status).toBe(415);
    expectRefused(answer, 'application/yaml');
  });
});
