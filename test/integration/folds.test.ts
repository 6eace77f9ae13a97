/** Cross-validation through the whole service, and its folds on any number of threads. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createInlineCore } from '../../src/compute/inline-core.ts';
import { compileKernels } from '../../src/compute/kernels.ts';
import { createThreadedCore } from '../../src/compute/threaded-core.ts';
import { type ComputeCore, type EpochUpdate, resultOf, type TrialTask } from '../../src/compute/trial.ts';
import { loadBuiltin } from '../../src/data/builtin.ts';
import type { Validation } from '../../src/data/folds.ts';
import { settingsOf } from '../../src/domain/specification/hyperparameters.ts';
import { projectRoot, workerScript } from '../../src/paths.ts';
import { allTrials, ended, expectSound } from '../support/searches.ts';
import { startTestService, type TestService } from '../support/service.ts';

const entry = workerScript('compute-thread');
const wine = loadBuiltin('wine', join(projectRoot, 'datasets'))!;

const validations: Validation[] = [
  { type: 'holdout', fraction: 0.25 },
  { type: 'holdout', fraction: 0.25, repeats: 3 },
  { type: 'kFold', folds: 3 },
  { type: 'kFold', folds: 5, stratified: false, repeats: 2 },
  { type: 'kFold', folds: 3, test: 0.2 },
];

function task(validation: Validation, more: Record<string, number | string> = {}): TrialTask {
  return {
    settings: settingsOf({ epochs: 6, hiddenUnits: 8, learningRate: 0.01, ...more }, {}),
    dataset: wine,
    validation,
    metric: 'validationLoss',
    direction: 'minimize',
    divergence: true,
    seed: 4,
    trial: 2,
  };
}

describe('folds on threads', () => {
  const cores: ComputeCore[] = [createInlineCore('simd')];
  beforeAll(() => {
    for (const threads of [1, 2, 4]) cores.push(createThreadedCore(threads, entry, compileKernels('simd')));
  });
  afterAll(() => Promise.all(cores.map((core) => core.close())));

  const withoutTime = async (core: ComputeCore, one: TrialTask) => {
    const { durationMs: _, ...end } = await core.run(one);
    return end;
  };

  it.each(validations)(
    'give the same bits inline and on 1, 2 and 4 threads, unbroken or resumed: %o',
    async (validation) => {
      const first = await withoutTime(cores[0]!, task(validation));
      for (const core of cores) {
        expect(await withoutTime(core, task(validation))).toEqual(first);
        const paused = await core.run({ ...task(validation), pauseAfter: 2 });
        if (paused.outcome !== 'paused') throw new Error('it was not paused');
        expect(await withoutTime(core, { ...task(validation), resume: paused.checkpoint })).toEqual(first);
      }
    },
  );

  it('a fold that diverges ends the trial there, whichever folds ran beside it', async () => {
    const diverging = task({ type: 'kFold', folds: 5 }, { learningRate: 1e4, optimizer: 'sgd', preprocessing: 'none' });
    const first = await withoutTime(cores[0]!, diverging);
    expect(first).toMatchObject({ outcome: 'diverged', value: null });
    for (const core of cores) expect(await withoutTime(core, diverging)).toEqual(first);
  });

  it('the value is the mean of the folds’, with their sample deviation; of one fold there is none', async () => {
    const { value, deviation, folds } = resultOf(await cores[2]!.run(task({ type: 'kFold', folds: 3 })));
    const values = folds.map((fold) => fold.value!);
    const mean = (values[0]! + values[1]! + values[2]!) / 3;
    expect(value).toBeCloseTo(mean, 12);
    expect(deviation).toBeCloseTo(Math.sqrt(values.reduce((sum, one) => sum + (one - mean) ** 2, 0) / 2), 12);
    expect(resultOf(await cores[2]!.run(task({ type: 'holdout', fraction: 0.2 }))).deviation).toBeNull();
  });

  it('of several trials at once: a trial takes the time from its first fold on, without that of waiting for a thread', async () => {
    const begun = performance.now();
    const tasks = Array.from({ length: 5 }, () => task({ type: 'kFold', folds: 3 }, { epochs: 300, hiddenUnits: 64 }));
    const ends = await Promise.all(tasks.map((one) => cores[1]!.run(one)));
    const durations = ends.map(({ durationMs }) => durationMs);
    const elapsed = performance.now() - begun;
    // On one thread they follow one another.
    expect(durations.reduce((sum, one) => sum + one, 0)).toBeLessThan(1.2 * elapsed);
    expect(Math.min(...durations)).toBeGreaterThan(elapsed / 20);
  });

  it('of one trial run side by side where threads are free', async () => {
    const order: number[] = [];
    const onEpochs = (updates: readonly EpochUpdate[]) => order.push(...updates.map(({ fold }) => fold));
    await cores[2]!.run(task({ type: 'kFold', folds: 2 }, { epochs: 4000, hiddenUnits: 64 }), { onEpochs });
    // One after the other, every epoch of the first would be reported before any of the second.
    expect(order.indexOf(1)).toBeLessThan(order.lastIndexOf(0));
  });
});

describe('a search with folds', () => {
  let service: TestService;
  beforeAll(async () => {
    service = await startTestService({ threads: 2 });
  });
  afterAll(() => service?.close());

  it('tells means, deviations and every fold, and refuses folds that the rows are too few for', async () => {
    const { id } = await service.client.create({
      dataset: 'wine',
      hyperparameters: { learningRate: { distribution: 'float', low: 1e-3, high: 1e-1, scale: 'log' }, epochs: 4 },
      validation: { type: 'kFold', folds: 4, repeats: 2 },
      pruner: { type: 'successiveHalving' },
      budget: { trials: 6 },
    });
    await ended(service.client, id);
    await expectSound(service.databaseUrl, id);
    const trials = await allTrials(service.client, id);
    for (const { number, state, deviation } of trials) {
      const { folds } = await service.client.trial(id, number);
      expect(folds.map(({ fold }) => fold)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
      if (state === 'complete') expect(deviation).toBeGreaterThan(0);
    }
    await expect(service.client.create({ dataset: 'iris', validation: { type: 'kFold', folds: 200 } })).rejects.toThrow(
      /validation.folds: must be at most 100/,
    );
  });

  it('has at most as many trials at a time as threads, by their times', async () => {
    const { id } = await service.client.create({
      dataset: 'wine',
      hyperparameters: { learningRate: { distribution: 'float', low: 1e-3, high: 1e-1, scale: 'log' }, epochs: 3 },
      validation: { type: 'kFold', folds: 5 },
      budget: { trials: 40 },
    });
    const { createdAt, finishedAt } = await ended(service.client, id);
    const trials = await allTrials(service.client, id);
    const spent = trials.reduce((sum, { durationMs }) => sum + durationMs!, 0);
    expect(spent).toBeLessThan(2.4 * (Date.parse(finishedAt!) - Date.parse(createdAt)));
  });
});
