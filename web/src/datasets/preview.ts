/** What can be chosen of a CSV, and what the service says of it. Pure. */

import type { DatasetPreview } from '../../../src/api/dataset-schemas.ts';

export type { DatasetPreview };
export type PreviewColumn = DatasetPreview['columns'][number];

export interface Choices {
  /** The last column unless chosen. */
  readonly target: string | undefined;
  readonly task: 'classification' | 'regression' | undefined;
  readonly category: readonly string[];
  readonly ignore: readonly string[];
  readonly missing: 'refuse' | 'fill' | 'drop';
}

export const noChoices: Choices = { target: undefined, task: undefined, category: [], ignore: [], missing: 'refuse' };

export function parametersOf({ target, task, category, ignore, missing }: Choices) {
  return { target, task, category, ignore, missing: missing === 'refuse' ? undefined : missing };
}

/** A column taken as something else than it was guessed to be. */
export function withKind(choices: Choices, { name, guessed }: PreviewColumn, kind: PreviewColumn['kind']): Choices {
  const without = (list: readonly string[]) => list.filter((one) => one !== name);
  return {
    ...choices,
    ignore: kind === 'ignored' ? [...without(choices.ignore), name] : without(choices.ignore),
    category:
      kind === 'category' && guessed === 'number' ? [...without(choices.category), name] : without(choices.category),
  };
}

/** A data set's name out of a file's: letters, digits, dots, dashes and underscores. */
export function nameOf(file: string): string {
  const plain = file.replace(/\.[^.]*$/, '').replace(/[^a-zA-Z0-9._-]+/g, '-');
  return plain.replace(/^[^a-zA-Z0-9]+|-+$/g, '').slice(0, 100) || 'mine';
}
