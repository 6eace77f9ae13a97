/**
 * Inverted dropout of the outputs of hidden layers (Srivastava, Hinton, Krizhevsky, Sutskever & Salakhutdinov 2014): training scales kept
 * outputs by 1/p, so evaluation needs no change.
 */

import type { AddressWords } from '../../random.ts';
import type { FloatArray, Kernels } from '../kernels/kernels.ts';
import { maskWords, type TrainingAddress } from './address.ts';

/** The dropout of one layer. */
export interface Dropout {
  /** A unit is kept with probability threshold/65536. */
  readonly threshold: number;
  /** maxRows×units: the mask of the current step. */
  readonly mask: FloatArray;
  /** c3 is set to the step before its mask is drawn. */
  readonly address: { -readonly [Word in keyof AddressWords]: number };
}

/** The probability of being kept, in 65536ths, for a share of units to drop from 0 to below 1. */
export function keepThreshold(dropout: number): number {
  return Math.round((1 - dropout) * 65_536);
}

export function createDropout(
  kernels: Kernels,
  threshold: number,
  maxRows: number,
  units: number,
  address: TrainingAddress,
  layer: number,
): Dropout {
  return { threshold, mask: kernels.allocateMatrix(maxRows, units), address: { ...maskWords(address, layer) } };
}
