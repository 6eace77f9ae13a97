/** Runs member networks in plain JavaScript, with the bits of the kernels that trained them. */
import { float32Forward } from '../nn/kernels/float32-forward.ts';
import type { ForwardKernels } from '../nn/kernels/kernels.ts';
import { forwardKernels } from '../nn/kernels/plain-forward.ts';
import type { Member, Model, ModelLayer } from './model.ts';
import type { MemberOutputs } from './predictions.ts';

/** Rows computed at once: their activations stay in the cache. The bits of a row do not depend on it. */
const ROWS_AT_ONCE = 128;

/** The float32 numbers of a base64 text (little-endian, as all platforms of Node and all browsers are). */
export function decodeFloats(base64: string): Float32Array<ArrayBuffer> {
  const bytes = atob(base64);
  const decoded = new Uint8Array(bytes.length);
  for (let i = 0; i < bytes.length; i++) decoded[i] = bytes.charCodeAt(i);
  return new Float32Array(decoded.buffer);
}

/** A layer with its numbers decoded. */
export interface DecodedLayer {
  readonly inputs: number;
  readonly columns: number;
  readonly units: number;
  readonly activation: ModelLayer['activation'];
  readonly constant: number;
  readonly weight: Float32Array;
  readonly bias: Float32Array | undefined;
  readonly norm: Readonly<Record<'gamma' | 'beta' | 'runningMean' | 'runningVar', Float32Array>> | undefined;
}

export function decodeLayer({ inputs, columns, activation, constant, weight, bias, norm }: ModelLayer): DecodedLayer {
  return {
    inputs,
    columns,
    units: activation === 'maxout' ? columns / 2 : columns,
    activation,
    constant,
    weight: decodeFloats(weight),
    bias: bias === null ? undefined : decodeFloats(bias),
    norm:
      norm === null
        ? undefined
        : {
            gamma: decodeFloats(norm.gamma),
            beta: decodeFloats(norm.beta),
            runningMean: decodeFloats(norm.runningMean),
            runningVar: decodeFloats(norm.runningVar),
          },
  };
}

/** `fast` kernels may round differently on every processor; those of `simd` are among the ways in which they may. */
function kernelsOf(family: Member['kernels']): ForwardKernels {
  return family === 'plain' ? forwardKernels((columns) => columns) : float32Forward({ fused: family === 'fused' });
}

/** The outputs of the members in plain JavaScript. */
export function portableOutputs(model: Pick<Model, 'members'>): MemberOutputs {
  const members = model.members.map(({ kernels, layers }) => ({
    kernels: kernelsOf(kernels),
    layers: layers.map(decodeLayer),
  }));
  const widest = Math.max(...members.flatMap(({ layers }) => layers.map(({ columns }) => columns)));
  const buffers = [0, 1].map(() => new Float32Array(ROWS_AT_ONCE * widest));
  return (member, x, rows) => {
    const { kernels, layers } = members[member]!;
    const inputs = layers[0]!.inputs;
    const outputs = layers.at(-1)!.columns;
    const all = new Float32Array(rows * outputs);
    for (let start = 0; start < rows; start += ROWS_AT_ONCE) {
      const count = Math.min(ROWS_AT_ONCE, rows - start);
      const last = forward(kernels, layers, x.subarray(start * inputs, (start + count) * inputs), count, buffers);
      all.set(last.subarray(0, count * outputs), start * outputs);
    }
    return all;
  };
}

function forward(
  kernels: ForwardKernels,
  layers: readonly DecodedLayer[],
  x: Float32Array,
  rows: number,
  buffers: readonly Float32Array[],
): Float32Array {
  let input = x;
  let free = 0;
  for (const { inputs, columns, units, activation, constant, weight, bias, norm } of layers) {
    const z = buffers[free]!;
    kernels.denseForward(input, weight, bias, z, rows, inputs, columns);
    if (norm !== undefined) kernels.batchNormEvaluate(z, norm, z, rows, columns);
    if (activation === 'maxout') {
      kernels.maxoutForward(z, z, rows, units); // writes no number before it has been read
    } else if (activation !== 'linear') kernels.activationForward(activation, constant, z, z, rows, columns);
    input = z;
    free = 1 - free;
  }
  return input;
}
