/** A CSV with gaps, words that look like numbers and a column of no use, through the whole service. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ended } from '../support/searches.ts';
import { startTestService, type TestService } from '../support/service.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service?.close());

const csv = [
  'plot,width,zip,kind',
  ...Array.from({ length: 60 }, (_, i) =>
    [i, i % 10 === 3 ? '' : (i % 2) * 2 + i / 100, 10_000 + (i % 3), i % 2 ? 'tall' : 'small'].join(','),
  ),
].join('\n');
const post = (path: string, body = csv) =>
  fetch(`${service.url}/v1/datasets${path}`, { method: 'POST', headers: { 'content-type': 'text/csv' }, body });
const choices = 'ignore=plot&category=zip&missing=fill';

it('shows what an upload would be, and stores nothing', async () => {
  const response = await post(`/preview?${choices}`);
  expect(response.status).toBe(200);
  const preview = (await response.json()) as { columns: { name: string; kind: string }[]; limits: { rows: number } };
  expect(preview).toMatchObject({ rows: 60, features: 5, faults: [], target: 'kind', classes: ['small', 'tall'] });
  expect(preview.columns.map(({ name, kind }) => `${name} ${kind}`)).toEqual([
    'plot ignored',
    'width number',
    'zip category',
    'kind category',
  ]);
  expect(preview.limits.rows).toBeGreaterThan(1000);
  const { items } = (await (await fetch(`${service.url}/v1/datasets`)).json()) as { items: { builtIn: boolean }[] };
  expect(items.every(({ builtIn }) => builtIn)).toBe(true);
});

it('tells of faults with the preview, and refuses only what is no table', async () => {
  const { faults } = (await (await post('/preview')).json()) as { faults: { path: string }[] };
  expect(faults[0]?.path).toBe('line 5, column width');
  const refused = await post('/preview', 'a,b\n"1,2');
  expect(refused.status).toBe(400);
  expect(await refused.json()).toMatchObject({ code: 'invalidRequest', faults: [{ path: 'line 2' }] });
  expect((await post('/preview?missing=perhaps')).status).toBe(400);
});

it('trains on it, in another process’s reading too, and gives the same when it is read again', async () => {
  const stored = await post(`?name=plants&${choices}`);
  expect(stored.status).toBe(201);
  const facts = (await stored.json()) as { hash: string };
  expect(facts).toMatchObject({
    rows: 60,
    features: 5,
    dropped: 0,
    reading: { category: ['zip'], ignore: ['plot'], missing: 'fill' },
  });
  const { id } = await service.client.create({
    dataset: 'plants',
    budget: { trials: 4 },
    hyperparameters: { epochs: 5 },
  });
  const search = await ended(service.client, id);
  expect(search).toMatchObject({
    state: 'complete',
    trials: { complete: 4, diverged: 0 },
    dataset: { hash: facts.hash },
  });
  expect(await service.client.dataset('plants')).toEqual(facts);
});

it('leaves out rows with gaps, and says how many', async () => {
  const stored = await post('?name=whole&missing=drop');
  expect(await stored.json()).toMatchObject({ rows: 54, dropped: 6 });
});
