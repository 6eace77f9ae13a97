/**
 * Logarithms of the kernels of a stepped hyperparameter at its values, kept between proposals. Each is a function of the kernel and the value
 * only, so keeping it changes no proposal.
 */
import type { Axis } from '../../space/transform.ts';
import { logKernel, logMass } from './parzen.ts';

export interface KnownKernels {
  /** A number for the kernel with this centre and width: 0, 1, …. */
  kindOf(mu: number, sigma: number): number;
  /** The log of a kernel at `value`, by the number of the kernel. */
  at(value: number): (kind: number) => number;
  /** An upper bound of these logs. */
  readonly most: number;
}

/** Logarithms kept per hyperparameter: 32 MB. */
const MAX_LOGS = 2 ** 22;

export function createKnownKernels(axis: Axis): KnownKernels {
  const numbers = new Map<number, Map<number, number>>();
  const mu: number[] = [];
  const sigma: number[] = [];
  const masses: number[] = [];
  const logs = new Map<number, Float64Array>();
  let kept = 0;
  let most = Number.NEGATIVE_INFINITY;
  const tableAt = (value: number): Float64Array => {
    const known = logs.get(value);
    if (known !== undefined && known.length >= mu.length) return known;
    kept += 2 * mu.length - (known?.length ?? 0);
    if (kept > MAX_LOGS) {
      logs.clear();
      kept = 2 * mu.length;
    }
    const table = new Float64Array(2 * mu.length).fill(Number.NaN);
    if (known !== undefined) table.set(known);
    logs.set(value, table);
    return table;
  };
  return {
    get most() {
      return most;
    },
    kindOf: (m, s) => {
      const ofCentre = numbers.get(m) ?? new Map<number, number>();
      const known = ofCentre.get(s);
      if (known !== undefined) return known;
      numbers.set(m, ofCentre.set(s, mu.length));
      mu.push(m);
      sigma.push(s);
      masses.push(logMass(axis, m, s));
      // The log of the kernel's mass in a cell is at most 0.
      most = Math.max(most, -masses.at(-1)!);
      return mu.length - 1;
    },
    at: (value) => {
      const table = tableAt(value);
      const cell = axis.cell!(value);
      return (kind) => {
        if (Number.isNaN(table[kind]!)) table[kind] = logKernel(mu[kind]!, sigma[kind]!, cell) - masses[kind]!;
        return table[kind]!;
      };
    },
  };
}
