/** The hash of a result: equal hashes mean equal bits. */
import { createHash } from 'node:crypto';
import type { FloatArray } from '../nn/kernels/kernels.ts';
import type { LayerParameters } from '../nn/model/layer.ts';
import type { FoldCurves, TrialResult } from './trial.ts';

/** All learned tensors, layer by layer, in the order in which they are hashed. */
export function tensorsOf(layers: readonly LayerParameters[]): FloatArray[] {
  return layers
    .flatMap(({ weight, bias, norm }) => [weight, bias, norm?.gamma, norm?.beta, norm?.runningMean, norm?.runningVar])
    .filter((tensor) => tensor !== undefined);
}

const ONE_NAN = 0x7fc00000;

/** The bits of float32 values with one pattern for NaN, since processors differ in its sign and payload. */
function bytesOf(values: FloatArray): Uint8Array {
  const floats = new Float32Array(values);
  const bits = new Uint32Array(floats.buffer);
  for (let i = 0; i < floats.length; i++) if (Number.isNaN(floats[i]!)) bits[i] = ONE_NAN;
  return new Uint8Array(bits.buffer);
}

/** sha256 of the learned tensors of a fold. */
export function digestOf(tensors: Iterable<FloatArray>): string {
  const hash = createHash('sha256');
  for (const tensor of tensors) hash.update(bytesOf(tensor));
  return hash.digest('hex');
}

export type HashedCurves = Pick<
  FoldCurves,
  | 'fold'
  | 'value'
  | 'initialLoss'
  | 'trainLoss'
  | 'trainMetric'
  | 'validationLoss'
  | 'validationMetric'
  | 'learningRate'
>;

/** sha256 over the name of the kernels, the digests of the folds, the outcome and the curves. */
export function hashResult(
  kernels: string,
  digests: readonly string[],
  outcome: TrialResult['outcome'],
  folds: readonly HashedCurves[],
): string {
  const text = `${kernels}\n${digests.join(' ')}\n${outcome} ${JSON.stringify(folds)}`;
  return createHash('sha256').update(text).digest('hex');
}

/**
 * The hash of the first version: over all learned tensors at once instead of one digest per fold. Results stored by that version are compared
 * with it (docs/decisions/0015-old-rows-are-read-for-ever.md).
 */
export function createFirstHash(kernels: string): {
  learned(tensors: readonly FloatArray[]): void;
  digest(outcome: TrialResult['outcome'], folds: readonly HashedCurves[]): string;
} {
  const hash = createHash('sha256').update(`${kernels}\n`);
  return {
    learned: (tensors) => {
      for (const tensor of tensors) hash.update(bytesOf(tensor));
    },
    digest: (outcome, folds) => hash.update(`${outcome} ${JSON.stringify(folds)}`).digest('hex'),
  };
}
