/**
 * The observations in columns. Row 0 is the prior; observation i is row i + 1.
 */
import type { Space, Value } from '../../space/space.ts';
import { type Axis, axisOf } from '../../space/transform.ts';
import type { Observation } from '../sampler.ts';
import { createKnownKernels, type KnownKernels } from './known-kernels.ts';
import { withRoom } from './sorted.ts';

export interface NumericColumn {
  readonly kind: 'numeric';
  readonly axis: Axis;
  /** By row: its place on the axis; NaN if the hyperparameter is inactive. */
  places: Float64Array<ArrayBuffer>;
  /** How many observations have a place. */
  placed: number;
  /** Of stepped hyperparameters, for all mixtures of the observations. */
  readonly known: KnownKernels | undefined;
}

export interface ChoiceColumn {
  readonly kind: 'choice';
  readonly choices: readonly Value[];
  /** By row: the index of its choice; the number of choices if the hyperparameter is inactive. */
  chosen: Uint32Array<ArrayBuffer>;
}

export type Column = NumericColumn | ChoiceColumn;

export interface Observed {
  readonly columns: readonly Column[];
  /** By row; the first entry is not used. */
  readonly rows: readonly (Observation | undefined)[];
  /** The number of observations, which is the last row. */
  readonly count: number;
  /** Adds an observation as the last row. */
  add(observation: Observation): void;
  /** Removes the last row. Its values stay in the columns until the next `add`. */
  removeLast(): void;
}

export function createObserved(space: Space): Observed {
  const columns = space.dimensions.map(({ distribution }): Column => {
    if (distribution.distribution === 'categorical') {
      const { choices } = distribution;
      return { kind: 'choice', choices, chosen: Uint32Array.of(choices.length) };
    }
    const axis = axisOf(distribution);
    const known = axis.cell === undefined ? undefined : createKnownKernels(axis);
    return { kind: 'numeric', axis, places: Float64Array.of(Number.NaN), placed: 0, known };
  });
  const rows: (Observation | undefined)[] = [undefined];
  return {
    columns,
    rows,
    get count() {
      return rows.length - 1;
    },
    add: (observation) => {
      const row = rows.push(observation) - 1;
      space.dimensions.forEach(({ name }, k) => {
        const column = columns[k]!;
        const value = observation.point[name];
        if (column.kind === 'choice') {
          const choice = value === undefined ? -1 : column.choices.indexOf(value);
          column.chosen = withRoom(column.chosen, rows.length);
          column.chosen[row] = choice < 0 ? column.choices.length : choice;
        } else {
          column.places = withRoom(column.places, rows.length);
          column.places[row] = typeof value === 'number' ? column.axis.at(value) : Number.NaN;
          if (typeof value === 'number') column.placed++;
        }
      });
    },
    removeLast: () => {
      const row = rows.length - 1;
      rows.pop();
      for (const column of columns) {
        if (column.kind === 'numeric' && !Number.isNaN(column.places[row]!)) column.placed--;
      }
    },
  };
}
