/** The recipes of CONTRIBUTING.md, followed word by word on a copy of the sources: what is added compiles, runs, and is all that is needed. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type ApiClient, createClient } from '../../src/cli/api-client.ts';
import { projectRoot } from '../../src/paths.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { type RunningProcess, run } from '../support/processes.ts';
import { pruner, sampler } from '../support/recipes/algorithms.ts';
import { finding, route } from '../support/recipes/finding-and-route.ts';
import type { Recipe } from '../support/recipes/recipe.ts';
import { activation, hyperparameter } from '../support/recipes/training.ts';
import { allTrials, ended } from '../support/searches.ts';
import { copySources, type SourceCopy } from '../support/source-copy.ts';

const recipes = [sampler, pruner, activation, finding, hyperparameter, route];

const one = { learningRate: 0.01, hiddenUnits: 8, epochs: 10 };

/** What becomes of a trial under a pruner: its state, its epochs and the rule that stopped it. */
async function prunedAt(client: ApiClient, pruner: object): Promise<unknown[]> {
  const specification = { dataset: 'iris', hyperparameters: one, pruner, budget: { trials: 1 } };
  const { id } = await client.create(specification);
  await ended(client, id);
  return (await allTrials(client, id)).map(({ state, epochs, verdict }) => [state, epochs, verdict?.rule]);
}

/** The training losses of a trial, epoch by epoch. */
async function lossesWith(client: ApiClient, adamEpsilon: number): Promise<readonly (number | null)[]> {
  const specification = { dataset: 'iris', hyperparameters: { ...one, adamEpsilon }, budget: { trials: 1 } };
  const { id } = await client.create(specification);
  await ended(client, id);
  return (await client.trial(id, 0)).folds[0]!.trainLoss;
}

/** The files that a recipe names, one at the beginning of each of its steps. */
async function filesOf({ title, names }: Recipe): Promise<string[]> {
  const text = await readFile(join(projectRoot, 'CONTRIBUTING.md'), 'utf8');
  const section = text.split(/^## /m).find((one) => one.startsWith(`${title}\n`)) ?? '';
  return [...section.matchAll(/^\d+\. `([^`]+)`/gm)].map(([, file]) =>
    Object.entries(names).reduce((path, [name, chosen]) => path.replaceAll(name, chosen), file!),
  );
}

const testedByName = [
  'test/property/halton.test.ts',
  'test/unit/algorithms/threshold.test.ts',
  'test/contract/sampler.test.ts',
  'test/contract/kernels.test.ts',
  'test/unit/nn/kernels-plain.test.ts',
  'test/property/gradients.test.ts',
  'test/property/float32-forward.test.ts',
  'test/property/models/onnx.test.ts',
  // Bits of results that were stored before.
  'test/golden/stored-results.test.ts',
];

describe('the recipes', () => {
  let copy: SourceCopy;
  let database: TestDatabase;
  let service: RunningProcess | undefined;
  beforeAll(async () => {
    copy = await copySources();
    database = await createTestDatabase();
  });
  afterAll(async () => {
    await service?.end();
    await database?.drop();
    await copy?.remove();
  });

  it.each(recipes)('name the files that are needed, and no more than $most: $title', async (recipe) => {
    const before = new Set(copy.touched);
    await recipe.follow(copy);
    const touched = [...copy.touched].filter((file) => !before.has(file));
    expect(touched.toSorted()).toEqual((await filesOf(recipe)).toSorted());
    expect(touched.length).toBeLessThanOrEqual(recipe.most);
  });

  it('leave nothing that does not compile: service, tests, benchmarks and page', async () => {
    await copy.run('--setup-only');
    // By one checker: several are quicker where cores are free, but do twice the work, and other tests have it then.
    await copy.run('--without-build', 'tsc', '-p', 'tsconfig.check.json', '--checkers', '1');
    await copy.bring('web');
    await copy.run('--without-build', 'tsc', '-p', 'web/tsconfig.json', '--checkers', '1');
  }, 300_000);

  it('are tested by what is there: contracts, gradients, formulas, an injected fault, every answer', async () => {
    const config = {
      include: ['test/**/*.test.ts'],
      provide: {
        templateUrl: inject('templateUrl'),
        epochsPerMillisecond: inject('epochsPerMillisecond'),
      },
      testTimeout: 120_000,
      hookTimeout: 120_000,
    };
    await copy.add('recipes.config.ts', `export default { test: ${JSON.stringify(config)} };\n`);
    const tests = ['--without-build', 'vitest', 'run', '--config', 'recipes.config.ts', '--reporter=verbose'];
    // Those of the other samplers and activations are run without the recipes.
    const added = await copy.run(
      ...tests,
      ...testedByName,
      '--testNamePattern',
      'halton|sixteenth|threshold|softsign|a trial on a built-in',
    );
    const answered = await copy.run(...tests, 'test/integration/contract.test.ts');
    const run = `${added}${answered}`;
    for (const name of [
      "the sampler: 'halton'",
      'softsign',
      'puts one of the first sixteen',
      'stops what is not as good as its threshold',
      'and every route has answered',
    ]) {
      expect(run).toMatch(new RegExp(`✓.*${name}`));
    }
    const injected = await copy.run(
      'dist/bench/findings.js',
      '--runs',
      '3',
      '--healthy',
      '1',
      '--json',
      'batchTooLarge',
    );
    expect(injected).toContain('"kind":"batchTooLarge"');
    expect(injected).toContain('"found":1');
    // A build, a database and ten files of tests, beside whatever else is tested.
  }, 300_000);

  it('work in a service that is built from them', async () => {
    service = run(process.execPath, [join(copy.path, 'dist/service/main.js'), 'start'], {
      DATABASE_URL: database.url,
      HYPERSEARCH_PORT: '0',
      HYPERSEARCH_THREADS: '2',
    });
    const [, url] = await service.prints(/page\s+(http:\S+)/);
    const client = createClient(url!);
    const { id } = await client.create({
      dataset: 'iris',
      hyperparameters: {
        learningRate: { distribution: 'float', low: 1e-3, high: 1e-1, scale: 'log' },
        activation: 'softsign',
        batchSize: 1000,
        epochs: 40,
      },
      sampler: { type: 'halton', seed: 3 },
      budget: { trials: 8 },
    });
    const search = await ended(client, id);
    expect(search).toMatchObject({ state: 'complete', specification: { sampler: { type: 'halton', seed: 3 } } });
    const rates = (await allTrials(client, id)).map(({ hyperparameters }) => Number(hyperparameters['learningRate']));
    // One in each eighth of the scale, which is moved by the seed: their distances are whole eighths.
    const places = rates.map((rate) => 4 * Math.log10(rate / 1e-3)).toSorted((a, b) => a - b);
    for (const [i, place] of places.slice(1).entries()) expect(place - places[i]!).toBeCloseTo(1, 6);
    expect(search.best?.value).toBeGreaterThan(0.7);
    const { items } = await client.findings(id);
    expect(items.find(({ code }) => String(code) === 'batchTooLarge')).toMatchObject({ trials: 8, severity: 'note' });
    const pruned = await prunedAt(client, { type: 'threshold', threshold: 2, warmupEpochs: 2 });
    expect(pruned).toEqual([['pruned', 2, 'threshold']]);
    // A step of Adam is divided by what is added to the root: there is none to speak of where that is a million.
    const [still, moving] = await Promise.all([1e6, 1e-8].map((adamEpsilon) => lossesWith(client, adamEpsilon)));
    expect(still![9]).toBeCloseTo(still![0]!, 3);
    expect(moving![9]).toBeLessThan(moving![0]! - 0.05);
    const answer = await fetch(`${url}/v1/searches/${id}/durations`);
    expect(await answer.json()).toEqual({ trials: 8, meanMs: expect.any(Number) });
  });
});
