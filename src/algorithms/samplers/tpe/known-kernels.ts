/**
 * Logarithms of the kernels of a stepped hyperparameter at its values, kept between proposals. Each is a function of the kernel and the value
 * only, so keeping it changes no proposal.
 */
import type { Axis } from '../../space/transform.ts';
import { logKernel, logMass } from './parzen.ts';

export interface KnownKernels {
  /** A number for the kernel with this centre and width; valid until `limit` is called. */
  kindOf(mu: number, sigma: number): number;
  /** Log densities of kernels at `value`, by the numbers of the kernels; only those of `kinds` are computed. */
  logsAt(value: number, axis: Axis, kinds: readonly number[]): Float64Array;
  /** Forgets everything if it has become too much. */
  limit(): void;
}

/** Logarithms kept per hyperparameter: 32 MB. */
const MAX_LOGS = 2 ** 22;

export function createKnownKernels(): KnownKernels {
  const numbers = new Map<number, Map<number, number>>();
  const mu: number[] = [];
  const sigma: number[] = [];
  const logs = new Map<number, Float64Array>();
  let kept = 0;
  return {
    kindOf: (m, s) => {
      const ofCentre = numbers.get(m) ?? new Map<number, number>();
      const known = ofCentre.get(s);
      if (known !== undefined) return known;
      numbers.set(m, ofCentre.set(s, mu.length));
      mu.push(m);
      sigma.push(s);
      return mu.length - 1;
    },
    logsAt: (value, axis, kinds) => {
      let table = logs.get(value);
      if (table === undefined || table.length < mu.length) {
        kept += 2 * mu.length - (table?.length ?? 0);
        table = grown(table, 2 * mu.length);
        logs.set(value, table);
      }
      const cell = axis.cell!(value);
      for (const kind of kinds) {
        if (!Number.isNaN(table[kind]!)) continue;
        const [m, s] = [mu[kind]!, sigma[kind]!];
        table[kind] = logKernel(m, s, cell) - logMass(axis, m, s);
      }
      return table;
    },
    limit: () => {
      if (kept <= MAX_LOGS) return;
      numbers.clear();
      logs.clear();
      mu.length = 0;
      sigma.length = 0;
      kept = 0;
    },
  };
}

function grown(from: Float64Array | undefined, size: number): Float64Array {
  const table = new Float64Array(size).fill(Number.NaN);
  if (from !== undefined) table.set(from);
  return table;
}
