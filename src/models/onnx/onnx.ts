/**
 * Writes `model.onnx`: the whole model as one graph, from raw columns to the prediction.
 *
 * Every column is an input of its own of shape [N, 1], as scikit-learn's converters name them: float for numbers (NaN is a missing value), string
 * for categories ('' is a missing value). Outputs are `label` (string [N]) and `probabilities` (float [N, classes], a tensor and no ZipMap), or
 * `variable` (float [N, 1]) for regression. Only operators of opset 13, and LabelEncoder of ai.onnx.ml 2, so old runtimes read it.
 *
 * Texts are compared as they are: a graph cannot trim them or read other spellings of a number. Preprocessing, probabilities and means are
 * float64, layers float32.
 */
import { missingTexts } from '../../data/missing.ts';
import { BATCH_NORM_EPSILON, MAXOUT_PIECES } from '../../nn/kernels/kernels.ts';
import { countInputs } from '../cells.ts';
import { type DecodedLayer, decodeLayer } from '../evaluate.ts';
import type { Member, Model, ModelColumn, ModelReading } from '../model.ts';
import { createGraphBuilder, type GraphBuilder, type Name } from './builder.ts';
import { type DataType, dataTypes, encodeOnnx, type Value } from './proto.ts';

const ONNX_OPSET = 13;
const ML = 'ai.onnx.ml';
const ML_OPSET = 2;

export interface OnnxOptions {
  /** Multiply weights by the scale of batch normalization, and add its shift to the bias: fewer operators, sums that differ in rounding. */
  readonly foldsBatchNorm?: boolean;
}

export function onnxModel(model: Model, { foldsBatchNorm = false }: OnnxOptions = {}): Uint8Array {
  const columns = model.columns.map(({ name }) => name);
  const outputs = outputsOf(model, columns);
  const graph = createGraphBuilder([...columns, ...outputs.map(({ name }) => name)]);
  const raw = rawInputs(graph, model);
  const members = model.members.map((member) =>
    memberOutput(graph, model, member, raw, foldsBatchNorm ? folded : (layer) => layer),
  );
  if (model.task === 'classification') writeClasses(graph, model, members, outputs);
  else writeValue(graph, model, members, outputs[0]!.name);
  return encodeOnnx({
    graph: {
      name: 'model',
      nodes: graph.nodes,
      initializers: graph.initializers,
      inputs: model.columns.map(({ name, type }) => ({
        name,
        type: type === 'number' ? 'float' : 'string',
        dims: ['N', 1],
      })),
      outputs,
    },
    opsets: [
      { domain: '', version: ONNX_OPSET },
      { domain: ML, version: ML_OPSET },
    ],
    metadata: {
      format: model.format,
      target: model.target,
      classes: JSON.stringify(model.classes),
      dataset: JSON.stringify(model.dataset),
    },
    documentation: `Predicts ${model.target}; one input of shape [N, 1] per column`,
  });
}

/** The outputs of the graph; a name that a column has is followed by `_`. */
function outputsOf({ task, classes }: Model, columns: readonly string[]): Value[] {
  const free = (name: string): string => (columns.includes(name) ? free(`${name}_`) : name);
  if (task === 'regression') return [{ name: free('variable'), type: 'float', dims: ['N', 1] }];
  return [
    { name: free('label'), type: 'string', dims: ['N'] },
    { name: free('probabilities'), type: 'float', dims: ['N', classes.length] },
  ];
}

function cast(graph: GraphBuilder, input: Name, type: DataType): Name {
  return graph.add('Cast', [input], [{ name: 'to', int: dataTypes[type] }]);
}

function concat(graph: GraphBuilder, inputs: readonly Name[]): Name {
  return inputs.length === 1 ? inputs[0]! : graph.add('Concat', inputs, [{ name: 'axis', int: 1 }]);
}

/** The network's inputs before preprocessing, float64 [N, inputs]; NaN for missing numbers. */
function rawInputs(graph: GraphBuilder, { columns, reading }: Model): Name {
  const parts = columns.flatMap((column): Name[] => {
    if (column.type === 'category') return [oneHot(graph, column, reading)];
    const value = cast(graph, column.name, 'double');
    return column.gaps ? [value, cast(graph, graph.add('IsNaN', [column.name]), 'double')] : [value];
  });
  return concat(graph, parts);
}

/** 0/1 of every category: the index of the text is compared with all indexes, and −1 equals none. */
function oneHot(graph: GraphBuilder, column: Extract<ModelColumn, { type: 'category' }>, reading: ModelReading): Name {
  const { name, categories, missing, other } = column;
  const indexOf = new Map(categories.map((category, k) => [category, k]));
  if (missing !== null) {
    for (const text of missingTexts(reading, name).flatMap((marker) => [marker, marker.toUpperCase()])) {
      if (!indexOf.has(text)) indexOf.set(text, indexOf.get(missing)!);
    }
  }
  const index = graph.add(
    'LabelEncoder',
    [name],
    [
      { name: 'keys_strings', strings: [...indexOf.keys()] },
      { name: 'values_int64s', ints: [...indexOf.values()] },
      { name: 'default_int64', int: other === null ? -1 : indexOf.get(other)! },
    ],
    ML,
  );
  const all = graph.constant(
    BigInt64Array.from(categories, (_, k) => BigInt(k)),
    [1, categories.length],
  );
  return cast(graph, graph.add('Equal', [index, all]), 'double');
}

/** The outputs of the last layer of a member, float32 [N, outputs]. */
function memberOutput(
  graph: GraphBuilder,
  model: Model,
  { preprocessing, layers }: Member,
  raw: Name,
  prepared: (layer: DecodedLayer) => DecodedLayer,
): Name {
  const inputs = countInputs(model);
  const row = (numbers: readonly number[]) => graph.constant(Float64Array.from(numbers), [1, inputs]);
  const fills = model.columns.some((column) => column.type === 'number' && column.gaps);
  const filled = fills ? graph.add('Where', [graph.add('IsNaN', [raw]), row(preprocessing.fill), raw]) : raw;
  const centred = graph.add('Sub', [filled, row(preprocessing.offset)]);
  let x = cast(graph, graph.add('Div', [centred, row(preprocessing.scale)]), 'float');
  for (const layer of layers) x = layerOutput(graph, prepared(decodeLayer(layer)), x);
  return x;
}

function layerOutput(graph: GraphBuilder, layer: DecodedLayer, x: Name): Name {
  const { inputs, columns, weight, bias, norm } = layer;
  const constants = [graph.constant(weight, [inputs, columns])];
  if (bias !== undefined) constants.push(graph.constant(bias, [columns]));
  const z = graph.add('Gemm', [x, ...constants]);
  return activated(graph, layer, norm === undefined ? z : normalized(graph, norm, z));
}

/** γ·(z − mean) / √(variance + ε) + β as scale·z + shift. */
function normalized(graph: GraphBuilder, norm: Norm, z: Name): Name {
  const { scale, shift } = affine(norm);
  const row = (numbers: Float64Array) => graph.constant(Float32Array.from(numbers), [1, numbers.length]);
  return graph.add('Add', [graph.add('Mul', [z, row(scale)]), row(shift)]);
}

type Norm = NonNullable<DecodedLayer['norm']>;

function affine({ gamma, beta, runningMean, runningVar }: Norm): { scale: Float64Array; shift: Float64Array } {
  const scale = Float64Array.from(gamma, (value, j) => value / Math.sqrt(runningVar[j]! + BATCH_NORM_EPSILON));
  return { scale, shift: Float64Array.from(beta, (value, j) => value - scale[j]! * runningMean[j]!) };
}

/** The layer with its batch normalization in weights and bias, computed in float64 and rounded once. */
function folded(layer: DecodedLayer): DecodedLayer {
  const { norm, weight, bias, columns } = layer;
  if (norm === undefined) return layer;
  const { scale, shift } = affine(norm);
  return {
    ...layer,
    weight: weight.map((value, i) => value * scale[i % columns]!),
    bias: Float32Array.from(shift, (value, j) => value + (bias?.[j] ?? 0) * scale[j]!),
    norm: undefined,
  };
}

function activated(graph: GraphBuilder, { activation, constant, units }: DecodedLayer, z: Name): Name {
  const number = (value: number) => graph.constant(Float32Array.of(value), []);
  const alpha = [{ name: 'alpha', float: constant }];
  switch (activation) {
    case 'linear':
      return z;
    case 'sigmoid':
      return graph.add('Sigmoid', [z]);
    case 'tanh':
      return graph.add('Tanh', [z]);
    case 'relu':
      return graph.add('Relu', [z]);
    case 'leakyRelu':
      return graph.add('LeakyRelu', [z], alpha);
    case 'elu':
      return graph.add('Elu', [z], alpha);
    case 'silu':
      return graph.add('Mul', [z, graph.add('Sigmoid', [z])]);
    case 'gelu': {
      const erf = graph.add('Erf', [graph.add('Mul', [z, number(Math.SQRT1_2)])]);
      return graph.add('Mul', [graph.add('Mul', [z, number(0.5)]), graph.add('Add', [erf, number(1)])]);
    }
    case 'maxout': {
      const shape = graph.constant(BigInt64Array.of(-1n, BigInt(units), BigInt(MAXOUT_PIECES)), [3]);
      const attributes = [
        { name: 'axes', ints: [2] },
        { name: 'keepdims', int: 0 },
      ];
      return graph.add('ReduceMax', [graph.add('Reshape', [z, shape])], attributes);
    }
  }
}

/** Σ weight · value, in float64. */
function weightedMean(graph: GraphBuilder, { members }: Model, values: readonly Name[]): Name {
  if (values.length === 1) return values[0]!;
  const weighted = values.map((value, m) =>
    graph.add('Mul', [value, graph.constant(Float64Array.of(members[m]!.weight), [])]),
  );
  return graph.add('Sum', weighted);
}

/**
 * A single output o is that of the second class: σ(o) and σ(−o) are the softmax of o/2 and −o/2. Halving is exact, and onnxruntime's Sigmoid has an
 * absolute error of 1e-16 for negative numbers, which is all of a probability of 1e-17.
 */
function twoScores(graph: GraphBuilder, output: Name): Name {
  const half = (factor: number) => graph.add('Mul', [output, graph.constant(Float32Array.of(factor), [])]);
  return concat(graph, [half(-0.5), half(0.5)]);
}

function writeClasses(
  graph: GraphBuilder,
  model: Model,
  outputs: readonly Name[],
  [label, probabilities]: Value[],
): void {
  const scores = outputs.map((output, m) =>
    model.members[m]!.outputs === 'softmax' ? output : twoScores(graph, output),
  );
  const own = scores.map((score) => graph.add('Softmax', [cast(graph, score, 'double')], [{ name: 'axis', int: 1 }]));
  const mean = weightedMean(graph, model, own);
  const decides = scores.length === 1 ? scores[0]! : mean;
  const best = graph.add(
    'ArgMax',
    [decides],
    [
      { name: 'axis', int: 1 },
      { name: 'keepdims', int: 0 },
    ],
  );
  graph.output(label!.name, 'Gather', [graph.constant(model.classes, [model.classes.length]), best]);
  graph.output(probabilities!.name, 'Cast', [mean], [{ name: 'to', int: dataTypes.float }]);
}

function writeValue(graph: GraphBuilder, model: Model, outputs: readonly Name[], name: string): void {
  const values = outputs.map((output, m) => {
    const { scale, offset } = model.members[m]!.target;
    const double = (value: number) => graph.constant(Float64Array.of(value), []);
    return graph.add('Add', [graph.add('Mul', [cast(graph, output, 'double'), double(scale)]), double(offset)]);
  });
  graph.output(name, 'Cast', [weightedMean(graph, model, values)], [{ name: 'to', int: dataTypes.float }]);
}
