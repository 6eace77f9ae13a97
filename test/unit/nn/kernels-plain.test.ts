import { describe, expect, it } from 'vitest';
import { normalCdf } from '../../../src/exact-math.ts';
import { createPlainKernels, plainKernels } from '../../../src/nn/kernels/plain.ts';
import { philox, randomAt } from '../../../src/random.ts';

const kernels = createPlainKernels('float64');
const random = randomAt({ seed: 1, purpose: 'probe' });
const normals = (length: number) => Float64Array.from({ length }, () => random.normal());

describe('dense', () => {
  // Every combination of full and ragged tiles: rows by twos, columns by fours.
  it.each([
    [1, 1, 1],
    [2, 3, 4],
    [3, 5, 7],
    [4, 8, 16],
    [5, 2, 9],
  ])('is the formula, to the bit, for N %i, D %i, H %i', (N, D, H) => {
    const [x, w, b, dz] = [normals(N * D), normals(D * H), normals(H), normals(N * H)];
    const sum = (start: number, count: number, term: (s: number) => number) => {
      let total = start;
      for (let s = 0; s < count; s++) total += term(s);
      return total;
    };
    const matrix = (rows: number, columns: number, entry: (r: number, c: number) => number) =>
      Float64Array.from({ length: rows * columns }, (_, i) => entry(Math.floor(i / columns), i % columns));

    const z = kernels.allocate(N * H);
    kernels.denseForward(x, w, b, z, N, D, H);
    expect(z).toEqual(matrix(N, H, (i, j) => sum(b[j]!, D, (k) => x[i * D + k]! * w[k * H + j]!)));
    kernels.denseForward(x, w, undefined, z, N, D, H);
    expect(z).toEqual(matrix(N, H, (i, j) => sum(0, D, (k) => x[i * D + k]! * w[k * H + j]!)));

    const [dw, db, dx] = [normals(D * H), normals(H), normals(N * D)]; // old contents must not be seen
    kernels.denseBackwardParameters(x, dz, dw, db, N, D, H);
    kernels.denseBackwardInput(dz, w, dx, N, D, H);
    expect(dw).toEqual(matrix(D, H, (k, j) => sum(0, N, (i) => x[i * D + k]! * dz[i * H + j]!)));
    expect(db).toEqual(matrix(1, H, (_, j) => sum(0, N, (i) => dz[i * H + j]!)));
    expect(dx).toEqual(matrix(N, D, (i, k) => sum(0, H, (j) => dz[i * H + j]! * w[k * H + j]!)));
  });

  it('writes nothing beyond the given sizes', () => {
    const z = kernels.allocate(3 * 5 + 4).fill(7);
    kernels.denseForward(normals(40), normals(40), undefined, z, 3, 2, 5);
    expect([...z.subarray(15)]).toEqual([7, 7, 7, 7]);
  });
});

describe('activations', () => {
  const z = Float64Array.of(-30, -1, -1e-9, 0, 1e-9, 1, 30);
  const expected = {
    linear: (x: number) => x,
    sigmoid: (x: number) => 1 / (1 + Math.exp(-x)),
    tanh: Math.tanh,
    relu: (x: number) => Math.max(0, x),
    leakyRelu: (x: number) => (x > 0 ? x : 0.2 * x),
    elu: (x: number) => (x > 0 ? x : 0.2 * Math.expm1(x)),
    silu: (x: number) => x / (1 + Math.exp(-x)),
    gelu: (x: number) => x * normalCdf(x),
  };
  it.each(Object.keys(expected) as (keyof typeof expected)[])('%s', (activation) => {
    const a = kernels.allocate(z.length);
    kernels.activationForward(activation, 0.2, z, a, 1, z.length);
    z.forEach((x, i) => {
      const y = expected[activation](x);
      expect(Math.abs(a[i]! - y)).toBeLessThanOrEqual(1e-15 * Math.abs(y));
    });
  });

  it.each(Object.keys(expected) as (keyof typeof expected)[])('%s keeps a NaN', (activation) => {
    const a = kernels.allocate(1);
    kernels.activationForward(activation, 0.2, Float64Array.of(Number.NaN), a, 1, 1);
    expect(a[0]).toBeNaN();
  });
});

describe('maxout', () => {
  it('takes the greater of two neighbours, and gives the gradient to it, to the first of equals', () => {
    const padded = createPlainKernels('float64', { padding: 1 });
    const z = Float64Array.of(1, 2, 5, 5, 0, -1, -3, Number.NaN, 4, 0); // two rows of two units, then a number of padding
    const a = padded.allocateMatrix(2, 2);
    padded.maxoutForward(z, a, 2, 2);
    expect([...a]).toEqual([2, 5, 0, -1, Number.NaN, 0]);
    const dz = padded.allocateMatrix(2, 4).fill(9);
    padded.maxoutBackward(z, Float64Array.of(10, 20, 0, 30, 40, 0), dz, 2, 2);
    expect([...dz]).toEqual([0, 10, 20, 0, 9, 30, 0, 0, 40, 9]);
  });
});

describe('dropout', () => {
  it('finds the bits of a unit where the interface says', () => {
    const [N, H] = [2, 11];
    const address = { c1: 5, c2: 6, c3: 7, key0: 8, key1: 9 };
    const mask = kernels.allocateMatrix(N, H);
    kernels.dropoutMask(mask, 40_000, address, N, H);
    const block = new Uint32Array(4);
    for (let i = 0; i < N; i++) {
      for (let j = 0; j < H; j++) {
        philox(i * 2 + Math.floor(j / 8), 5, 6, 7, 8, 9, block);
        const word = block[Math.floor((j % 8) / 2)]!;
        const bits = j % 2 === 0 ? word % 65_536 : Math.floor(word / 65_536);
        expect(mask[i * H + j]).toBe(bits < 40_000 ? 65_536 / 40_000 : 0);
      }
    }
  });
});

describe('batch norm', () => {
  const H = 3;
  const fresh = () => ({
    parameters: {
      gamma: Float64Array.of(1, 2, 0.5),
      beta: Float64Array.of(0, 1, -1),
      runningMean: kernels.allocate(H),
      runningVar: kernels.allocate(H).fill(1),
    },
    cache: { normalized: kernels.allocate(8 * H), inverseDeviation: kernels.allocate(H) },
  });

  it('moves the running statistics by a tenth, towards the unbiased variance', () => {
    const { parameters, cache } = fresh();
    const z = Float64Array.of(1, 0, 5, 3, 0, 5);
    kernels.batchNormForward(z, parameters, cache, z, 2, H);
    expect([...parameters.runningMean]).toEqual([0.2, 0, 0.5]);
    expect(parameters.runningVar[0]).toBeCloseTo(0.9 + 0.1 * 2, 15); // biased it would be 1
    expect(parameters.runningVar[1]).toBeCloseTo(0.9, 15);
  });

  it('gives β, and no NaN, for a batch of one row, and leaves the running variance', () => {
    const { parameters, cache } = fresh();
    const z = Float64Array.of(4, 5, 6);
    kernels.batchNormForward(z, parameters, cache, z, 1, H);
    expect([...z]).toEqual([0, 1, -1]);
    expect([...parameters.runningVar]).toEqual([1, 1, 1]);
    expect(parameters.runningMean[0]).toBeCloseTo(0.4, 15);
    const d = Float64Array.of(1, 1, 1);
    kernels.batchNormBackward(d, parameters.gamma, cache, kernels.allocate(H), kernels.allocate(H), d, 1, H);
    expect(Math.max(...d.map(Math.abs))).toBe(0);
  });

  it('evaluates with the running statistics and changes none', () => {
    const { parameters } = fresh();
    parameters.runningMean.set([1, 2, 3]);
    parameters.runningVar.set([4, 1, 1]);
    const y = kernels.allocate(H);
    kernels.batchNormEvaluate(Float64Array.of(5, 3, 3), parameters, y, 1, H);
    expect(y[0]).toBeCloseTo(2, 5);
    expect(y[1]).toBeCloseTo(3, 4);
    expect(y[2]).toBeCloseTo(-1, 15);
    expect([...parameters.runningMean, ...parameters.runningVar]).toEqual([1, 2, 3, 4, 1, 1]);
  });
});

describe('losses', () => {
  it('softmax cross-entropy of equal outputs is ln C, and its gradient sums to 0 in every row', () => {
    const d = kernels.allocate(20);
    const loss = kernels.softmaxCrossEntropy(kernels.allocate(20).fill(3), Int32Array.of(0, 9), d, 2, 10);
    expect(loss).toBeCloseTo(Math.log(10), 14);
    expect(d[0]).toBeCloseTo((0.1 - 1) / 2, 15);
    expect(d[1]).toBeCloseTo(0.05, 15);
    expect([...d.subarray(10)].reduce((a, b) => a + b)).toBeCloseTo(0, 15);
  });

  it('softmax cross-entropy does not overflow, and does not hide what is not finite', () => {
    const d = kernels.allocate(2);
    const loss = (a: number, b: number) =>
      kernels.softmaxCrossEntropy(Float64Array.of(a, b), Int32Array.of(0), d, 1, 2);
    expect(loss(0, 5000)).toBe(5000);
    expect(loss(5000, 0)).toBe(0);
    expect(loss(Number.NaN, 0)).toBeNaN();
    expect(loss(0, Number.POSITIVE_INFINITY)).toBeNaN();
  });

  it('binary cross-entropy is its formula, does not overflow, and does not hide what is not finite', () => {
    const d = kernels.allocateMatrix(2, 2);
    const outputs = Float64Array.of(0.3, -2, 5, 0);
    const targets = Float64Array.of(1, 0, 0.25, 0.5);
    const p = outputs.map((o) => 1 / (1 + Math.exp(-o)));
    const terms = targets.map((t, i) => -t * Math.log(p[i]!) - (1 - t) * Math.log(1 - p[i]!));
    const loss = kernels.binaryCrossEntropy(outputs, targets, d, 2, 2);
    expect(loss).toBeCloseTo(terms.reduce((a, b) => a + b) / 4, 14);
    for (const [i, one] of d.entries()) expect(one).toBeCloseTo((p[i]! - targets[i]!) / 4, 15);
    const of = (o: number, t: number) => kernels.binaryCrossEntropy(Float64Array.of(o), Float64Array.of(t), d, 1, 1);
    expect([of(5000, 1), of(5000, 0), of(-5000, 1), of(-5000, 0)]).toEqual([0, 5000, 5000, 0]);
    expect([of(Number.NaN, 1), of(Number.POSITIVE_INFINITY, 1)]).toEqual([Number.NaN, Number.NaN]);
  });

  it('mean squared error is a mean over rows and outputs', () => {
    const d = kernels.allocate(4);
    const loss = kernels.meanSquaredError(Float64Array.of(1, 2, 3, 4), Float64Array.of(1, 0, 3, 0), d, 2, 2);
    expect(loss).toBe((4 + 16) / 4);
    expect([...d]).toEqual([0, 1, 0, 2]);
  });
});

describe('countCorrect', () => {
  it('takes the first of equals and never counts a row of NaN', () => {
    const nan = Number.NaN;
    const outputs = Float64Array.of(1, 1, 0, 0, 2, 3, nan, nan, nan);
    expect(kernels.countCorrect(outputs, Int32Array.of(0, 2, 0), 3, 3)).toBe(2);
    expect(kernels.countCorrect(outputs, Int32Array.of(1, 1, 1), 3, 3)).toBe(0);
  });
});

it('trains in float32', () => expect(plainKernels.allocate(2)).toBeInstanceOf(Float32Array));
