/** The API as people use it: searches from creation to export, in the real service. */
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Search } from '../../src/domain/search.ts';
import type { TrialSummary } from '../../src/domain/trial.ts';
import { eventually } from '../support/processes.ts';
import { allTrials, ended, expectSound, lasting, reached } from '../support/searches.ts';
import { startTestService, type TestService } from '../support/service.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service?.close());

async function call<T>(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  const init = body === undefined ? {} : { body: JSON.stringify(body) };
  const json = body === undefined ? {} : { 'content-type': 'application/json' };
  const response = await fetch(`${service.url}${path}`, { method, ...init, headers: { ...json, ...headers } });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: (text === '' ? null : JSON.parse(text)) as T };
}

const digits = {
  name: 'digits, coarse',
  dataset: 'digits',
  hyperparameters: {
    learningRate: { distribution: 'float', low: 1e-3, high: 1e-1, scale: 'log' },
    hiddenUnits: { distribution: 'int', low: 16, high: 64, scale: 'log' },
    activation: { distribution: 'categorical', choices: ['relu', 'elu', 'tanh'] },
    optimizer: { distribution: 'categorical', choices: ['sgd', 'momentum'] },
    momentum: { distribution: 'float', low: 0.5, high: 0.95, when: { optimizer: ['momentum'] } },
    epochs: 4,
  },
  sampler: { type: 'random', seed: 42 },
  budget: { trials: 12 },
};

describe('a search from its creation to its export', () => {
  let search: Search;

  it('is created with 201 and a Location, and learns', async () => {
    const created = await call<Search>('POST', '/v1/searches', digits);
    expect(created.status).toBe(201);
    expect(created.headers.get('location')).toBe(`/v1/searches/${created.body.id}`);
    search = await ended(service.client, created.body.id);
    expect(search).toMatchObject({ state: 'complete', name: 'digits, coarse', trials: { total: 12, complete: 12 } });
    expect(search.best!.value).toBeGreaterThan(0.85);
    await expectSound(service.databaseUrl, search.id);
  });

  it('lists its best, the best first, and says so in the search', async () => {
    const { body } = await call<{ items: TrialSummary[] }>('GET', `/v1/searches/${search.id}/best?limit=5`);
    const values = body.items.map(({ value }) => value!);
    expect(values).toHaveLength(5);
    expect(values).toEqual(values.toSorted((a, b) => b - a));
    expect(search.best).toEqual({ number: body.items[0]!.number, value: values[0], stage: 0 });
  });

  it('samples, stores and exports a conditional hyperparameter only where its condition holds', async () => {
    const trials = await allTrials(service.client, search.id);
    for (const { hyperparameters } of trials) {
      expect('momentum' in hyperparameters).toBe(hyperparameters['optimizer'] === 'momentum');
    }
    const csv = await (await service.client.export(search.id, 'csv')).text();
    const [header, ...lines] = csv
      .trim()
      .split('\n')
      .map((line) => line.split(','));
    expect(lines).toHaveLength(12);
    const [optimizer, momentum] = ['optimizer', 'momentum'].map((name) => header!.indexOf(name));
    for (const line of lines) expect(line[momentum!] === '').toBe(line[optimizer!] !== 'momentum');
  });

  it('pages trials by cursor in every order, each once', async () => {
    for (const sort of ['number', '-number', 'value', '-value']) {
      const seen: TrialSummary[] = [];
      let cursor: string | null = null;
      do {
        const query: string = cursor === null ? '' : `&cursor=${cursor}`;
        const { body }: { body: { items: TrialSummary[]; next: string | null } } = await call(
          'GET',
          `/v1/searches/${search.id}/trials?sort=${sort}&limit=5${query}`,
        );
        seen.push(...body.items);
        cursor = body.next;
      } while (cursor !== null);
      expect(new Set(seen.map(({ number }) => number)).size).toBe(12);
      const keys = seen.map((trial) => (sort.endsWith('number') ? trial.number : trial.value!));
      expect(keys).toEqual(keys.toSorted((a, b) => (sort.startsWith('-') ? b - a : a - b)));
    }
  });

  it('shows a trial with its settings and curves', async () => {
    const trial = await service.client.trial(search.id, 3);
    expect(trial.settings).toMatchObject({ epochs: 4, initializer: 'he', batchSize: 64 });
    expect(trial.folds).toHaveLength(1);
    for (const curve of ['trainLoss', 'trainMetric', 'validationLoss', 'validationMetric'] as const) {
      expect(trial.folds[0]![curve]).toHaveLength(4);
    }
    expect(trial.folds[0]!.validationMetric.at(-1)).toBe(trial.value);
    expect(trial.resultHash).toMatch(/^[0-9a-f]{64}$/);
  });

  it('is renamed, extended by a larger total, and not shortened below what is decided', async () => {
    const renamed = await call<Search>('PATCH', `/v1/searches/${search.id}`, {
      name: 'digits, longer',
      budget: { trials: 15 },
    });
    expect(renamed.body).toMatchObject({
      name: 'digits, longer',
      state: 'running',
      specification: { budget: { trials: 15 } },
    });
    const done = await ended(service.client, search.id);
    expect(done.trials).toMatchObject({ total: 15, complete: 15 });
    expect((await call('PATCH', `/v1/searches/${search.id}`, { budget: { trials: 3 } })).status).toBe(400);
    await expectSound(service.databaseUrl, search.id);
  });

  it('is sent compressed where it is large and the client can read that, and small answers are not', async () => {
    const encodingOf = async (path: string, accept: string) => {
      const response = await fetch(`${service.url}${path}`, { headers: { 'accept-encoding': accept } });
      expect((await response.text()).length).toBeGreaterThan(0);
      return response.headers.get('content-encoding');
    };
    // The document of the API has far more than 16 kB.
    expect(await encodingOf('/openapi.json', 'gzip')).toBe('gzip');
    expect(await encodingOf('/openapi.json', 'identity')).toBeNull();
    expect(await encodingOf('/healthz', 'gzip')).toBeNull();
  });

  it('is deleted with everything of it', async () => {
    expect((await call('DELETE', `/v1/searches/${search.id}`)).status).toBe(204);
    for (const path of ['', '/trials', '/best', '/events', '/export']) {
      expect((await call('GET', `/v1/searches/${search.id}${path}`)).status).toBe(404);
    }
  });
});

describe('creating', () => {
  it('twice with one Idempotency-Key makes one search, however close together', async () => {
    const headers = { 'idempotency-key': 'order-66' };
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => call<Search>('POST', '/v1/searches', lasting(1, 3), headers)),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array(6).fill(201));
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    const other = await call<{ code: string }>('POST', '/v1/searches', lasting(1, 4), headers);
    expect([other.status, other.body.code]).toEqual([409, 'idempotencyKeyReused']);
  });

  it('can be tried dry: what would be tried, and nothing stored', async () => {
    const before = await call<{ items: Search[] }>('GET', '/v1/searches?limit=500');
    const grid = { ...digits, sampler: { type: 'grid' }, budget: {} };
    const { status, body } = await call<{ gridSize: number; trials: number; first: { hyperparameters: object }[] }>(
      'POST',
      '/v1/searches/dry-run',
      grid,
    );
    // 5 learning rates × 5 widths × 3 activations × (sgd, or momentum with 5 values)
    expect([status, body.gridSize, body.trials]).toEqual([200, 450, 450]);
    expect(body.first).toHaveLength(10);
    const after = await call<{ items: Search[] }>('GET', '/v1/searches?limit=500');
    expect(after.body.items.length).toBe(before.body.items.length);
  });

  it('a search whose dry run named its first trials tries exactly those', async () => {
    const dry = await call<{ first: { number: number; hyperparameters: object }[] }>(
      'POST',
      '/v1/searches/dry-run',
      digits,
    );
    const { id } = await service.client.create({ ...digits, budget: { trials: 3 } });
    await ended(service.client, id);
    const trials = await allTrials(service.client, id);
    expect(trials.map(({ hyperparameters }) => hyperparameters)).toEqual(
      dry.body.first.slice(0, 3).map(({ hyperparameters }) => hyperparameters),
    );
  });
});

describe('units of single layers', () => {
  const base = { learningRate: 0.01, epochs: 3 };
  const run = async (hyperparameters: object, trials: number) => {
    const { id } = await service.client.create({
      dataset: 'iris',
      hyperparameters: { ...base, ...hyperparameters },
      budget: { trials },
    });
    await ended(service.client, id);
    await expectSound(service.databaseUrl, id);
    return id;
  };

  it('vary layer by layer, and are stored and exported only where there is that layer', async () => {
    const own = { distribution: 'int', low: 4, high: 32 };
    const hyperparameters = {
      hiddenLayers: { distribution: 'int', low: 1, high: 3 },
      hiddenUnits1: own,
      hiddenUnits2: own,
      hiddenUnits3: own,
    };
    const id = await run(hyperparameters, 12);
    const trials = await allTrials(service.client, id);
    const counts = trials.map(({ hyperparameters: point }) => Number(point['hiddenLayers']));
    expect(new Set(counts)).toEqual(new Set([1, 2, 3]));
    for (const { number, hyperparameters: point } of trials) {
      const units = [1, 2, 3].flatMap((layer) => point[`hiddenUnits${layer}`] ?? []);
      expect(units).toHaveLength(counts[number]!);
      expect((await service.client.trial(id, number)).settings['hiddenUnits']).toEqual(units);
    }
    const csv = await (await service.client.export(id, 'csv')).text();
    expect(csv.split('\n')[0]).toMatch(/hiddenLayers,hiddenUnits1,hiddenUnits2,hiddenUnits3$/);
  });

  it('written as a list, as single layers or as one number for all are the same networks, bit for bit', async () => {
    const spellings = [
      { hiddenLayers: 2, hiddenUnits: 12 },
      { hiddenUnits: [12, 12] },
      { hiddenLayers: 2, hiddenUnits1: 12, hiddenUnits: 12 },
    ];
    const hashes = await Promise.all(
      spellings.map(async (spelling) => (await service.client.trial(await run(spelling, 1), 0)).resultHash),
    );
    expect(new Set(hashes).size).toBe(1);
    const other = await service.client.trial(await run({ hiddenUnits: [12, 13] }, 1), 0);
    expect(hashes).not.toContain(other.resultHash);
  });
});

describe('enqueued configurations', () => {
  const hyperparameters = {
    learningRate: { distribution: 'float', low: 1e-3, high: 1e-1, scale: 'log', points: 3 },
    hiddenLayers: { distribution: 'int', low: 1, high: 2 },
    hiddenUnits: { distribution: 'categorical', choices: [8, 16] },
    epochs: 2,
  };
  const search = { dataset: 'iris', hyperparameters, sampler: { type: 'grid', seed: 3 } };
  const enqueue = [{ learningRate: 0.05, hiddenUnits: [16, 16] }, { learningRate: 0.007 }];

  it('come before the grid, say so, and take none of its points', async () => {
    const { id } = await service.client.create({ ...search, enqueue });
    const done = await ended(service.client, id);
    expect(done).toMatchObject({ state: 'complete', trials: { total: 2 + 12, complete: 2 + 12 } });
    await expectSound(service.databaseUrl, id);
    const trials = await allTrials(service.client, id);
    expect(trials.map(({ source }) => source)).toEqual(['enqueued', 'enqueued', ...Array(12).fill('sampled')]);
    expect(trials[0]!.hyperparameters).toEqual({ learningRate: 0.05, hiddenLayers: 2, hiddenUnits: 16 });
    expect(trials[1]!.hyperparameters).toMatchObject({ learningRate: 0.007 });
    const alone = await service.client.create(search);
    await ended(service.client, alone.id);
    const points = (all: readonly TrialSummary[]) => all.map(({ hyperparameters: point }) => point);
    expect(points(trials.slice(2))).toEqual(points(await allTrials(service.client, alone.id)));
    expect((await service.client.trial(id, 1)).source).toBe('enqueued');
    const { body } = await call<{ items: TrialSummary[] }>('GET', `/v1/searches/${id}/best?limit=14`);
    for (const { number, source } of body.items) expect(source).toBe(number < 2 ? 'enqueued' : 'sampled');
  });

  it('are part of the total, which may be raised to the end of the grid and no further', async () => {
    const { id } = await service.client.create({ ...search, enqueue, budget: { trials: 1 } });
    expect((await ended(service.client, id)).trials).toMatchObject({ total: 1, complete: 1 });
    await call('PATCH', `/v1/searches/${id}`, { budget: { trials: 100 } });
    expect((await ended(service.client, id)).trials).toMatchObject({ total: 14, complete: 14 });
    await expectSound(service.databaseUrl, id);
  });

  it('are shown by a dry run, beside the size of the grid alone', async () => {
    const { body } = await call<{ gridSize: number; trials: number; first: { source: string }[] }>(
      'POST',
      '/v1/searches/dry-run',
      { ...search, enqueue },
    );
    expect(body).toMatchObject({ gridSize: 12, trials: 14 });
    expect(body.first.slice(0, 3).map(({ source }) => source)).toEqual(['enqueued', 'enqueued', 'sampled']);
  });
});

describe('pause, resume, cancel', () => {
  it('a paused search claims nothing more, and goes on where it was', async () => {
    const { id } = await service.client.create(lasting(60, 40));
    await reached(service.client, id, 'complete', 2);
    expect((await call<Search>('POST', `/v1/searches/${id}/pause`)).body.state).toBe('paused');
    const still = await eventually(async () => {
      const search = await service.client.search(id);
      return search.trials.running === 0 ? search : undefined;
    });
    expect(still.trials.waiting).toBeGreaterThan(0);
    expect((await call('POST', `/v1/searches/${id}/pause`)).status).toBe(200);
    await call('POST', `/v1/searches/${id}/resume`);
    const done = await ended(service.client, id);
    expect(done.trials).toMatchObject({ complete: 40, cancelled: 0 });
    expect((await call<{ code: string }>('POST', `/v1/searches/${id}/resume`)).body.code).toBe('wrongState');
    await expectSound(service.databaseUrl, id);
  });

  it('a cancelled search ends at once, its running trials really stopped', async () => {
    const { id } = await service.client.create(
      lasting(60_000, 4, { hyperparameters: { hiddenUnits: 512, hiddenLayers: 3, epochs: 10_000 } }),
    );
    await reached(service.client, id, 'running', 2);
    const begun = performance.now();
    const { body } = await call<Search>('POST', `/v1/searches/${id}/cancel`);
    expect(body).toMatchObject({ state: 'cancelled', trials: { running: 0, waiting: 0, cancelled: 4 } });
    // The threads are free again: another search gets through.
    const next = await service.client.create(lasting(1, 2));
    await ended(service.client, next.id, 10_000);
    expect(performance.now() - begun).toBeLessThan(5000);
    await expectSound(service.databaseUrl, id);
  });

  it('a trial that exceeds its time has failed, and its thread is free', async () => {
    const slow = lasting(60_000, 2, {
      hyperparameters: { hiddenUnits: 512, hiddenLayers: 3, epochs: 10_000 },
      limits: { trialSeconds: 0.3 },
    });
    const { id } = await service.client.create(slow);
    const search = await ended(service.client, id, 20_000);
    expect(search).toMatchObject({ state: 'failed', trials: { failed: 2 } });
    expect((await service.client.trial(id, 0)).reason).toBe('the trial took longer than its limit of 0.3 s');
    await expectSound(service.databaseUrl, id);
  });
});

describe('divergence', () => {
  it('is an outcome without a value, and never the best', async () => {
    const { id } = await service.client.create({
      dataset: 'digits',
      hyperparameters: {
        learningRate: { distribution: 'categorical', choices: [1e6, 0.01] },
        optimizer: 'sgd',
        preprocessing: 'none',
        epochs: 3,
      },
      sampler: { type: 'grid' },
    });
    const search = await ended(service.client, id);
    expect(search.trials).toMatchObject({ complete: 2, diverged: 1 });
    const trials = await allTrials(service.client, id);
    const wild = trials.find(({ hyperparameters }) => hyperparameters['learningRate'] === 1e6)!;
    expect(wild).toMatchObject({ state: 'complete', outcome: 'diverged', value: null });
    expect(wild.reason).toMatch(/epoch 1/);
    expect(search.best!.number).not.toBe(wild.number);
  });
});

describe('data sets', () => {
  it('come with the service, with what is in them', async () => {
    const { body } = await call<{ items: { name: string; task: string; rows: number; features: number }[] }>(
      'GET',
      '/v1/datasets',
    );
    const facts = Object.fromEntries(
      body.items.map(({ name, task, rows, features }) => [name, [task, rows, features]]),
    );
    expect(facts).toMatchObject({
      digits: ['classification', 1797, 64],
      iris: ['classification', 150, 4],
      wine: ['classification', 178, 13],
      diabetes: ['regression', 442, 10],
    });
    for (const name of ['moons', 'rings', 'spiral']) expect(facts[name]?.[0]).toBe('classification');
  });

  it.each(['iris', 'wine', 'moons', 'rings', 'spiral', 'diabetes'])(
    '%s trains better than guessing',
    async (dataset) => {
      const { id } = await service.client.create({
        dataset,
        hyperparameters: {
          learningRate: 0.03,
          optimizer: 'adam',
          hiddenUnits: 32,
          hiddenLayers: 2,
          epochs: 30,
          batchSize: 16,
        },
        budget: { trials: 1 },
      });
      const { best } = await ended(service.client, id);
      if (dataset === 'diabetes')
        expect(best!.value).toBeLessThan(70); // its deviation is 77
      else expect(best!.value).toBeGreaterThan(0.8);
    },
  );

  it('are uploaded as CSV, twice at once without harm, and are given back as they came', async () => {
    const csv = `size,colour,kind\n${Array.from({ length: 40 }, (_, i) => `${i},${i % 2 ? 'red' : 'blue'},${i < 20 ? 'small' : 'large'}`).join('\n')}\n`;
    const upload = () =>
      fetch(`${service.url}/v1/datasets?name=mine`, {
        method: 'POST',
        body: csv,
        headers: { 'content-type': 'text/csv' },
      });
    const answers = await Promise.all([upload(), upload()]);
    expect(answers.map(({ status }) => status)).toEqual([201, 201]);
    const { body } = await call<{ hash: string }>('GET', '/v1/datasets/mine');
    expect(body).toMatchObject({ classes: ['large', 'small'], features: 3, versions: [body.hash] });
    expect(await service.client.csv('mine')).toBe(csv);
    const { id } = await service.client.create({
      dataset: 'mine',
      hyperparameters: { learningRate: 0.05, epochs: 40, batchSize: 8 },
      budget: { trials: 2 },
    });
    expect((await ended(service.client, id)).best!.value).toBeGreaterThan(0.7);
  });
});

describe('around it', () => {
  it('documents itself', async () => {
    const { body } = await call<{ openapi: string; paths: Record<string, object>; components: { schemas: object } }>(
      'GET',
      '/openapi.json',
    );
    expect(body.openapi).toBe('3.1.0');
    expect(Object.keys(body.paths)).toEqual(
      expect.arrayContaining(['/v1/searches', '/v1/searches/{id}/best', '/v1/datasets']),
    );
    expect(Object.keys(body.components.schemas)).toEqual(expect.arrayContaining(['Search', 'Trial', 'Problem']));
    const page = await fetch(`${service.url}/docs`);
    expect(page.status).toBe(200);
    // Over plain HTTP, beyond loopback, it would ask for its scripts where nothing answers.
    for (const answer of [page, await fetch(service.url)])
      expect(answer.headers.get('content-security-policy')).toMatch(/^(?!.*upgrade-insecure-requests).*script-src/);
  });
  it.each([
    ...['/..%2f..%2fpackage.json', '/%2e%2e/%2e%2e/package.json', '/assets/%2e%2e/%2e%2e/x', '/.%2e/x', '/%2e', '/%00'],
    ...['/assets/..%5c..%5cx', '/%c0%ae%c0%ae/x', '/assets/%2e%2e%2f%2e%2e%2fpackage.json', '/docs/static/%2e%2e%2fx'],
  ])('an address %s leads to no file, and is no fault of the service', async (path) => {
    const { hostname, port } = new URL(service.url);
    const status = (headers: Record<string, string>) =>
      new Promise<number>((resolve, reject) => {
        // `fetch` would resolve the dots.
        request({ hostname, port, path, headers }, (answer) => {
          resolve(answer.statusCode!);
          answer.resume();
        })
          .on('error', reject)
          .end();
      });
    for (const headers of [{}, { accept: 'text/html' }]) expect([400, 403, 404]).toContain(await status(headers));
  });
  it('is healthy, ready and measured', async () => {
    expect((await call('GET', '/healthz')).body).toEqual({ status: 'ok' });
    expect((await call('GET', '/readyz')).body).toEqual({
      status: 'ok',
      kernels: expect.stringMatching(/^(native code|WebAssembly)/),
    });
    const metrics = await (await fetch(`${service.url}/metrics`)).text();
    expect(metrics).toMatch(/http_request_duration_seconds/);
    expect(metrics).toMatch(/^hypersearch_up\{part="postgres"\} 1$/m);
  });
});
