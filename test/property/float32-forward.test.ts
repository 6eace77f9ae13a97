/** The forward pass in plain JavaScript has the bits of the kernels that it stands in for. */
import { describe, expect, it } from 'vitest';
import { compileKernels, instantiateKernels } from '../../src/compute/kernels.ts';
import { float32Forward } from '../../src/nn/kernels/float32-forward.ts';
import { fusedMultiplyAdd } from '../../src/nn/kernels/float32-functions.ts';
import type { ForwardKernels, Kernels } from '../../src/nn/kernels/kernels.ts';
import { plainKernels } from '../../src/nn/kernels/plain.ts';
import { forwardKernels } from '../../src/nn/kernels/plain-forward.ts';
import { elementwiseActivations } from '../../src/nn/model/activations.ts';
import { matrix, readDense, writeDense } from '../../src/nn/model/layout.ts';
import { randomAt } from '../../src/random.ts';
import { fused, strict } from '../support/kernels.ts';

const families: readonly (readonly [name: string, kernels: Kernels, portable: ForwardKernels])[] = [
  ['plain', plainKernels, forwardKernels((columns) => columns)],
  ['simd', instantiateKernels(compileKernels('simd')), float32Forward({ fused: false })],
  ...strict.map(([name, kernels]) => [name, kernels, float32Forward({ fused: false })] as const),
  ...fused.map(([name, kernels]) => [name, kernels, float32Forward({ fused: true })] as const),
];

/** Numbers of every exponent and of the usual sizes, whose roundings differ; with the special ones first. */
function numbers(count: number, fold: number, { special = true } = {}): Float32Array {
  const random = randomAt({ seed: 3, purpose: 'probe', fold });
  const first = special
    ? [
        0,
        -0,
        Number.NaN,
        Number.POSITIVE_INFINITY,
        Number.NEGATIVE_INFINITY,
        3.4e38,
        -3.4e38,
        1e-45,
        -1e-45,
        1e-39,
        9.1,
        -9.1,
      ]
    : [];
  return Float32Array.from({ length: count }, (_, i) => {
    if (i < first.length) return first[i]!;
    const sign = random.uniform() < 0.5 ? -1 : 1;
    return i % 3 === 0 ? sign * 2 ** (random.uniform() * 20 - 13) : 3 * random.normal();
  });
}

/** The bits, with one NaN for all. */
function bits(values: ArrayLike<number>): Uint32Array {
  const single = Float32Array.from(values, (value) => (Number.isNaN(value) ? Number.NaN : value));
  return new Uint32Array(single.buffer);
}

/** The index of the first number whose bits differ; −1 if all are equal. */
function firstDifference(here: Float32Array, there: ArrayLike<number>): number {
  const [a, b] = [bits(here), bits(there)];
  return a.findIndex((word, i) => word !== b[i]);
}

function inKernels(kernels: Kernels, dense: Float32Array, rows: number, columns: number) {
  const array = kernels.allocateMatrix(rows, columns);
  writeDense(kernels, dense, array, [matrix(rows, columns)]);
  return array;
}

function vectorIn(kernels: Kernels, dense: Float32Array) {
  const array = kernels.allocate(dense.length);
  array.set(dense);
  return array;
}

describe.each(families)('the same bits as %s', (_name, kernels, portable) => {
  it.each(elementwiseActivations)('%s', (activation) => {
    kernels.reset(1 << 22);
    const z = numbers(20_000, 1);
    for (const constant of [0.01, 1, 0.3]) {
      const there = inKernels(kernels, z, 200, 100);
      kernels.activationForward(activation, constant, there, there, 200, 100);
      const here = new Float32Array(z.length);
      portable.activationForward(activation, constant, z, here, 200, 100);
      expect(firstDifference(here, readDense(kernels, there, [matrix(200, 100)]))).toBe(-1);
    }
  });

  it('maxout', () => {
    kernels.reset(1 << 20);
    const z = numbers(2_000, 2);
    const [there, a] = [inKernels(kernels, z, 20, 100), kernels.allocateMatrix(20, 50)];
    kernels.maxoutForward(there, a, 20, 50);
    const here = new Float32Array(1_000);
    portable.maxoutForward(z, here, 20, 50);
    expect(firstDifference(here, readDense(kernels, a, [matrix(20, 50)]))).toBe(-1);
  });

  it.each([
    [1, 1, 1],
    [3, 5, 7],
    [4, 8, 16],
    [9, 70, 65],
    [2, 1100, 3],
  ])('dense layers of %i rows, %i inputs, %i units, with and without a bias', (N, D, H) => {
    for (const biased of [true, false]) {
      kernels.reset(1 << 22);
      const x = numbers(N * D, 4, { special: false });
      const weight = numbers(D * H, 5, { special: false });
      const bias = biased ? numbers(H, 6, { special: false }) : undefined;
      const z = kernels.allocateMatrix(N, H);
      const biasThere = bias && vectorIn(kernels, bias);
      kernels.denseForward(inKernels(kernels, x, N, D), inKernels(kernels, weight, D, H), biasThere, z, N, D, H);
      const here = new Float32Array(N * H);
      portable.denseForward(x, weight, bias, here, N, D, H);
      expect(firstDifference(here, readDense(kernels, z, [matrix(N, H)]))).toBe(-1);
    }
  });

  it('batch normalization', () => {
    kernels.reset(1 << 20);
    const [N, H] = [30, 37];
    const z = numbers(N * H, 7);
    const [gamma, beta, runningMean] = [8, 9, 10].map((fold) => numbers(H, fold, { special: false }));
    const runningVar = numbers(H, 11, { special: false }).map(Math.abs);
    const norm = { gamma: gamma!, beta: beta!, runningMean: runningMean!, runningVar };
    const there = inKernels(kernels, z, N, H);
    const normThere = {
      gamma: vectorIn(kernels, norm.gamma),
      beta: vectorIn(kernels, norm.beta),
      runningMean: vectorIn(kernels, norm.runningMean),
      runningVar: vectorIn(kernels, runningVar),
    };
    kernels.batchNormEvaluate(there, normThere, there, N, H);
    const here = new Float32Array(N * H);
    portable.batchNormEvaluate(z, norm, here, N, H);
    expect(firstDifference(here, readDense(kernels, there, [matrix(N, H)]))).toBe(-1);
  });
});

describe('a fused multiply-add in float64', () => {
  /** Exact, by whole numbers: x = m·2^e */
  const exact = (x: number): readonly [bigint, number] => {
    let exponent = 0;
    let value = x;
    while (value !== Math.trunc(value)) {
      value *= 2;
      exponent--;
    }
    return [BigInt(value), exponent];
  };
  /** The sign of a·b + c − x, exactly. */
  const compare = (a: number, b: number, c: number, x: number): number => {
    const [[ma, ea], [mb, eb], [mc, ec], [mx, ex]] = [exact(a), exact(b), exact(c), exact(x)];
    const least = Math.min(ea + eb, ec, ex);
    const shifted = (m: bigint, e: number) => m << BigInt(e - least);
    const difference = shifted(ma * mb, ea + eb) + shifted(mc, ec) - shifted(mx, ex);
    return difference > 0n ? 1 : difference < 0n ? -1 : 0;
  };

  it('rounds once, also halfway between two numbers', () => {
    const random = randomAt({ seed: 8, purpose: 'probe' });
    const unit = 2 ** -23;
    let corrected = 0;
    for (let i = 0; i < 2_000; i++) {
      // Half of the sums lie beside the middle of two numbers, too close for float64: (1 + mu)(1 − mu) = 1 − m²u².
      const m = 1 + Math.floor(random.uniform() * 500);
      const sign = i % 4 < 2 ? 1 : -1;
      const close = [sign * 2 ** -12 * (1 + m * unit), 2 ** -12 * (1 - m * unit), 1 + m * unit] as const;
      const other = [random.normal(), random.normal(), random.normal()].map(Math.fround);
      const [a, b, c] = i % 2 === 0 ? close : (other as [number, number, number]);
      const got = fusedMultiplyAdd(a, b, c);
      if (got !== Math.fround(a * b + c)) corrected++;
      const [next] = new Float32Array(new Uint32Array([bits([got])[0]! + 1]).buffer);
      const [last] = new Float32Array(new Uint32Array([bits([got])[0]! - 1]).buffer);
      for (const neighbour of [next!, last!]) {
        const side = compare(a, b, c, (got + neighbour) / 2);
        expect(side === 0 || side > 0 === got > neighbour).toBe(true);
      }
    }
    expect(corrected).toBeGreaterThan(100);
  });

  it('is right where two roundings are wrong', () => {
    const [a, b, c] = [2 ** -12 * (1 + 2 ** -23), 2 ** -12 * (1 - 2 ** -23), 1 + 2 ** -23];
    expect(Math.fround(a * b + c)).toBe(1 + 2 ** -22);
    expect(fusedMultiplyAdd(a, b, c)).toBe(1 + 2 ** -23);
  });
});
