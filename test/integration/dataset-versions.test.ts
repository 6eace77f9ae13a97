/** The same name uploaded again is a new version; searches keep the one they began with, and keep it from being deleted. */
import pg from 'pg';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { clientCommand } from '../../src/cli/client-commands.ts';
import type { DatasetSummary } from '../../src/domain/dataset-record.ts';
import { allTrials, ended, hashesOf, lasting, reached } from '../support/searches.ts';
import { startTestService, type TestService } from '../support/service.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service?.close());

/** Two classes, told apart by the width; numbers and noise go by `centre`. The delimiter is one that has to be seen. */
const plants = (centre: number) =>
  [
    'length;width;kind',
    ...Array.from({ length: 60 }, (_, i) =>
      [
        centre + ((i * (37 + centre)) % 11) / 10,
        centre + ((i * 53) % 13) / 10 + (i % 2),
        i % 2 ? 'tall' : 'small',
      ].join(';'),
    ),
  ].join('\n');

async function upload(name: string, body: string, query = ''): Promise<DatasetSummary> {
  const response = await fetch(`${service.url}/v1/datasets?name=${name}${query}`, {
    method: 'POST',
    headers: { 'content-type': 'text/csv' },
    body,
  });
  expect(response.status).toBe(201);
  return (await response.json()) as DatasetSummary;
}

const remove = (name: string, query = '') => fetch(`${service.url}/v1/datasets/${name}${query}`, { method: 'DELETE' });
const problem = async (response: Response) => (await response.json()) as { code: string; detail: string };
const patch = (id: string, body: object) =>
  fetch(`${service.url}/v1/searches/${id}`, {
    method: 'PATCH',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
const search = (dataset: string, trials = 4) =>
  service.client.create({
    dataset,
    budget: { trials },
    hyperparameters: { epochs: 3, learningRate: { distribution: 'float', low: 1e-4, high: 1e-1, scale: 'log' } },
    sampler: { seed: 3 },
  });

async function replayed(id: string, number: number): Promise<string> {
  const lines: string[] = [];
  const log = vi.spyOn(console, 'log').mockImplementation((line: string) => lines.push(line));
  try {
    await clientCommand('replay')!(service.client, [id, String(number)]);
  } finally {
    log.mockRestore();
  }
  return lines.join('\n');
}

it('keeps both versions: old searches go on and are replayed on theirs, new ones take the newest', async () => {
  const first = await upload('plants', plants(2));
  const { id: old } = await search('plants');
  await ended(service.client, old);
  const before = await hashesOf(service.client, old);

  const second = await upload('plants', plants(5));
  expect(second.hash).not.toBe(first.hash);
  expect(second.versions).toEqual([second.hash, first.hash]);
  expect(await service.client.dataset('plants')).toEqual(second);
  expect((await service.client.dataset('plants', first.hash)).hash).toBe(first.hash);
  expect(await service.client.csv('plants', first.hash)).toBe(plants(2));
  const list = (await (await fetch(`${service.url}/v1/datasets`)).json()) as { items: DatasetSummary[] };
  expect(list.items.filter(({ name }) => name === 'plants').map(({ hash }) => hash)).toEqual([second.hash]);

  // The old search is raised: eight trials at once on its rows would have come to the same.
  expect((await patch(old, { budget: { trials: 8 } })).status).toBe(200);
  const raised = await ended(service.client, old);
  expect(raised).toMatchObject({ state: 'complete', dataset: { hash: first.hash }, trials: { complete: 8 } });
  const after = await hashesOf(service.client, old);
  expect(after).toMatchObject(before);
  const { id: fresh } = await search('plants', 8);
  const onSecond = await ended(service.client, fresh);
  expect(onSecond.dataset.hash).toBe(second.hash);
  expect(await hashesOf(service.client, fresh)).not.toEqual(after);

  expect(await replayed(old, 5)).toContain('the same, bit for bit');
  expect(await replayed(fresh, 5)).toContain('the same, bit for bit');
  const preflight = await fetch(`${service.url}/v1/searches/${old}/preflight`);
  expect(preflight.status).toBe(200);

  // The first again: it is the newest now, and the very same.
  const again = await upload('plants', plants(2));
  expect(again).toMatchObject({ hash: first.hash, versions: [first.hash, second.hash] });
  const { id: third } = await search('plants', 8);
  await ended(service.client, third);
  expect(await hashesOf(service.client, third)).toEqual(after);
});

it('refines a search on the rows that it was made on', async () => {
  const first = await upload('refined', plants(2));
  const { id } = await search('refined');
  await ended(service.client, id);
  await upload('refined', plants(7));
  const response = await fetch(`${service.url}/v1/searches/${id}/refine`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  });
  expect(await response.json()).toMatchObject({ dataset: { hash: first.hash } });
});

it('is deleted where nobody uses it, and is not there afterwards', async () => {
  await upload('unused', plants(1));
  await upload('unused', plants(2));
  expect((await remove('unused')).status).toBe(204);
  expect((await fetch(`${service.url}/v1/datasets/unused`)).status).toBe(404);
  expect((await remove('unused')).status).toBe(404);
  expect((await remove('iris')).status).toBe(409);
  expect((await remove('unused?force=perhaps')).status).toBe(400);
});

it('is not deleted while searches use it, unless by force: what is open is cancelled, what has ended can be looked at', async () => {
  await upload('used', plants(3));
  const { id: over } = await search('used');
  await ended(service.client, over);
  const { id: open } = await service.client.create(lasting(5000, 50, { dataset: 'used' }));
  await reached(service.client, open, 'running', 1);

  const refused = await remove('used');
  expect(refused.status).toBe(409);
  expect(await problem(refused)).toMatchObject({
    code: 'datasetInUse',
    detail: '2 searches use used, 1 of them still open; force=true deletes it anyway',
  });
  expect((await remove('used', '?force=true')).status).toBe(204);
  expect((await service.client.search(open)).state).toBe('cancelled');
  expect(await allTrials(service.client, over)).toHaveLength(4);
  const more = await patch(over, { budget: { trials: 9 } });
  expect(more.status).toBe(409);
  expect((await problem(more)).detail).toContain('its data set used was deleted');
  expect((await patch(over, { name: 'kept for its table' })).status).toBe(200);
});

it('is never deleted under a search that begins at the same time', async () => {
  for (let round = 0; round < 5; round++) {
    await upload('contested', plants(round));
    const [created, removed] = await Promise.allSettled([search('contested', 2), remove('contested')]);
    const status = removed.status === 'fulfilled' ? removed.value.status : 0;
    if (created.status === 'fulfilled') {
      expect(status).toBe(409);
      expect((await ended(service.client, created.value.id)).state).toBe('complete');
      expect((await remove('contested', '?force=true')).status).toBe(204);
    } else expect(status).toBe(204);
  }
});

it('trains on what was stored before there were dialects and versions, by the rules and the hash of that time', async () => {
  const csv = `a,t\n${Array.from({ length: 14 }, (_, i) => `${i},${1e8 + i + 0.1}`).join('\n')}`;
  const hash = 'cebdec3ca100236edcabe40637d49d423a575f966504887d101f906ffd7f5f78';
  const database = new pg.Client({ connectionString: service.databaseUrl });
  await database.connect();
  try {
    await database.query(
      `INSERT INTO datasets (name, title, task, target, hash, rows, features, classes, feature_names, csv)
       VALUES ('old', 'old', 'regression', 't', $1, 14, 1, '{}', '{a}', $2)`,
      [hash, Buffer.from(csv)],
    );
  } finally {
    await database.end();
  }
  expect(await service.client.dataset('old')).toMatchObject({
    hash,
    versions: [hash],
    reading: { rules: 1 },
    hints: [],
  });
  const { id } = await search('old', 2);
  expect(await ended(service.client, id)).toMatchObject({
    state: 'complete',
    dataset: { hash },
    trials: { complete: 2 },
  });
  expect(await replayed(id, 1)).toContain('the same, bit for bit');
  // Uploaded today, the same file keeps the digits that were lost then: a version of its own.
  const today = await upload('old', csv);
  expect(today.versions).toEqual([today.hash, hash]);
  expect(today.hash).not.toBe(hash);
  expect(await replayed(id, 0)).toContain('the same, bit for bit');
});
