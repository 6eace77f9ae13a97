/** Parses fixtures of the format `network-golden/1`: training runs of small networks, computed by another library. */
import { type Activation, activations } from '../../nn/model/activations.ts';
import type { Loss, NetworkSpec } from '../../nn/model/network.ts';
import type { Optimizer } from '../../nn/training/optimizers.ts';
import type { Schedule } from '../../nn/training/schedules.ts';

const GOLDEN_FORMAT = 'network-golden/1';

/** Tensors of a layer by name, flat: weight, bias, gamma, beta, runningMean, runningVar. */
export type Tensors = Readonly<Record<string, readonly number[]>>;

export interface ExpectedStep {
  readonly dataLoss: number;
  readonly regularizationLoss: number;
  readonly gradientNorm: number;
}

export interface GoldenFixture {
  readonly name: string;
  readonly network: NetworkSpec;
  readonly optimizer: Optimizer;
  readonly schedule: Schedule;
  readonly l2: number;
  readonly clipNorm: number | undefined;
  /** Row indices of every step. */
  readonly batches: readonly (readonly number[])[];
  readonly data: { readonly rows: number; readonly x: readonly number[]; readonly y: readonly number[] };
  readonly initial: readonly Tensors[];
  readonly expected: {
    readonly steps: readonly ExpectedStep[];
    readonly firstGradients: readonly Tensors[];
    readonly finalParameters: readonly Tensors[];
    readonly probeOutputs: readonly number[];
  };
  readonly tolerance: {
    readonly loss: number;
    readonly gradient: number;
    readonly parameter: number;
    readonly probe: number;
  };
}

type Json = Readonly<Record<string, unknown>>;

/** The value at a dotted path; throws an error with the path if it is missing. */
function at(value: unknown, path: string): unknown {
  let inner = value;
  for (const key of path.split('.')) {
    if (typeof inner !== 'object' || inner === null || !Object.hasOwn(inner, key))
      throw new Error(`${path} is missing`);
    inner = (inner as Json)[key];
  }
  return inner;
}

function numberAt(value: unknown, path: string): number {
  const found = at(value, path);
  if (typeof found !== 'number') throw new Error(`${path} must be a number`);
  return found;
}

/** The value at a dotted path; undefined if it or a parent is missing or null. */
function optionalAt(value: unknown, path: string): unknown {
  let inner = value;
  for (const key of path.split('.')) {
    if (typeof inner !== 'object' || inner === null || !Object.hasOwn(inner, key)) return undefined;
    inner = (inner as Json)[key];
  }
  return inner ?? undefined;
}

function optionalNumberAt(value: unknown, path: string): number | undefined {
  return optionalAt(value, path) === undefined ? undefined : numberAt(value, path);
}

function oneOf<Name extends string>(found: unknown, names: readonly Name[], what: string): Name {
  const name = names.find((known) => known === found);
  if (name === undefined) throw new Error(`unknown ${what} ${JSON.stringify(found)}`);
  return name;
}

function numbersIn(value: unknown, path: string): readonly number[] {
  if (!Array.isArray(value) || !value.every((one) => typeof one === 'number')) {
    throw new Error(`${path} must be a list of numbers`);
  }
  return value;
}

function listAt(value: unknown, path: string): readonly unknown[] {
  const found = at(value, path);
  if (!Array.isArray(found)) throw new Error(`${path} must be a list`);
  return found;
}

function tensorsAt(value: unknown, path: string): Tensors[] {
  return listAt(value, path).map((layer, l) =>
    Object.fromEntries(
      Object.entries(layer as Json).map(([name, tensor]) => [name, numbersIn(tensor, `${path}[${l}].${name}`)]),
    ),
  );
}

/** The settings named in `names`, each a number, beside the type. */
function settings<Type extends string, Name extends string>(
  json: unknown,
  path: string,
  type: Type,
  names: readonly Name[],
): { type: Type } & Record<Name, number> {
  const values = Object.fromEntries(names.map((name) => [name, numberAt(json, `${path}.${name}`)]));
  return { type, ...(values as Record<Name, number>) };
}

function optimizerOf(json: unknown): Optimizer {
  const path = 'training.optimizer';
  const type = at(json, `${path}.type`);
  const adam = ['learningRate', 'beta1', 'beta2', 'epsilon'] as const;
  switch (type) {
    case 'sgd':
      return settings(json, path, type, ['learningRate']);
    case 'momentum':
    case 'nesterov':
      return settings(json, path, type, ['learningRate', 'momentum']);
    case 'adagrad':
      return settings(json, path, type, ['learningRate', 'epsilon']);
    case 'rmsprop':
      return settings(json, path, type, ['learningRate', 'decay', 'epsilon']);
    case 'adam':
      return settings(json, path, type, adam);
    case 'adamw':
      return settings(json, path, type, [...adam, 'weightDecay']);
    default:
      throw new Error(`unknown optimizer ${JSON.stringify(type)}`);
  }
}

function scheduleOf(json: unknown): Schedule {
  const path = 'training.schedule';
  if (optionalAt(json, path) === undefined) return { type: 'constant' };
  const warmup = optionalNumberAt(json, `${path}.warmup`);
  const type = oneOf(at(json, `${path}.type`), ['constant', 'step', 'exponential', 'cosine'], 'schedule');
  switch (type) {
    case 'constant':
      return { type, warmup };
    case 'step':
    case 'exponential':
      return { ...settings(json, path, type, ['gamma', 'every']), warmup };
    case 'cosine':
      return { ...settings(json, path, type, ['floor']), warmup };
  }
}

const losses: readonly Loss[] = ['softmaxCrossEntropy', 'binaryCrossEntropy', 'meanSquaredError'];

function networkOf(json: unknown): NetworkSpec {
  const batchNorm = optionalAt(json, 'network.batchNorm') ?? false;
  if (typeof batchNorm !== 'boolean') throw new Error('network.batchNorm must be true or false');
  // Random dropout masks of another library cannot be replayed.
  if ((optionalNumberAt(json, 'network.dropout') ?? 0) > 0) throw new Error('network.dropout cannot be replayed');
  return {
    sizes: numbersIn(at(json, 'network.sizes'), 'network.sizes'),
    activation: oneOf<Activation>(at(json, 'network.activation'), activations, 'activation'),
    slope: optionalNumberAt(json, 'network.slope'),
    alpha: optionalNumberAt(json, 'network.alpha'),
    batchNorm,
    loss: oneOf(at(json, 'network.loss'), losses, 'loss'),
  };
}

function expectedStepOf(step: unknown): ExpectedStep {
  return {
    dataLoss: numberAt(step, 'dataLoss'),
    regularizationLoss: numberAt(step, 'regularizationLoss'),
    gradientNorm: numberAt(step, 'gradientNorm'),
  };
}

/** Validates parsed JSON as a fixture; throws on errors. */
export function readFixture(json: unknown): GoldenFixture {
  const format = at(json, 'format');
  if (format !== GOLDEN_FORMAT) throw new Error(`the format is ${JSON.stringify(format)}, not ${GOLDEN_FORMAT}`);
  return {
    name: String(at(json, 'name')),
    network: networkOf(json),
    optimizer: optimizerOf(json),
    schedule: scheduleOf(json),
    l2: optionalNumberAt(json, 'training.l2') ?? 0,
    clipNorm: optionalNumberAt(json, 'training.clipNorm'),
    batches: listAt(json, 'training.batches').map((batch, s) => numbersIn(batch, `training.batches[${s}]`)),
    data: {
      rows: numberAt(json, 'data.rows'),
      x: numbersIn(at(json, 'data.x'), 'data.x'),
      y: numbersIn(at(json, 'data.y'), 'data.y'),
    },
    initial: tensorsAt(json, 'initial'),
    expected: {
      steps: listAt(json, 'expected.steps').map(expectedStepOf),
      firstGradients: tensorsAt(json, 'expected.firstGradients'),
      finalParameters: tensorsAt(json, 'expected.finalParameters'),
      probeOutputs: numbersIn(at(json, 'expected.probeOutputs'), 'expected.probeOutputs'),
    },
    tolerance: {
      loss: numberAt(json, 'tolerance.loss'),
      gradient: numberAt(json, 'tolerance.gradient'),
      parameter: numberAt(json, 'tolerance.parameter'),
      probe: numberAt(json, 'tolerance.probe'),
    },
  };
}
