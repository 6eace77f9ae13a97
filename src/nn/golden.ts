/** Replaying a golden fixture with the very step that training uses, taken apart, and listing where the numbers differ. */
import type { GoldenFixture, Tensors } from './golden-fixture.ts';
import type { FloatArray, Kernels } from './kernels.ts';
import { forward, type Layer } from './network.ts';
import { applyGradient, computeGradient, createTrainer, type Rows, type Trainer } from './trainer.ts';

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

/** Whether a number passes. Written so that a NaN on either side does not. */
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

/** Every expected tensor of every layer, and that none is missing. */
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

function named(tensors: Readonly<Record<string, FloatArray | undefined>>): Tensors {
  return Object.fromEntries(
    Object.entries(tensors).flatMap(([name, tensor]) => (tensor === undefined ? [] : [[name, Array.from(tensor)]])),
  );
}

function parametersOf({ parameters }: Layer): Readonly<Record<string, FloatArray | undefined>> {
  const { weight, bias, norm } = parameters;
  return { weight, bias, ...norm };
}

function gradientsOf({ gradients }: Layer): Readonly<Record<string, FloatArray | undefined>> {
  return { ...gradients };
}

/** Copies the fixture's initial tensors into the network; all that are learned must be there, and fit. */
function setParameters(trainer: Trainer, initial: readonly Tensors[]): void {
  const { layers } = trainer.network;
  if (initial.length !== layers.length)
    throw new Error(`initial has ${initial.length} layers, sizes ask for ${layers.length}`);
  layers.forEach((layer, l) => {
    const tensors = initial[l]!;
    const known = parametersOf(layer);
    for (const [name, tensor] of Object.entries(known)) {
      const given = tensors[name];
      if (given === undefined && name.startsWith('running')) continue; // they start at 0 and 1
      if (tensor === undefined && given === undefined) continue;
      if (tensor?.length !== given?.length) {
        throw new Error(`initial[${l}].${name} has ${given?.length ?? 0} numbers, the network ${tensor?.length ?? 0}`);
      }
      if (given !== undefined) tensor?.set(given);
    }
    const unknown = Object.keys(tensors).find((name) => known[name] === undefined);
    if (unknown !== undefined) throw new Error(`initial[${l}].${unknown} is not a parameter of this layer`);
  });
}

function rowsOf(fixture: GoldenFixture, kernels: Kernels): Rows {
  const { rows, x, y } = fixture.data;
  const classes = fixture.network.loss === 'softmaxCrossEntropy';
  const [inputs, outputs] = [fixture.network.sizes[0]!, fixture.network.sizes.at(-1)!];
  if (x.length !== rows * inputs) throw new Error(`data.x has ${x.length} numbers, not ${rows}×${inputs}`);
  const width = classes ? 1 : outputs;
  if (y.length !== rows * width) throw new Error(`data.y has ${y.length} numbers, not ${rows}×${width}`);
  if (classes && y.some((label) => !Number.isInteger(label) || label < 0 || label >= outputs)) {
    throw new Error(`data.y holds a class that is not one of 0 … ${outputs - 1}`);
  }
  const float = (values: readonly number[]) => {
    const array = kernels.allocate(values.length);
    array.set(values);
    return array;
  };
  return { x: float(x), y: classes ? Int32Array.from(y) : float(y) };
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

/**
 * Trains as the fixture says and compares; an empty list is agreement. Throws where the fixture itself does not fit together.
 */
export function replay(fixture: GoldenFixture, kernels: Kernels): Mismatch[] {
  checkBatches(fixture);
  const { batches, expected, tolerance, network, optimizer, schedule, l2, clipNorm } = fixture;
  const trainer = createTrainer({
    kernels,
    network,
    optimizer,
    schedule,
    l2,
    clipNorm,
    maxRows: Math.max(PROBE_ROWS, ...batches.map((batch) => batch.length)),
    totalSteps: batches.length,
  });
  setParameters(trainer, fixture.initial);
  const rows = rowsOf(fixture, kernels);
  const mismatches: Mismatch[] = [];
  batches.forEach((batch, s) => {
    computeGradient(trainer, rows, Uint32Array.from(batch), 0, batch.length);
    compareStep(mismatches, trainer, s, fixture);
    if (s === 0) {
      const gradients = trainer.network.layers.map((layer) => named(gradientsOf(layer)));
      compareLayers(mismatches, 'gradient of', gradients, expected.firstGradients, tolerance.gradient);
    }
    applyGradient(trainer);
  });
  const parameters = trainer.network.layers.map((layer) => named(parametersOf(layer)));
  compareLayers(mismatches, 'final', parameters, expected.finalParameters, tolerance.parameter);
  const probeRows = Math.min(PROBE_ROWS, fixture.data.rows);
  const outputs = forward(trainer.network, rows.x, probeRows, 'evaluate').subarray(
    0,
    probeRows * trainer.network.outputs,
  );
  compare(mismatches, 'probe', 'outputs', outputs, expected.probeOutputs, tolerance.probe);
  return mismatches;
}
