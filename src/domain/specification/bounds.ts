/** Limits for narrowing the range of a hyperparameter. */
import type { Bounds } from '../../algorithms/space/narrow.ts';
import { rowOf } from './hyperparameters.ts';
import type { Settings } from './settings.ts';

/** The bounds in the specification or, if they may be widened, the full range of the hyperparameter. */
export function boundsOf(original: Settings, mayWiden: boolean): (name: string) => Bounds {
  return (name) => {
    const setting = original[name];
    const given = typeof setting === 'object' && setting.distribution !== 'categorical' ? setting : undefined;
    const row = rowOf(name);
    if (row === undefined || !('min' in row)) return given ?? { low: -Infinity, high: Infinity };
    const low = given?.scale === 'log' && row.min <= 0 ? Number.MIN_VALUE : row.min;
    return mayWiden || given === undefined ? { low, high: row.max } : given;
  };
}
