/** The compute core's two implementations: one contract, and what threads promise besides. */

import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createInlineCore } from '../../src/compute/inline-core.ts';
import { compileKernels } from '../../src/compute/kernels.ts';
import { createThreadedCore } from '../../src/compute/threaded-core.ts';
import {
  type ComputeCore,
  type EpochUpdate,
  MemoryLimitExceeded,
  resultOf,
  TimeLimitExceeded,
  type TrialTask,
} from '../../src/compute/trial.ts';
import { loadBuiltin } from '../../src/data/builtin.ts';
import { settingsOf } from '../../src/domain/specification/hyperparameters.ts';
import { stackOf } from '../../src/errors.ts';
import { projectRoot, workerScript } from '../../src/paths.ts';
import { eventually } from '../support/processes.ts';

const entry = workerScript('compute-thread');
const digits = loadBuiltin('digits', join(projectRoot, 'datasets'))!;

function task(trial: number, settings: Record<string, number | string | boolean> = {}): TrialTask {
  return {
    settings: settingsOf({ epochs: 3, hiddenUnits: 16, learningRate: 0.01, ...settings }, {}),
    dataset: digits,
    validation: { type: 'holdout', fraction: 0.2 },
    metric: 'validationAccuracy',
    direction: 'maximize',
    divergence: true,
    seed: 11,
    trial,
  };
}

let threads: ComputeCore;
const inline = createInlineCore('simd');
beforeAll(() => {
  threads = createThreadedCore(2, entry, compileKernels('simd'));
});
afterAll(() => threads?.close());

it.runIf(process.platform === 'linux')('threads give way to the rest of the service', async () => {
  await eventually(
    async () => (await nicenesses()).filter((niceness) => niceness === 5).length === 2,
    10_000,
    'two threads of lower priority',
  );
});

/** Of every thread of this process; field 19 of proc_pid_stat(5). */
async function nicenesses(): Promise<number[]> {
  const threads = await readdir('/proc/self/task');
  const lines = await Promise.all(threads.map((id) => readFile(`/proc/self/task/${id}/stat`, 'utf8').catch(() => '')));
  return lines.filter((line) => line !== '').map((line) => Number(line.split(') ')[1]!.split(' ')[16]));
}

describe.each([['inline'], ['threads']])('a core: %s', (name) => {
  const core = () => (name === 'inline' ? inline : threads);

  it('trains, tells every epoch in order, and gives a value, curves and a hash', async () => {
    const reported: EpochUpdate[] = [];
    const result = resultOf(await core().run(task(0), { onEpochs: (updates) => reported.push(...updates) }));
    expect(reported.map(({ epoch }) => epoch)).toEqual([1, 2, 3]);
    expect(result).toMatchObject({ outcome: 'ok', epochs: 3, kernels: 'simd', reason: null });
    expect(result.value).toBeGreaterThan(0.5);
    expect(result.folds[0]!.trainLoss).toEqual(reported.map(({ trainLoss }) => trainLoss));
    expect(result.resultHash).toMatch(/^[0-9a-f]{64}$/);
  });

  it('stops a diverging trial and says in which epoch, without a number that is none', async () => {
    const result = resultOf(await core().run(task(0, { learningRate: 1e6, optimizer: 'sgd', epochs: 10 })));
    expect(result).toMatchObject({ outcome: 'diverged', value: null });
    expect(result.epochs).toBeLessThan(10);
    expect(result.reason).toMatch(/epoch \d/);
    expect(JSON.stringify(result)).not.toMatch(/NaN|Infinity/);
  });

  it('puts a trial aside after the given epoch, and goes on from there to the same bits', async () => {
    const reported: number[] = [];
    const onEpochs = (updates: readonly EpochUpdate[]) => reported.push(...updates.map(({ epoch }) => epoch));
    const paused = await core().run({ ...task(0), pauseAfter: 2 }, { onEpochs });
    if (paused.outcome !== 'paused') throw new Error('it went on');
    expect(paused).toMatchObject({ epochs: 2, kernels: 'simd' });
    expect(paused.value).toBe(paused.folds[0]!.validationMetric[1]);
    const resumed = resultOf(await core().run({ ...task(0), resume: paused.checkpoint }, { onEpochs }));
    expect(reported).toEqual([1, 2, 3]);
    const { durationMs: _, ...unbroken } = resultOf(await core().run(task(0)));
    expect(resumed).toMatchObject(unbroken);
    expect(() => resultOf(paused)).toThrow('no result yet');
  });

  it('ends a trial when asked to, in the middle of an epoch or between two, and works on', async () => {
    const long = task(0, { epochs: 10_000, hiddenUnits: 256 });
    const abort = new AbortController();
    const onEpochs = () => abort.abort(new Error('enough'));
    await expect(core().run(long, { signal: abort.signal, onEpochs })).rejects.toThrow('enough');
    const later = new AbortController();
    const reported: number[] = [];
    const run = core().run(long, { signal: later.signal, onEpochs: (updates) => reported.push(updates.length) });
    setTimeout(() => later.abort(new Error('enough of this too')), 100);
    await expect(run).rejects.toThrow('enough of this too');
    expect(reported.length).toBeLessThan(1000);
    expect((await core().run(task(1))).outcome).toBe('ok');
  });

  it('ends a trial that has used up its time, and works on', async () => {
    const begun = performance.now();
    const long = core().run(task(0, { epochs: 10_000, hiddenUnits: 256 }), { limitSeconds: 0.2 });
    await expect(long).rejects.toThrow(TimeLimitExceeded);
    expect(performance.now() - begun).toBeLessThan(2000);
    expect((await core().run(task(1), { limitSeconds: 60 })).outcome).toBe('ok');
  });

  it('gives trials that are asked for at once the bits that each has alone', async () => {
    const alone = resultOf(await core().run(task(3))).resultHash;
    const together = await Promise.all([task(2), task(3), task(4)].map((one) => core().run(one)));
    expect(resultOf(together[1]!).resultHash).toBe(alone);
  });

  it('refuses to begin what is already aborted', async () => {
    await expect(core().run(task(0), { signal: AbortSignal.abort(new Error('no longer wanted')) })).rejects.toThrow(
      'no longer wanted',
    );
  });
});

describe.each([['inline'], ['threads']])('a series of trials: %s', (name) => {
  const core = () => (name === 'inline' ? inline : threads);

  it('gives each trial the bits and the epochs that it has alone', async () => {
    const tasks = [task(0), task(1, { learningRate: 1e6, optimizer: 'sgd' }), task(2), task(3)];
    const series = core().series();
    const epochs = tasks.map((): number[] => []);
    const ends = await Promise.all(
      tasks.map((one, i) =>
        series.run(one, { onEpochs: (updates) => epochs[i]!.push(...updates.map(({ epoch }) => epoch)) }),
      ),
    );
    const alone = await Promise.all(tasks.map((one) => inline.run(one)));
    expect(ends.map((end) => resultOf(end).resultHash)).toEqual(alone.map((end) => resultOf(end).resultHash));
    expect(epochs).toEqual(ends.map((end) => Array.from({ length: end.epochs }, (_, i) => i + 1)));
  });

  it('goes on after a trial that is aborted, takes too long, needs too much memory, or throws', async () => {
    const small = createLimited(name);
    const series = small.series();
    const abort = new AbortController();
    const long = { epochs: 100_000, hiddenUnits: 32 };
    const broken = { ...task(0), dataset: { ...digits, hash: 'broken', x: undefined } } as unknown as TrialTask;
    const ends = await Promise.allSettled([
      series.run(task(0)),
      series.run(task(1, long), { signal: abort.signal, onEpochs: () => abort.abort(new Error('enough')) }),
      series.run(task(2), { limitSeconds: 60 }),
      series.run(task(3, long), { limitSeconds: 0.2 }),
      series.run(task(4, { hiddenUnits: 1000 })),
      series.run(broken),
      series.run(task(5)),
    ]);
    const reasons = ends.map((end) => (end.status === 'rejected' ? String(end.reason) : end.value.outcome));
    expect(reasons.map((reason) => reason.split(':')[0])).toEqual([
      ...['ok', 'Error', 'ok', 'TimeLimitExceeded', 'MemoryLimitExceeded'],
      ...[name === 'inline' ? 'TypeError' : 'Error', 'ok'],
    ]);
    expect(reasons[1]).toContain('enough');
    await small.close();
  });
});

it('a series that is revoked ends with the trial that has started', async () => {
  const core = createThreadedCore(1, entry, compileKernels('simd'));
  const series = core.series();
  const revoke = new AbortController();
  const onEpochs = () => revoke.abort(new Error('paused'));
  const options = { revoke: revoke.signal };
  const ends = await Promise.allSettled([
    series.run(task(0)),
    series.run(task(1, { epochs: 300, hiddenUnits: 64 }), { ...options, onEpochs }),
    series.run(task(2), options),
    series.run(task(3)),
  ]);
  expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
  expect(ends[2]).toMatchObject({ reason: revoke.signal.reason });
  await core.close();
});

function createLimited(name: string): ComputeCore {
  const limit = 3 * 2 ** 20;
  return name === 'inline'
    ? createInlineCore('simd', limit)
    : createThreadedCore(1, entry, compileKernels('simd'), limit);
}

it.each([['inline'], ['threads']])('a core refuses what takes more memory than a trial may: %s', async (name) => {
  const core = createLimited(name);
  const large = core.run(task(0, { hiddenUnits: 1000 }));
  await expect(large).rejects.toThrow(MemoryLimitExceeded);
  await expect(large).rejects.toThrow(/^training needs \d+ MB of memory, but the limit is 3 MB$/);
  expect((await core.run(task(0))).outcome).toBe('ok');
  await core.close();
});

describe('threads', () => {
  it('give the same bits as inline, alone or beside others, first or second thread', async () => {
    const hashes = (core: ComputeCore) =>
      Promise.all([0, 1, 2, 3].map(async (trial) => resultOf(await core.run(task(trial))).resultHash));
    const expected = await hashes(inline);
    expect(await hashes(threads)).toEqual(expected);
    expect(resultOf(await threads.run(task(2))).resultHash).toBe(expected[2]);
  });

  it('end by force a trial whose step takes longer than anyone will wait', async () => {
    // One step of this one takes many seconds: it never looks at the stop flag in time.
    const heavy = task(0, { hiddenLayers: 20, hiddenUnits: 1200, batchSize: 65_536, epochs: 1 });
    const begun = performance.now();
    await expect(threads.run(heavy, { limitSeconds: 0.3 })).rejects.toThrow(TimeLimitExceeded);
    expect(performance.now() - begun).toBeLessThan(5000);
    expect((await threads.run(task(1))).outcome).toBe('ok');
  });

  it('train the rest of a series elsewhere if one of its trials ends its thread', async () => {
    const heavy = task(0, { hiddenLayers: 20, hiddenUnits: 1200, batchSize: 65_536, epochs: 1 });
    const series = threads.series();
    const ends = await Promise.allSettled([
      series.run(task(1)),
      series.run(heavy, { limitSeconds: 0.3 }),
      series.run(task(2)),
      series.run(task(3), { signal: AbortSignal.timeout(20) }),
    ]);
    expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'rejected']);
    expect(ends[1]).toMatchObject({ reason: expect.any(TimeLimitExceeded) });
    const alone = await Promise.all([1, 2].map((trial) => inline.run(task(trial))));
    const values = ends.flatMap((end) => (end.status === 'fulfilled' ? [resultOf(end.value).resultHash] : []));
    expect(values).toEqual(alone.map((end) => resultOf(end).resultHash));
  });

  it('leave the event loop free while they train', async () => {
    await Promise.all([threads.run(task(0)), threads.run(task(1))]); // warm
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    await Promise.all([0, 1, 2, 3].map((trial) => threads.run(task(trial, { epochs: 15, hiddenUnits: 64 }))));
    delay.disable();
    // The resolution itself is 5 ms; the machine may be busy with other tests.
    expect(delay.percentile(90) / 1e6).toBeLessThan(30);
  });

  it('survive one that dies: its trial fails with a reason, the next one trains', async () => {
    // A data set whose arrays are missing makes the thread throw in the middle of its work.
    const broken = { ...task(0), dataset: { ...digits, hash: 'broken', x: undefined } } as unknown as TrialTask;
    const failed = await threads.run(broken).catch((error: Error) => error);
    expect(failed).toMatchObject({ message: expect.stringMatching(/^the compute thread failed: /) });
    // The stack leads to the line of the source, not to that of the build.
    expect(stackOf((failed as Error).cause)).toMatch(/\(\S*\/src\/data\/preprocess\.ts:\d+:\d+\)/);
    expect((await threads.run(task(1))).outcome).toBe('ok');
  });

  it('keep no message port of a trial or fold that is over', async () => {
    const counting = new URL('../support/counting-thread.mjs', import.meta.url);
    const core = createThreadedCore(1, counting, compileKernels('simd'));
    try {
      const ports = async (trial: TrialTask) => ((await core.run(trial)) as unknown as { ports: number }).ports;
      const small = { epochs: 1, hiddenUnits: 2, batchSize: 512 };
      const first = await ports(task(0, small));
      const folds: TrialTask = { ...task(1, small), validation: { type: 'kFold', folds: 5, stratified: true } };
      for (let i = 0; i < 10; i++) await core.run(folds);
      expect(await ports(task(2, small))).toBeLessThanOrEqual(first + 2);
    } finally {
      await core.close();
    }
  });
});

it('start in a process with options that threads do not have', async () => {
  const program = `
    const { createThreadedCore } = await import('./dist/src/compute/threaded-core.js');
    const { compileKernels } = await import('./dist/src/compute/kernels.js');
    const entry = new URL('./dist/service/compute-thread.js', 'file://${projectRoot}/');
    const core = createThreadedCore(1, entry, compileKernels('plain'));
    const error = await core.run({ validation: { type: 'holdout', fraction: 0.2, repeats: 1 } }).catch((error) => error);
    await core.close();
    console.log(error.message);`;
  const args = ['--max-old-space-size=512', '--input-type=module', '--eval', program];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: projectRoot });
  expect(stdout).toContain('the compute thread failed'); // in the task, which is not one
});
