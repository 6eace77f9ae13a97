/** Notes and tags of searches and trials: stored with events, found by lists, and bounded. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ProblemDocument } from '../../src/contract/problem.ts';
import type { SearchEvent } from '../../src/domain/events.ts';
import type { Search } from '../../src/domain/search.ts';
import type { Trial, TrialSummary } from '../../src/domain/trial.ts';
import { ended, lasting, reached } from '../support/searches.ts';
import { startTestService, type TestService } from '../support/service.ts';

let service: TestService;
let id: string;
const named = (name: string, dataset = 'iris') => ({
  name,
  dataset,
  hyperparameters: { learningRate: { distribution: 'float', low: 1e-3, high: 0.1, scale: 'log' }, epochs: 2 },
  budget: { trials: 6 },
});
beforeAll(async () => {
  service = await startTestService();
  ({ id } = await service.client.create(named('first')));
  await ended(service.client, id);
});
afterAll(() => service?.close());

async function call<T>(method: string, path: string, body?: unknown): Promise<{ status: number; body: T }> {
  const response = await fetch(`${service.url}${path}`, {
    method,
    ...(body !== undefined && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as T };
}
const patch = <T>(path: string, body: unknown) => call<T>('PATCH', `/v1/searches/${id}${path}`, body);
const eventsAfter = async (seq: number) =>
  (await call<{ events: SearchEvent[] }>('GET', `/v1/searches/${id}/events?after=${seq}`)).body.events;

describe('of a search', () => {
  it('are changed with an event, also once it has ended, and change nothing else', async () => {
    const before = await service.client.search(id);
    const change = { notes: 'With a smaller learning rate.\nSee the talk.', tags: ['talk', 'good', 'talk'] };
    const { status, body } = await patch<Search>('', change);
    expect(status).toBe(200);
    expect(body).toEqual({ ...before, notes: change.notes, tags: ['talk', 'good'], seq: before.seq + 1 });
    expect(await service.client.search(id)).toEqual(body);
    const [event, ...others] = await eventsAfter(before.seq);
    expect(others).toEqual([]);
    expect(event).toMatchObject({
      seq: before.seq + 1,
      type: 'search.changed',
      data: { name: 'first', notes: change.notes, tags: ['talk', 'good'] },
    });
    // The same again changes nothing, and one field leaves the other.
    expect((await patch<Search>('', { tags: ['talk', 'good'] })).body.seq).toBe(body.seq);
    expect((await patch<Search>('', { notes: '' })).body).toMatchObject({ notes: '', tags: ['talk', 'good'] });
  });

  it('are found by the list', async () => {
    const { id: other } = await service.client.create(named('second'));
    await call('PATCH', `/v1/searches/${other}`, { notes: '100 % sure_it is', tags: ['Café/v2.1'] });
    const found = async (query: string) =>
      (await call<{ items: Search[] }>('GET', `/v1/searches?${query}`)).body.items.map(({ name }) => name);
    expect(await found('tag=talk')).toEqual(['first']);
    expect(await found(`tag=${encodeURIComponent('Café/v2.1')}`)).toEqual(['second']);
    expect(await found('tag=tal')).toEqual([]);
    expect(await found('q=tal')).toEqual(['first']);
    expect(await found(`q=${encodeURIComponent('100 % SURE_')}`)).toEqual(['second']);
    expect(await found('q=sure-it')).toEqual([]);
    expect((await call<ProblemDocument>('GET', '/v1/searches?tag=a%20b')).body.faults).toMatchObject([{ path: 'tag' }]);
  });
});

describe('of trials', () => {
  const hashes = async () =>
    (await call<{ items: TrialSummary[] }>('GET', `/v1/searches/${id}/trials`)).body.items.map(
      ({ notes: _, tags: __, ...trial }) => trial,
    );

  it('are changed with an event, and change nothing else', async () => {
    const before = await hashes();
    const { seq } = await service.client.search(id);
    const { status, body } = await patch<Trial>('/trials/2', { notes: 'Why so low?', tags: ['odd'] });
    expect(status).toBe(200);
    expect(body).toMatchObject({ number: 2, notes: 'Why so low?', tags: ['odd'] });
    expect(await eventsAfter(seq)).toMatchObject([
      { seq: seq + 1, type: 'trial.changed', data: { number: 2, notes: 'Why so low?', tags: ['odd'] } },
    ]);
    expect(await hashes()).toEqual(before);
    expect((await service.client.search(id)).trials).toMatchObject({ complete: 6 });
  });

  it('of many are tagged at once, all or none, with one event each and no gap', async () => {
    const { seq } = await service.client.search(id);
    const tagged = await patch<{ changed: number }>('/trials', { numbers: [1, 2, 3, 3], addTags: ['odd', 'again'] });
    expect(tagged.body).toEqual({ changed: 3 });
    const events = await eventsAfter(seq);
    expect(events.map((event) => event.seq)).toEqual([seq + 1, seq + 2, seq + 3]);
    const removed = await patch<{ changed: number }>('/trials', { numbers: [0, 1, 2, 3], removeTags: ['odd'] });
    expect(removed.body).toEqual({ changed: 3 });
    const now = (await service.client.search(id)).seq;
    const missing = await patch<ProblemDocument>('/trials', { numbers: [0, 99], addTags: ['x'] });
    expect(missing).toMatchObject({ status: 404, body: { detail: expect.stringContaining('no trial 99') } });
    const many = Array.from({ length: 20 }, (_, i) => `t${i}`);
    const tooMany = await patch<ProblemDocument>('/trials', { numbers: [0, 1], addTags: many });
    expect(tooMany).toMatchObject({ status: 400, body: { faults: [{ path: 'addTags' }] } });
    expect((await service.client.search(id)).seq).toBe(now);
    const items = (await call<{ items: TrialSummary[] }>('GET', `/v1/searches/${id}/trials?tag=again`)).body.items;
    expect(items.map(({ number, tags }) => ({ number, tags }))).toEqual(
      [1, 2, 3].map((number) => ({ number, tags: ['again'] })),
    );
    const byValue = await call<{ items: TrialSummary[] }>('GET', `/v1/searches/${id}/trials?tag=again&sort=-value`);
    expect(byValue.body.items).toHaveLength(3);
  });

  it.each([
    ['/trials/2', {}, ''],
    ['/trials/2', { notes: 'x'.repeat(2001) }, 'notes'],
    ['/trials/2', { tags: ['a,b'] }, 'tags[0]'],
    ['/trials/2', { value: 1 }, 'value'],
    ['/trials', { numbers: [], addTags: ['a'] }, 'numbers'],
    ['/trials', { numbers: [0] }, ''],
    ['/trials', { numbers: [-1], addTags: ['a'] }, 'numbers[0]'],
    ['/trials', { numbers: Array.from({ length: 1001 }, (_, i) => i), addTags: ['a'] }, 'numbers'],
  ])('%s refuses %j', async (path, body, fault) => {
    const answer = await patch<ProblemDocument>(path, body);
    expect(answer.status).toBe(400);
    expect(answer.body.faults.map((one) => one.path)).toContain(fault);
  });

  it('can be written while trials run, and survive their end', async () => {
    const { id: running } = await service.client.create(lasting(400, 3));
    await reached(service.client, running, 'running', 1);
    const { body } = await call<Trial>('PATCH', `/v1/searches/${running}/trials/0`, { tags: ['early'] });
    expect(body.tags).toEqual(['early']);
    const search = await ended(service.client, running);
    expect(search.trials.complete).toBe(3);
    expect((await service.client.trial(running, 0)).tags).toEqual(['early']);
  });
});
