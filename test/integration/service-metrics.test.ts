/** Metrics for Prometheus: they are what REST says, and the dashboard and the alerts ask for no others. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { connect } from '../../src/adapters/postgres/connection.ts';
import { createSearchStore } from '../../src/adapters/postgres/search-store.ts';
import { createWorkMetrics } from '../../src/adapters/prometheus/work-metrics.ts';
import { readConfig } from '../../src/config.ts';
import { projectRoot } from '../../src/paths.ts';
import { startService } from '../../src/service.ts';
import { withPostgres } from '../support/postgres.ts';
import { eventually } from '../support/processes.ts';
import { ended, lasting, reached } from '../support/searches.ts';
import { startTestService, type TestService } from '../support/service.ts';
import { resultOf } from '../support/store-commands.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service?.close());

/** The value of each line, by its name with labels. */
async function metrics(url = `${service.url}/metrics`): Promise<ReadonlyMap<string, number>> {
  const text = await (await fetch(url)).text();
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

  it('count claims, renewals, ends and lost leases, and say how busy the threads are', async () => {
    const before = await metrics();
    const done = await ended(service.client, (await service.client.create(lasting(1, 5))).id);
    const since = async (name: string) => ((await metrics()).get(name) ?? 0) - (before.get(name) ?? 0);
    expect(await since('hypersearch_claims_total')).toBe(5);
    expect(await since('hypersearch_trials_ended_total{state="complete"}')).toBe(5);
    expect(await since('hypersearch_trial_training_seconds_count')).toBe(5);
    const answer = await fetch(`${service.url}/v1/searches/${done.id}/trials`);
    const { items } = (await answer.json()) as { items: readonly { readonly durationMs: number }[] };
    const seconds = items.reduce((sum, { durationMs }) => sum + durationMs / 1000, 0);
    expect(await since('hypersearch_trial_training_seconds_sum')).toBeCloseTo(seconds, 3);
    expect(before.get('hypersearch_threads')).toBe(2);

    const long = await service.client.create(lasting(60_000, 2));
    await eventually(async () => (await since('hypersearch_lease_renewals_total')) > 0, 10_000, 'a renewal');
    await eventually(async () => (await metrics()).get('hypersearch_threads_busy') === 2, 10_000, 'two busy threads');
    expect(await since('hypersearch_lease_losses_total{how="expired"}')).toBe(0);
    // As if no worker had renewed it: the process releases it, and learns with its next renewal that it no longer has it. A renewal may come first.
    await withPostgres(service.databaseUrl, (postgres) =>
      eventually(
        async () => {
          const past = "UPDATE trials SET lease_until = now() - interval '1 minute' WHERE search_id = $1";
          await postgres.query(past, [long.id]);
          return (await since('hypersearch_lease_losses_total{how="expired"}')) > 0;
        },
        10_000,
        'a lease that expired',
      ),
    );
    await eventually(
      async () => (await since('hypersearch_lease_losses_total{how="revoked"}')) > 0,
      10_000,
      'a renewal that was refused',
    );
    expect(await since('hypersearch_trials_retried_total')).toBeGreaterThan(0);
    await service.client.cancel(long.id);
    expect(await since('hypersearch_trials_ended_total{state="cancelled"}')).toBe(2);
    await eventually(async () => (await metrics()).get('hypersearch_threads_busy') === 0, 10_000, 'idle threads');
  });

  it('count results that come too late', async () => {
    const { id } = await service.client.create(lasting(60_000, 1));
    await reached(service.client, id, 'running', 1);
    const work = createWorkMetrics();
    const database = connect(service.databaseUrl, 1, work.meter);
    const claim = { searchId: id, number: 0, attempt: 0, point: {}, rung: 0, folds: [] };
    // Of an attempt before the current one.
    expect(await createSearchStore(database).finish(id, [resultOf(claim, 1)])).toMatchObject({ accepted: [] });
    await database.$disconnect();
    expect(await work.registry.metrics()).toMatch(/^hypersearch_lease_losses_total\{how="late"\} 1$/m);
    await service.client.cancel(id);
  });

  it('of a worker process are at a port of its own, if that is set', async () => {
    const settings = { ...readConfig({}), databaseUrl: service.databaseUrl, threads: 1, logLevel: 'silent' } as const;
    const worker = await startService({ ...settings, metricsPort: 0 }, 'worker');
    try {
      const { hostname } = new URL(worker.metricsUrl!);
      expect(hostname).toBe('127.0.0.1');
      const read = await metrics(worker.metricsUrl);
      expect(read.get('hypersearch_threads')).toBe(1);
      expect(read.get('hypersearch_lease_losses_total{how="late"}')).toBe(0);
      expect(read.get('process_resident_memory_bytes')).toBeGreaterThan(0);
      expect((await fetch(worker.metricsUrl!.replace('/metrics', '/'))).status).toBe(404);
    } finally {
      await worker.close();
    }
    const silent = await startService(settings, 'worker');
    expect(silent.metricsUrl).toBeUndefined();
    await silent.close();
  });

  it.each(['docs/monitoring/grafana.json', 'docs/monitoring/alerts.yml', 'deploy/kubernetes/keda.yaml'])(
    'are all that %s asks for',
    async (file) => {
      const text = await readFile(join(projectRoot, file), 'utf8');
      const asked = new Set([...text.matchAll(/\b(?:hypersearch|http|process|nodejs)_\w+/g)].map(([name]) => name));
      const known = new Set([...(await metrics()).keys()].map((key) => key.replace(/\{.*$/, '')));
      expect(asked.size).toBeGreaterThan(0);
      expect([...asked].filter((name) => !known.has(name))).toEqual([]);
      if (file.endsWith('.json')) JSON.parse(text);
    },
  );
});
