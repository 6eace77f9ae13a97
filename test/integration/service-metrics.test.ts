/** Metrics for Prometheus: they are what REST says, and the dashboard and the alerts ask for no others. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { projectRoot } from '../../src/paths.ts';
import { eventually } from '../support/processes.ts';
import { ended, lasting } from '../support/searches.ts';
import { startTestService, type TestService } from '../support/service.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service?.close());

/** The value of each line, by its name with labels. */
async function metrics(): Promise<ReadonlyMap<string, number>> {
  const text = await (await fetch(`${service.url}/metrics`)).text();
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]));
}

describe('the metrics', () => {
  it('count searches, trials and epochs by state, and what waits in the queue', async () => {
    const done = await ended(service.client, (await service.client.create(lasting(1, 7))).id);
    const waiting = await service.client.create(lasting(60_000, 9));
    const socket = new WebSocket(`${service.url.replace('http', 'ws')}/v1/searches/${waiting.id}/events`);
    // Both change while they are read.
    await eventually(
      async () => {
        const read = await metrics();
        const { running, waiting: left } = (await service.client.search(waiting.id)).trials;
        const counted = (state: string) => read.get(`hypersearch_trials{state="${state}"}`);
        return running > 0 && counted('running') === running && counted('waiting') === left;
      },
      20_000,
      'the same counts as those of REST',
    );
    await eventually(async () => ((await metrics()).get('hypersearch_websockets') ?? 0) > 0, 10_000, 'the websocket');
    const read = await metrics();
    expect(read.get('hypersearch_up{part="postgres"}')).toBe(1);
    expect(read.get('hypersearch_up{part="queue"}')).toBe(1);
    expect(read.get('hypersearch_searches{state="complete"}')).toBe(1);
    expect(read.get('hypersearch_searches{state="running"}')).toBe(1);
    expect(read.get('hypersearch_trials{state="complete"}')).toBe(7);
    expect(read.get('hypersearch_epochs')).toBe(done.epochs);
    expect(read.get('hypersearch_queue_depth')).toBeGreaterThan(0);
    expect(read.get('hypersearch_database_bytes')).toBeGreaterThan(1e6);
    await service.client.cancel(waiting.id);
    await eventually(
      async () => ((await metrics()).get('hypersearch_event_delay_seconds_count') ?? 0) > 0,
      10_000,
      'an event for the websocket',
    );
    socket.close();
  });

  it.each(['grafana.json', 'alerts.yml'])('are all that docs/monitoring/%s asks for', async (file) => {
    const text = await readFile(join(projectRoot, 'docs', 'monitoring', file), 'utf8');
    const asked = new Set([...text.matchAll(/\b(?:hypersearch|http|process|nodejs)_\w+/g)].map(([name]) => name));
    const known = new Set([...(await metrics()).keys()].map((key) => key.replace(/\{.*$/, '')));
    expect(asked.size).toBeGreaterThan(3);
    expect([...asked].filter((name) => !known.has(name))).toEqual([]);
    if (file.endsWith('.json')) JSON.parse(text);
  });
});
