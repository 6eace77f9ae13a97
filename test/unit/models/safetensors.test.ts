/** `model.safetensors` has the tensors of the model by name. */
import { expect, it } from 'vitest';
import { decodeFloats } from '../../../src/models/evaluate.ts';
import { safetensorsModel } from '../../../src/models/safetensors.ts';
import { mixedDataset, trainedModel } from '../../support/models.ts';

interface Entry {
  readonly dtype: 'F32' | 'F64';
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

function opened(file: Uint8Array) {
  const length = Number(new DataView(file.buffer).getBigUint64(0, true));
  const { __metadata__: metadata, ...entries } = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + length))) as {
    __metadata__: Record<string, string>;
  } & Record<string, Entry>;
  const numbers = (name: string) => {
    const { dtype, data_offsets: offsets } = entries[name]!;
    const [start, end] = offsets.map((offset) => 8 + length + offset);
    const bytes = file.slice(start, end);
    return dtype === 'F32' ? new Float32Array(bytes.buffer) : new Float64Array(bytes.buffer);
  };
  return { length, metadata, entries: entries as Record<string, Entry>, numbers };
}

const { model } = trainedModel(
  mixedDataset('classification'),
  { batchNorm: true, activation: 'maxout' },
  { validation: { type: 'kFold', folds: 3 } },
);
const file = safetensorsModel(model);

it('has every number of the model, with its shape', () => {
  const { entries, numbers } = opened(file);
  model.members.forEach(({ layers, preprocessing }, m) => {
    expect(Array.from(numbers(`members.${m}.preprocessing.scale`))).toEqual(preprocessing.scale);
    layers.forEach(({ inputs, columns, weight, bias, norm }, l) => {
      const path = `members.${m}.layers.${l}`;
      expect(entries[`${path}.weight`]!.shape).toEqual([inputs, columns]);
      expect(numbers(`${path}.weight`)).toEqual(decodeFloats(weight));
      if (bias !== null) expect(numbers(`${path}.bias`)).toEqual(decodeFloats(bias));
      if (norm !== null) expect(numbers(`${path}.norm.runningVar`)).toEqual(decodeFloats(norm.runningVar));
    });
  });
});

it('is the same file each time, its metadata in one order; the writer of safetensors for Python shuffles them', () => {
  expect(safetensorsModel(model)).toEqual(file);
  const reordered = JSON.parse(JSON.stringify(model)) as typeof model;
  expect(safetensorsModel(reordered)).toEqual(file);
  expect(Object.keys(opened(file).metadata)).toEqual(Object.keys(opened(safetensorsModel(reordered)).metadata));
});

it('has matrices row by row: the weights of the first input come first', () => {
  const { numbers } = opened(file);
  const [{ columns, weight }] = model.members[0]!.layers as [(typeof model.members)[0]['layers'][0]];
  // Unit u of input i stands at i·columns + u, which a transposed matrix has elsewhere.
  expect(Array.from(numbers('members.0.layers.0.weight').subarray(0, columns))).toEqual(
    Array.from(decodeFloats(weight).subarray(0, columns)),
  );
});

it('has no holes, and tensors at multiples of their numbers', () => {
  // Members with an odd number of float32 numbers: the float64 numbers of the second one could not follow them.
  const odd = trainedModel(
    mixedDataset('classification'),
    { hiddenUnits: [4] },
    { validation: { type: 'kFold', folds: 2 } },
  );
  const file = safetensorsModel(odd.model);
  const { length, entries } = opened(file);
  let end = 0;
  for (const { dtype, shape, data_offsets: offsets } of Object.values(entries)) {
    const bytes = dtype === 'F32' ? 4 : 8;
    expect(offsets).toEqual([end, end + bytes * shape.reduce((a, b) => a * b, 1)]);
    expect((8 + length + end) % bytes).toBe(0);
    end = offsets[1];
  }
  expect(8 + length + end).toBe(file.length);
});

it('says in its header how to read it: texts alone, as the format wants', () => {
  const { metadata, entries } = opened(file);
  expect(Object.values(metadata).every((value) => typeof value === 'string')).toBe(true);
  const described = JSON.parse(metadata['model']!) as typeof model;
  expect(described.columns).toEqual(model.columns);
  expect(entries).toHaveProperty([described.members[2]!.layers[1]!.weight]);
});
