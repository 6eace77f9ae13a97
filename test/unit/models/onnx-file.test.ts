/** What is written into `model.onnx`: only what every runtime opens and computes (docs/models.md). */
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { describe, expect, it } from 'vitest';
import { onnxModel } from '../../../src/models/onnx/onnx.ts';
import { hiddenActivations } from '../../../src/nn/model/activations.ts';
import { modelTaskDataset, modelTasks, trainedModel } from '../../support/models.ts';

type Field = number | Uint8Array;

/** All values of each field of a message. */
function fields(message: Uint8Array): Map<number, Field[]> {
  const reader = new BinaryReader(message);
  const read = new Map<number, Field[]>();
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    let value: Field;
    if (type === WireType.LengthDelimited) value = reader.bytes();
    else if (type === WireType.Bit32) value = reader.float();
    else value = Number(reader.int64());
    read.set(field, [...(read.get(field) ?? []), value]);
  }
  return read;
}

const messages = (of: Map<number, Field[]>, field: number) =>
  (of.get(field) ?? []).map((bytes) => fields(bytes as Uint8Array));
const text = (of: Map<number, Field[]>, field: number) =>
  new TextDecoder().decode(of.get(field)?.[0] as Uint8Array | undefined);

/** The name, type and dimensions of an input or output; undefined where it is no tensor. */
function valueInfo(value: Map<number, Field[]>) {
  const [type] = messages(value, 2);
  const [tensor] = messages(type!, 1);
  const dims = tensor && messages(messages(tensor, 2)[0]!, 1).map((dim) => dim.get(1)?.[0] ?? text(dim, 2));
  return { name: text(value, 1), type: tensor?.get(1)?.[0], dims };
}

const [FLOAT, STRING, DOUBLE] = [1, 8, 11];

const readTask = (task: (typeof modelTasks)[number]) => modelTaskDataset(task).dataset.task;

describe.each(modelTasks)('the graph of a model: $what', (task) => {
  const model = (activation: (typeof hiddenActivations)[number]) =>
    fields(
      onnxModel(
        trainedModel(modelTaskDataset(task), { activation, batchNorm: true, loss: task.loss, epochs: 1 }).model,
      ),
    );

  it.each(hiddenActivations)('%s: versions and operators that every runtime has', (activation) => {
    const file = model(activation);
    // IR 8 with opset 17 opens everywhere; what the newest onnx for Python stamps (14 and 28) no runtime for JavaScript opens.
    expect(file.get(1)![0]).toBeLessThanOrEqual(8);
    const versions = Object.fromEntries(messages(file, 8).map((one) => [text(one, 1), one.get(2)![0] as number]));
    expect(versions['']).toBeLessThanOrEqual(17);
    expect(versions['ai.onnx.ml']).toBeLessThanOrEqual(3);
    const [graph] = messages(file, 7);
    const nodes = messages(graph!, 1).map((node) => ({
      operator: text(node, 4),
      inputs: (node.get(1) ?? []).map((one) => new TextDecoder().decode(one as Uint8Array)),
      output: new TextDecoder().decode(node.get(2)![0] as Uint8Array),
      to: messages(node, 5)
        .find((one) => text(one, 1) === 'to')
        ?.get(3)?.[0],
    }));
    const operators = nodes.map(({ operator }) => operator);
    // Swish only runs at opset 24, Gelu needs 20, Mish 18; a map, which ZipMap gives, cannot be fetched in JavaScript.
    for (const missing of ['Swish', 'Gelu', 'Mish', 'ZipMap']) expect(operators).not.toContain(missing);
    // These have no kernel for float64.
    const doubles = new Set(nodes.filter(({ to }) => to === DOUBLE).map(({ output }) => output));
    for (const { operator, inputs, output } of nodes) {
      if (
        ['Sub', 'Div', 'Where', 'Mul', 'Add', 'Sum', 'Softmax', 'Concat'].includes(operator) &&
        inputs.some((one) => doubles.has(one))
      )
        doubles.add(output);
      if (['Elu', 'LeakyRelu', 'Softplus', 'Selu', 'Erf', 'Gemm'].includes(operator))
        expect({ operator, inDouble: inputs.filter((one) => doubles.has(one)) }).toEqual({ operator, inDouble: [] });
    }
    expect(doubles.size).toBeGreaterThan(0);
  });

  it('has a named first dimension, and tensors alone as outputs', () => {
    const [graph] = messages(model('relu'), 7);
    const [inputs, outputs] = [messages(graph!, 11).map(valueInfo), messages(graph!, 12).map(valueInfo)];
    for (const { type, dims } of inputs)
      expect({ known: type === FLOAT || type === STRING, dims }).toEqual({ known: true, dims: ['N', 1] });
    expect(outputs.map(({ name, type, dims }) => [name, type, dims?.[0]])).toEqual(
      readTask(task) === 'classification'
        ? [
            ['label', STRING, 'N'],
            ['probabilities', FLOAT, 'N'],
          ]
        : [['variable', FLOAT, 'N']],
    );
  });
});
