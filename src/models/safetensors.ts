/**
 * Writes `model.safetensors`: the parameters as named tensors, with a header that says how to read them
 * (https://github.com/huggingface/safetensors#format: the length of the header, the header as JSON, the bytes of all tensors).
 */
import { countInputs } from './cells.ts';
import { decodeFloats } from './evaluate.ts';
import type { Member, Model, ModelLayer } from './model.ts';

interface NamedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array | Float64Array;
}

/** Tensors begin at multiples of it, so that they can be read in place. */
const ALIGNMENT = 8;

const how =
  'rows: numbers as they are (NaN: missing; with gaps a second input, 1 if missing), categories one-hot, in the order of model.columns. ' +
  'x = (where(isnan(x), fill, x) - offset) / scale in float64, rounded to float32. Every layer: z = x @ weight + bias; with norm ' +
  'z = gamma * (z - runningMean) / sqrt(runningVar + 1e-5) + beta; then its activation (maxout: the larger of columns 2j and 2j + 1). ' +
  'softmax, sigmoid (of the second class) or value = z * target.scale + target.offset. The prediction is the mean of the members by weight.';

/**
 * Tensors are named as in the model: `members.0.layers.0.weight` (float32, inputs × columns), `members.0.preprocessing.offset` (float64). The
 * metadata have `format`, `read` (how to compute a prediction) and `model`: the model as JSON, with the name of a tensor for its numbers.
 */
export function safetensorsModel(model: Model): Uint8Array {
  const named = model.members.map((member, m) => namedMember(member, `members.${m}`, countInputs(model)));
  // float64 first: every tensor then begins at a multiple of its numbers' size.
  const tensors = named.flatMap(({ tensors }) => tensors).sort((a, b) => bytesOfNumber(b) - bytesOfNumber(a));
  const described = { ...model, members: named.map(({ member }) => member) };
  const header: Record<string, unknown> = {
    __metadata__: { format: model.format, read: how, model: JSON.stringify(described) },
  };
  let end = 0;
  for (const { name, shape, data } of tensors) {
    const start = end;
    end += data.byteLength;
    header[name] = { dtype: data instanceof Float64Array ? 'F64' : 'F32', shape, data_offsets: [start, end] };
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const length = Math.ceil(json.length / ALIGNMENT) * ALIGNMENT;
  const file = new Uint8Array(8 + length + end).fill(0x20, 8, 8 + length);
  new DataView(file.buffer).setBigUint64(0, BigInt(length), true);
  file.set(json, 8);
  let at = 8 + length;
  for (const { data } of tensors) {
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return file;
}

function bytesOfNumber({ data }: NamedTensor): number {
  return data.BYTES_PER_ELEMENT;
}

/** The member with names in place of numbers, and these tensors. */
function namedMember(member: Member, path: string, inputs: number): { member: unknown; tensors: NamedTensor[] } {
  const tensors: NamedTensor[] = [];
  const put = (name: string, shape: readonly number[], data: NamedTensor['data']) => {
    tensors.push({ name, shape, data });
    return name;
  };
  const { fill, offset, scale, kind } = member.preprocessing;
  const row = (name: string, numbers: readonly number[]) =>
    put(`${path}.preprocessing.${name}`, [inputs], Float64Array.from(numbers));
  const preprocessing = { kind, fill: row('fill', fill), offset: row('offset', offset), scale: row('scale', scale) };
  const layers = member.layers.map((layer, l) => namedLayer(layer, `${path}.layers.${l}`, put));
  return { member: { ...member, preprocessing, layers }, tensors };
}

function namedLayer(
  layer: ModelLayer,
  path: string,
  put: (name: string, shape: readonly number[], data: Float32Array) => string,
): unknown {
  const { inputs, columns, weight, bias, norm } = layer;
  const vector = (name: string, numbers: string) => put(`${path}.${name}`, [columns], decodeFloats(numbers));
  return {
    ...layer,
    weight: put(`${path}.weight`, [inputs, columns], decodeFloats(weight)),
    bias: bias === null ? null : vector('bias', bias),
    norm:
      norm === null
        ? null
        : Object.fromEntries(Object.entries(norm).map(([name, numbers]) => [name, vector(`norm.${name}`, numbers)])),
  };
}
