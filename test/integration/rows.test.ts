/** The rows and splits that leave the service are those that it trains on. */
import { parquetReadObjects } from 'hyparquet';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ended } from '../support/searches.ts';
import { startTestService, type TestService } from '../support/service.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service?.close());

type Row = Readonly<Record<string, string>>;

function rowsIn(csv: string): Row[] {
  const [header, ...lines] = csv.trim().split('\n');
  const names = header!.split(',');
  return lines.map((line) => Object.fromEntries(line.split(',').map((cell, i) => [names[i]!, cell])));
}

async function rowsOf(id: string, number: number): Promise<Row[]> {
  return rowsIn(await (await service.client.trialRows(id, number, 'csv')).text());
}

async function created(validation: object): Promise<string> {
  const { id } = await service.client.create({
    dataset: 'diabetes',
    hyperparameters: { learningRate: { distribution: 'float', low: 1e-4, high: 1e-3, scale: 'log' }, epochs: 1 },
    validation,
    budget: { trials: 2 },
  });
  await ended(service.client, id);
  return id;
}

/** The targets that the service has predicted in a fold are those of rows that it held out. */
function expectSameRows(predicted: readonly (number | null)[], held: readonly Row[]): void {
  const left = held.map(({ progression }) => Number(progression)).sort((a, b) => a - b);
  for (const value of predicted) {
    const place = left.findIndex((one) => Math.abs(one - value!) < 1e-3);
    expect(place).toBeGreaterThanOrEqual(0);
    left.splice(place, 1);
  }
}

it('have the inputs, the target, and the folds of a trial with test rows', async () => {
  const id = await created({ type: 'kFold', folds: 3, repeats: 2, test: 0.2 });
  const rows = await rowsOf(id, 1);
  const { folds } = await service.client.trial(id, 1);
  expect(rows).toHaveLength(442);
  const names = folds.map((_, i) => `fold${i + 1}`);
  expect(Object.keys(rows[0]!).slice(-6)).toEqual(names);
  for (const row of rows) {
    const parts = names.map((name) => row[name]);
    // A test row is one in all folds; any other one is held out once a repetition.
    if (parts.includes('test')) expect(new Set(parts)).toEqual(new Set(['test']));
    else
      for (const own of [parts.slice(0, 3), parts.slice(3)])
        expect(own.filter((part) => part === 'validation')).toHaveLength(1);
  }
  expect(rows.filter((row) => row['fold1'] === 'test')).toHaveLength(88);
  for (const [i, { predictions }] of folds.entries()) {
    expect(predictions!.target.length).toBeGreaterThan(50);
    expectSameRows(
      predictions!.target,
      rows.filter((row) => row[names[i]!] === 'validation'),
    );
  }
});

it('have the split of a trial with one of its own', async () => {
  const id = await created({ type: 'holdout', fraction: 0.3, reshuffle: true });
  const held = await Promise.all(
    [0, 1].map(async (number) => {
      const rows = (await rowsOf(id, number)).filter(({ fold1 }) => fold1 === 'validation');
      const { folds } = await service.client.trial(id, number);
      expectSameRows(folds[0]!.predictions!.target, rows);
      return rows.map(({ row }) => row);
    }),
  );
  expect(held[0]).not.toEqual(held[1]);
});

it('are the values of the file, with types in Parquet; a name that is taken gets a mark', async () => {
  const csv = [
    'row,colour,size,kind',
    ...Array.from(
      { length: 40 },
      (_, i) => `${i % 7},${i % 2 ? 'red' : 'blue'},${i === 3 ? '' : i / 8},${i % 3 ? 'a' : 'b'}`,
    ),
  ];
  const upload = await fetch(`${service.url}/v1/datasets?name=things&missing=fill`, {
    method: 'POST',
    headers: { 'content-type': 'text/csv' },
    body: csv.join('\n'),
  });
  expect(upload.status).toBe(201);
  const rows = rowsIn(await (await service.client.rows('things', 'csv')).text());
  expect(Object.keys(rows[0]!)).toEqual([
    'row_',
    'row',
    'colour=blue',
    'colour=red',
    'size',
    'size is missing',
    'kind',
  ]);
  expect(rows[3]).toEqual({
    row_: '3',
    row: '3',
    'colour=blue': '0',
    'colour=red': '1',
    size: '',
    'size is missing': '1',
    kind: 'b',
  });
  const bytes = await (await service.client.rows('things', 'parquet')).arrayBuffer();
  const typed = await parquetReadObjects({ file: bytes });
  expect(typed).toHaveLength(40);
  expect(typed[9]).toEqual({
    row_: 9,
    row: 2,
    'colour=blue': 0,
    'colour=red': 1,
    size: 9 / 8,
    'size is missing': 0,
    kind: 'b',
  });
  expect(typed[3]!['size']).toBeNull();
  const unknown = await fetch(`${service.url}/v1/datasets/nothing/rows`);
  expect(unknown.status).toBe(404);
});
