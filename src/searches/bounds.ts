/** What a narrowed hyperparameter may never leave. */
import type { Bounds } from '../search/narrow.ts';
import { rowOf } from './hyperparameters.ts';
import type { Settings } from './settings.ts';

/** The bounds that the specification gave, or, where it may be widened, all that the hyperparameter can be. */
export function boundsOf(original: Settings, mayWiden: boolean): (name: string) => Bounds {
  return (name) => {
    const setting = original[name];
    const given = typeof setting === 'object' && setting.distribution !== 'categorical' ? setting : undefined;
    const row = rowOf(name);
    if (row === undefined || !('min' in row)) return given ?? { low: -Infinity, high: Infinity };
    const least = given?.scale === 'log' && row.min <= 0 ? Number.MIN_VALUE : row.min;
    return mayWiden || given === undefined ? { low: least, high: row.max } : given;
  };
}
