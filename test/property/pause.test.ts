/** A trial that was paused and resumed gives the bits of one that never was (invariant 6). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromBytes, toBytes } from '../../src/compute/plain-bytes.ts';
import type { EpochUpdate, RunOutcome, TrialSettings, TrialTask } from '../../src/compute/trial.ts';
import { runTrial } from '../../src/compute/trial-run.ts';
import { loadBuiltin } from '../../src/data/builtin.ts';
import { settingsOf } from '../../src/domain/specification/hyperparameters.ts';
import { createPlainKernels } from '../../src/nn/kernels/plain.ts';

const datasets = { iris: loadBuiltin('iris', 'datasets')!, diabetes: loadBuiltin('diabetes', 'datasets')! };
const kernels = [0, 3].map((padding) => ({ name: 'plain', kernels: createPlainKernels('float32', { padding }) }));
const conditions = { interrupted: () => false, memoryLimit: Number.POSITIVE_INFINITY };

function run(task: TrialTask, padded = false): { reported: EpochUpdate[]; end: Omit<RunOutcome, 'durationMs'> } {
  const reported: EpochUpdate[] = [];
  const training = runTrial(task, kernels[padded ? 1 : 0]!, conditions);
  let next = training.next();
  for (; !next.done; next = training.next('continue')) reported.push(next.value);
  return { reported, end: next.value };
}

/** Pauses after each of `epochs` in turn, on kernels of either stride in turn, then goes on to the end. */
function runInParts(task: TrialTask, epochs: readonly number[]) {
  const reported: EpochUpdate[] = [];
  let resume: Uint8Array | undefined;
  for (const [i, pauseAfter] of [...epochs, undefined].entries()) {
    const part = run({ ...task, pauseAfter, resume }, i % 2 === 1);
    reported.push(...part.reported);
    const end = part.end as RunOutcome;
    if (end.outcome !== 'paused') return { reported, end };
    resume = end.checkpoint;
  }
  throw new Error('there was nothing after the last pause');
}

const settings: fc.Arbitrary<TrialSettings> = fc
  .record({
    learningRate: fc.constantFrom(0.003, 0.03, 30),
    hiddenUnits: fc.integer({ min: 1, max: 9 }),
    hiddenLayers: fc.integer({ min: 0, max: 2 }),
    activation: fc.constantFrom('tanh', 'relu', 'gelu', 'maxout'),
    batchNorm: fc.boolean(),
    dropout: fc.constantFrom(0, 0.3),
    optimizer: fc.constantFrom('sgd', 'momentum', 'nesterov', 'adagrad', 'rmsprop', 'adam', 'adamw'),
    schedule: fc.constantFrom('constant', 'step', 'exponential', 'cosine'),
    decayEvery: fc.constant(2),
    warmupEpochs: fc.constantFrom(0, 2.5),
    clipNorm: fc.constantFrom(0, 0.5),
    l2: fc.constantFrom(0, 0.01),
    batchSize: fc.constantFrom(16, 50),
    patience: fc.constantFrom(0, 1, 3),
    epochs: fc.constant(7),
  })
  .map((given) => settingsOf(given, {}));

/** By the data set's name, so that a counterexample is short. */
const tasks = fc.record({
  settings,
  dataset: fc.constantFrom('iris' as const, 'diabetes' as const),
  // Folds are not offered by the service yet; the compute core has them.
  validation: fc.constantFrom({ type: 'holdout', fraction: 0.2 } as const, { type: 'kFold', folds: 3 } as never),
  metric: fc.constant('validationLoss' as const),
  direction: fc.constantFrom('minimize' as const, 'maximize' as const),
  divergence: fc.boolean(),
  seed: fc.nat(100),
  trial: fc.nat(100),
});

describe('a trial that is paused', () => {
  it('goes on to the same epochs, value, metrics and hash, on kernels of another stride too', () => {
    const pauses = fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 3 });
    let paused = 0;
    fc.assert(
      fc.property(tasks, pauses, (given, unordered) => {
        const task: TrialTask = { ...given, dataset: datasets[given.dataset] };
        const epochs = [...new Set(unordered)].sort((a, b) => a - b);
        const unbroken = run(task);
        const parts = runInParts(task, epochs);
        expect(parts.end).toEqual(unbroken.end);
        const byPlace = (a: EpochUpdate, b: EpochUpdate) => a.fold - b.fold || a.epoch - b.epoch;
        // Where a fold diverges after the pause, those behind it have been begun, which otherwise they never are.
        const counted = parts.reported.filter(({ fold }) => fold < unbroken.end.folds.length);
        expect(counted.sort(byPlace)).toEqual(unbroken.reported);
        if (run({ ...task, pauseAfter: epochs[0] }).end.outcome === 'paused') paused++;
      }),
      { numRuns: 120 },
    );
    expect(paused).toBeGreaterThan(30);
  });

  const task: TrialTask = {
    settings: settingsOf({ epochs: 6, hiddenUnits: 8, learningRate: 0.02 }, {}),
    dataset: datasets.iris,
    validation: { type: 'holdout', fraction: 0.2 },
    metric: 'validationAccuracy',
    direction: 'maximize',
    divergence: true,
    seed: 1,
    trial: 2,
  };

  it('has the value of the epoch after which it paused, and no result', () => {
    const { end } = run({ ...task, pauseAfter: 4 });
    expect(end).toMatchObject({ outcome: 'paused', epochs: 4, value: end.folds[0]!.validationMetric[3] });
    expect(end).not.toHaveProperty('resultHash');
  });

  it('is not paused when it is over', () => {
    expect(run({ ...task, pauseAfter: 6 }).end).toEqual(run(task).end);
    const diverging = { ...task, settings: { ...task.settings, optimizer: 'sgd', learningRate: 1e5 } as const };
    expect(run({ ...diverging, pauseAfter: 3 }).end).toMatchObject({ outcome: 'diverged' });
  });

  it('cannot be resumed as another, on other kernels, or from other bytes', () => {
    const { checkpoint } = run({ ...task, pauseAfter: 2 }).end as Extract<RunOutcome, { outcome: 'paused' }>;
    const other = 'the checkpoint belongs to another trial';
    expect(() => run({ ...task, trial: 3, resume: checkpoint })).toThrow(other);
    expect(() => run({ ...task, settings: { ...task.settings, l2: 0.1 }, resume: checkpoint })).toThrow(other);
    const renamed = { ...kernels[0]!, name: 'other' };
    expect(() => runTrial({ ...task, resume: checkpoint }, renamed, conditions).next()).toThrow(other);
    expect(() => run({ ...task, resume: checkpoint.subarray(0, 40) })).toThrow('truncated');
    expect(() => run({ ...task, resume: toBytes({ format: 'other' }) })).toThrow('does not have the format');
    expect(() => run({ ...task, resume: new Uint8Array() })).toThrow('truncated');
  });
});

describe('plain bytes', () => {
  it('give back what they were made of, bit for bit', () => {
    const number = fc.oneof(fc.double(), fc.constantFrom(-0, Number.NaN, Number.POSITIVE_INFINITY, -Infinity));
    const floats = fc.oneof(fc.float32Array(), fc.float64Array());
    const value = fc.letrec((tie) => ({
      node: fc.oneof(
        { maxDepth: 4 },
        number,
        floats,
        fc.string(),
        fc.boolean(),
        fc.constant(null),
        tie('list'),
        tie('record'),
      ),
      list: fc.array(tie('node')),
      record: fc.dictionary(
        fc.string().filter((key) => !key.startsWith('$') && key !== '__proto__'),
        tie('node'),
      ),
    })).node;
    fc.assert(
      fc.property(value, (data) => {
        expect(fromBytes(toBytes(data))).toEqual(data);
        expect(fromBytes(Buffer.concat([Buffer.from('abc'), toBytes(data)]).subarray(3))).toEqual(data);
      }),
    );
  });
});
