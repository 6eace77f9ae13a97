/** Replays a golden fixture with the training step and lists differences. */

import type { FloatArray, Kernels } from '../../nn/kernels/kernels.ts';
import type { Layer } from '../../nn/model/layer.ts';
import { matrix, type Place, readDense, writeDense } from '../../nn/model/layout.ts';
import { bytesFor } from '../../nn/model/memory.ts';
import { forward, type Network, readOutputs } from '../../nn/model/network.ts';
import { allocateRows, fillRows, takesLabels } from '../../nn/model/rows.ts';
import {
  allocateTrainer,
  applyGradient,
  computeGradient,
  createTrainer,
  type Trainer,
} from '../../nn/training/trainer.ts';
import type { GoldenFixture, Tensors } from './golden-fixture.ts';

export interface Mismatch {
  /** `dataLoss`, `gradient of weight`, `final runningMean`, `probe`, … */
  readonly what: string;
  /** `step 3`, `layer 0 [17]`, … */
  readonly where: string;
  readonly ours: number;
  readonly expected: number;
  readonly tolerance: number;
}

const PROBE_ROWS = 8;

/** Whether two numbers agree. NaN on either side never does. */
function agrees(ours: number, expected: number, tolerance: number): boolean {
  return Math.abs(ours - expected) <= tolerance;
}

/** Notes a list's length if it differs, else every number that does. */
function compare(
  mismatches: Mismatch[],
  what: string,
  where: string,
  ours: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
): void {
  if (ours.length !== expected.length) {
    mismatches.push({ what: `length of ${what}`, where, ours: ours.length, expected: expected.length, tolerance: 0 });
    return;
  }
  for (let i = 0; i < ours.length; i++) {
    if (agrees(ours[i]!, expected[i]!, tolerance)) continue;
    mismatches.push({ what, where: `${where} [${i}]`, ours: ours[i]!, expected: expected[i]!, tolerance });
  }
}

/** Compares every expected tensor of every layer. */
function compareLayers(
  mismatches: Mismatch[],
  what: string,
  ours: readonly Tensors[],
  expected: readonly Tensors[],
  tolerance: number,
): void {
  ours.forEach((tensors, l) => {
    const wanted = expected[l] ?? {};
    for (const name of new Set([...Object.keys(tensors), ...Object.keys(wanted)])) {
      compare(mismatches, `${what} ${name}`, `layer ${l}`, tensors[name] ?? [], wanted[name] ?? [], tolerance);
    }
  });
}

/** Losses have the loss's tolerance and the gradient's norm has the gradient's, each relative where the number is above 1. */
function compareStep(mismatches: Mismatch[], trainer: Trainer, s: number, fixture: GoldenFixture): void {
  const { loss, gradient } = fixture.tolerance;
  const wanted = fixture.expected.steps[s]!;
  const tolerances = { dataLoss: loss, regularizationLoss: loss, gradientNorm: gradient };
  for (const what of ['dataLoss', 'regularizationLoss', 'gradientNorm'] as const) {
    const [ours, expected] = [trainer.last[what], wanted[what]];
    const tolerance = tolerances[what] * Math.max(1, Math.abs(expected));
    if (!agrees(ours, expected, tolerance)) mismatches.push({ what, where: `step ${s}`, ours, expected, tolerance });
  }
}

/** A tensor of a layer: its array and place. */
interface Tensor {
  readonly array: FloatArray;
  readonly place: Place;
}

function tensorsOf(
  { inputs, columns }: Layer,
  { weight, ...vectors }: { readonly weight: FloatArray } & Readonly<Record<string, FloatArray | undefined>>,
): Record<string, Tensor> {
  const tensors: Record<string, Tensor> = { weight: { array: weight, place: matrix(inputs, columns) } };
  for (const [name, array] of Object.entries(vectors)) {
    if (array !== undefined) tensors[name] = { array, place: matrix(1, columns) };
  }
  return tensors;
}

function parametersOf(layer: Layer): Record<string, Tensor> {
  const { weight, bias, norm } = layer.parameters;
  return tensorsOf(layer, { weight, bias, ...norm });
}

function gradientsOf(layer: Layer): Record<string, Tensor> {
  return tensorsOf(layer, { ...layer.gradients });
}

function numbersOf({ kernels, layers }: Network, tensors: (layer: Layer) => Record<string, Tensor>): Tensors[] {
  return layers.map((layer) =>
    Object.fromEntries(
      Object.entries(tensors(layer)).map(([name, { array, place }]) => [
        name,
        Array.from(readDense(kernels, array, [place])),
      ]),
    ),
  );
}

/** Copies the fixture's initial tensors into the network; all that are learned must be there, and fit. */
function setParameters({ kernels, layers }: Network, initial: readonly Tensors[]): void {
  if (initial.length !== layers.length)
    throw new Error(`initial has ${initial.length} layers, sizes ask for ${layers.length}`);
  layers.forEach((layer, l) => {
    const given = initial[l]!;
    const known = parametersOf(layer);
    for (const [name, { array, place }] of Object.entries(known)) {
      const tensor = given[name];
      if (tensor === undefined && name.startsWith('running')) continue; // they start at 0 and 1
      const length = place.rows * place.columns;
      if (tensor?.length !== length) {
        throw new Error(`initial[${l}].${name} has ${tensor?.length ?? 0} numbers, the network ${length}`);
      }
      writeDense(kernels, tensor, array, [place]);
    }
    const unknown = Object.keys(given).find((name) => known[name] === undefined);
    if (unknown !== undefined) throw new Error(`initial[${l}].${unknown} is not a parameter of this layer`);
  });
}

function checkRows({ data: { rows, x, y }, network: { sizes, loss } }: GoldenFixture): void {
  const [inputs, outputs] = [sizes[0]!, sizes.at(-1)!];
  if (x.length !== rows * inputs) throw new Error(`data.x has ${x.length} numbers, not ${rows}×${inputs}`);
  const width = takesLabels(loss) ? 1 : outputs;
  if (y.length !== rows * width) throw new Error(`data.y has ${y.length} numbers, not ${rows}×${width}`);
  if (takesLabels(loss) && y.some((label) => !Number.isInteger(label) || label < 0 || label >= outputs)) {
    throw new Error(`data.y holds a class that is not one of 0 … ${outputs - 1}`);
  }
  if (loss === 'binaryCrossEntropy' && !y.every((target) => target >= 0 && target <= 1)) {
    throw new Error('data.y holds a target that is not from 0 to 1');
  }
}

function checkBatches({ batches, data, expected }: GoldenFixture): void {
  if (batches.length !== expected.steps.length) {
    throw new Error(`there are ${batches.length} batches and ${expected.steps.length} expected steps`);
  }
  for (const [s, batch] of batches.entries()) {
    const fits = batch.length > 0 && batch.every((row) => Number.isInteger(row) && row >= 0 && row < data.rows);
    if (!fits) throw new Error(`training.batches[${s}] is empty or names a row that is not there`);
  }
}

/** The kernel memory of a replay. */
function allocate(kernels: Kernels, { network, optimizer, data, batches }: GoldenFixture) {
  const most = Math.max(PROBE_ROWS, ...batches.map((batch) => batch.length));
  return {
    trainer: allocateTrainer(kernels, { network, optimizer, maxRows: most }),
    rows: allocateRows(kernels, data.rows, network.sizes[0]!, network.sizes.at(-1)!, network.loss),
    order: kernels.allocateIntegers(most),
  };
}

/**
 * Replays the training and compares; an empty list means agreement. Throws if the fixture is inconsistent.
 */
export function replay(fixture: GoldenFixture, kernels: Kernels): Mismatch[] {
  checkBatches(fixture);
  checkRows(fixture);
  const { batches, data, expected, tolerance } = fixture;
  kernels.reset(bytesFor(kernels, (counting) => allocate(counting, fixture)));
  const { rows, order, trainer: arrays } = allocate(kernels, fixture);
  const { network } = arrays;
  const trainer = createTrainer(arrays, { ...fixture, totalSteps: batches.length });
  setParameters(network, fixture.initial);
  fillRows(kernels, rows, data.x, data.y);
  const mismatches: Mismatch[] = [];
  batches.forEach((batch, s) => {
    order.set(batch);
    computeGradient(trainer, rows, order, 0, batch.length);
    compareStep(mismatches, trainer, s, fixture);
    if (s === 0) {
      const gradients = numbersOf(network, gradientsOf);
      compareLayers(mismatches, 'gradient of', gradients, expected.firstGradients, tolerance.gradient);
    }
    applyGradient(trainer);
  });
  compareLayers(mismatches, 'final', numbersOf(network, parametersOf), expected.finalParameters, tolerance.parameter);
  const probeRows = Math.min(PROBE_ROWS, data.rows);
  forward(network, rows.x, probeRows, 'evaluate');
  compare(mismatches, 'probe', 'outputs', readOutputs(network, probeRows), expected.probeOutputs, tolerance.probe);
  return mismatches;
}
