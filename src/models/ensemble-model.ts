/** Joins models to one whose prediction is their weighted mean. */
import type { Model, ModelColumn } from './model.ts';

export interface EnsemblePart {
  readonly model: Model;
  /** The weights of all parts sum to 1. */
  readonly weight: number;
}

/** Throws a RangeError if the models are not of the same data set, read in the same way. */
export function ensembleModel(parts: readonly EnsemblePart[]): Model {
  const [first] = parts;
  if (first === undefined) throw new RangeError('an ensemble needs at least one model');
  const { model } = first;
  for (const part of parts) {
    if (part.model.dataset.hash !== model.dataset.hash) {
      throw new RangeError(
        `the models must have the same data set, got ${model.dataset.hash} and ${part.model.dataset.hash}`,
      );
    }
  }
  const total = parts.reduce((sum, { weight }) => sum + weight, 0);
  return {
    ...model,
    columns: model.columns.map((column, c) =>
      joined(
        parts.map((part) => part.model.columns[c]!),
        column,
      ),
    ),
    members: parts.flatMap((part) =>
      part.model.members.map((member) => ({ ...member, weight: (member.weight * part.weight) / total })),
    ),
  };
}

/** The column with the range of all training rows. */
function joined(columns: readonly ModelColumn[], column: ModelColumn): ModelColumn {
  if (column.type !== 'number') return column;
  const ranges = columns.flatMap((one) => (one.type === 'number' && one.range !== null ? [one.range] : []));
  if (ranges.length === 0) return column;
  return { ...column, range: [Math.min(...ranges.map(([low]) => low)), Math.max(...ranges.map(([, high]) => high))] };
}
