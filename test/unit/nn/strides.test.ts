/** What is built on kernels gives the same bits wherever they put their numbers, and knows beforehand how many bytes that takes. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { replay } from '../../../src/conformance/network/golden.ts';
import { readFixture } from '../../../src/conformance/network/golden-fixture.ts';
import { loadBuiltin } from '../../../src/data/builtin.ts';
import { holdout } from '../../../src/data/folds.ts';
import { prepare } from '../../../src/data/preprocess.ts';
import type { Kernels } from '../../../src/nn/kernels/kernels.ts';
import { createPlainKernels } from '../../../src/nn/kernels/plain.ts';
import { createLayout, readDense, writeDense } from '../../../src/nn/model/layout.ts';
import { bytesFor } from '../../../src/nn/model/memory.ts';
import { optimizerOf } from '../../../src/nn/training/optimizers.ts';
import { memoryOf, type TrainOptions } from '../../../src/nn/training/train.ts';
import { trainToEnd } from '../../support/training.ts';

const paddings = [0, 3];

function optionsFor(kernels: Kernels, name: string, changes: Partial<TrainOptions['network']>): TrainOptions {
  const dataset = loadBuiltin(name, 'datasets')!;
  const data = prepare(dataset, holdout(dataset, 0.2, 1), 'standardize');
  const loss = dataset.task === 'classification' ? 'softmaxCrossEntropy' : 'meanSquaredError';
  return {
    kernels,
    network: { sizes: [data.inputs, 9, 6, data.outputs], activation: 'tanh', batchNorm: false, loss, ...changes },
    initializer: 'xavier',
    optimizer: optimizerOf({ optimizer: 'adamw', learningRate: 0.01, momentum: 0.9, weightDecay: 0.1 }),
    schedule: { type: 'cosine', floor: 0.1 },
    l2: 0.01,
    clipNorm: 1,
    batchSize: 25,
    epochs: 3,
    data,
    address: { seed: 1, trial: 2, fold: 0 },
  };
}

describe.each(['float32', 'float64'] as const)('any stride, %s', (precision) => {
  const [dense, padded] = paddings.map((padding) => createPlainKernels(precision, { padding })) as [Kernels, Kernels];

  it.each([
    ['iris', { activation: 'gelu' as const }],
    ['iris', { batchNorm: true }],
    ['diabetes', { activation: 'leakyRelu' as const, batchNorm: true }],
  ])('trains %s with %j to the same bits', (name, changes) => {
    const expected = trainToEnd(optionsFor(dense, name, changes));
    expect(expected.reports).toHaveLength(3);
    expect(trainToEnd(optionsFor(padded, name, changes))).toEqual(expected);
  });

  const folder = join(import.meta.dirname, '../../golden/network');
  it.each(readdirSync(folder))('replays %s to the same bits', (file) => {
    // No number agrees with a tolerance of −1: what is compared is every number of the replay.
    const fixture = readFixture(JSON.parse(readFileSync(join(folder, file), 'utf8')));
    const all = { ...fixture, tolerance: { loss: -1, gradient: -1, parameter: -1, probe: -1 } };
    expect(replay(all, dense).length).toBeGreaterThan(100);
    expect(replay(all, padded)).toEqual(replay(all, dense));
  });
});

describe('a layout', () => {
  it('gives places that share no number, and what is written densely is read densely', () => {
    const kernels = createPlainKernels('float64', { padding: 3 });
    const layout = createLayout(kernels);
    const places = [layout.place(2, 3), layout.place(1, 4), layout.place(3, 1)];
    expect(layout.length).toBe(2 * 6 + 7 + 3 * 4);
    const flat = kernels.allocate(layout.length);
    const numbers = Float64Array.from({ length: 13 }, (_, i) => i + 1);
    writeDense(kernels, numbers, flat, places);
    expect(readDense(kernels, flat, places)).toEqual(numbers);
    expect(flat.filter((value) => value === 0)).toHaveLength(layout.length - 13);
    expect(() => writeDense(kernels, numbers.subarray(1), flat, places)).toThrow(RangeError);
  });
});

describe('memory', () => {
  it('counts every number, with its padding', () => {
    const kernels = createPlainKernels('float32', { padding: 3 });
    const build = (counting: Kernels) => {
      counting.allocate(5).fill(1);
      counting.allocateMatrix(4, 2);
      counting.allocateIntegers(6);
    };
    expect(bytesFor(kernels, build)).toBe(4 * (5 + 3 + 4 * (2 + 3) + 6));
  });

  it.each(paddings)('is known before a training run to the byte, padding %i', (padding) => {
    const plain = createPlainKernels('float32', { padding });
    let bytes = 0;
    let capacity = 0;
    const count = <T extends { readonly buffer: ArrayBufferLike }>(array: T): T => {
      bytes += array.buffer.byteLength;
      return array;
    };
    const watched: Kernels = {
      ...plain,
      reset: (wanted) => {
        capacity = wanted;
        bytes = 0;
      },
      allocate: (length) => count(plain.allocate(length)),
      allocateMatrix: (rows, columns) => count(plain.allocateMatrix(rows, columns)),
      allocateIntegers: (length) => count(plain.allocateIntegers(length)),
    };
    const options = optionsFor(watched, 'iris', { batchNorm: true });
    trainToEnd(options);
    expect(capacity).toBe(bytes);
    expect(memoryOf(plain, options)).toBe(bytes);
  });
});
