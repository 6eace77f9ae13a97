/** Postgres itself goes away under load and comes back. */
import pg from 'pg';
import { expect, it } from 'vitest';
import { createClient } from '../../src/cli/api-client.ts';
import { startOwnPostgres } from '../support/own-postgres.ts';
import { startApi, startWorkerProcess } from '../support/processes.ts';
import { ended, expectSound, lasting, reached } from '../support/searches.ts';
import { temporaryFolder } from '../support/temporary.ts';

it('Postgres restarted under load, twice: every trial is finished once', async () => {
  const folder = await temporaryFolder();
  const postgres = await startOwnPostgres(folder.path);
  const environment = {
    DATABASE_URL: postgres.url,
    HYPERSEARCH_LEASE_SECONDS: '2',
    HYPERSEARCH_SWEEP_SECONDS: '0.3',
    HYPERSEARCH_THREADS: '2',
  };
  const api = await startApi(environment);
  const worker = await startWorkerProcess(environment);
  try {
    const client = createClient(api.url);
    const { id } = await client.create(lasting(40, 60));
    await reached(client, id, 'complete', 5);
    await postgres.restart('fast');
    await reached(client, id, 'complete', 20);
    await postgres.restart('immediate'); // as if the machine had lost power: it recovers from its log
    const search = await ended(client, id, 60_000);
    expect(search).toMatchObject({ state: 'complete', trials: { complete: 60, failed: 0 } });
    await expectSound(postgres.url, id);
    // Who comes back comes back once: a storm of reconnecting clients would show here.
    expect(await connectionsTo(postgres.url)).toBeLessThan(60);
  } catch (error) {
    throw new Error(`the API said:\n${api.output()}\nthe worker said:\n${worker.output()}`, { cause: error });
  } finally {
    await worker.end();
    await api.end();
    await postgres.stop();
    await folder.remove();
  }
});

it('while Postgres is away, requests are answered 503 and what is away; afterwards all is as before', async () => {
  const folder = await temporaryFolder();
  const postgres = await startOwnPostgres(folder.path);
  const api = await startApi({ DATABASE_URL: postgres.url });
  try {
    const { id } = await createClient(api.url).create(lasting(10_000, 2));
    await postgres.stop();
    const paths = [
      '/readyz',
      '/v1/searches',
      `/v1/searches/${id}`,
      `/v1/searches/${id}/trials`,
      `/v1/searches/${id}/table`,
      '/v1/datasets',
      '/v1/models',
    ];
    for (const path of paths) {
      const response = await fetch(`${api.url}${path}`);
      const body = (await response.json()) as object;
      expect([path, response.status, body]).toEqual([
        path,
        503,
        expect.objectContaining({ code: 'unavailable', detail: expect.stringContaining('Postgres does not answer') }),
      ]);
    }
    const ready = (await (await fetch(`${api.url}/readyz`)).json()) as { detail: string };
    expect(ready.detail).toMatch(/^Postgres does not answer: .*; the queue does not answer: /);
    const cancel = await fetch(`${api.url}/v1/searches/${id}/cancel`, { method: 'POST' });
    expect(cancel.status).toBe(503);
    await postgres.restart('fast');
    expect((await createClient(api.url).cancel(id)).state).toBe('cancelled');
  } finally {
    await api.end();
    await postgres.stop();
    await folder.remove();
  }
});

async function connectionsTo(url: string): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query(
    "SELECT count(*)::int AS n FROM pg_stat_activity WHERE backend_type = 'client backend'",
  );
  await client.end();
  return rows[0].n;
}
