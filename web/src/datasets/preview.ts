/** What can be chosen of a file, and what the service says of it. Pure. */

import type { DatasetPreview } from '../../../src/contract/datasets.ts';
import type { Query } from '../../../src/contract/http.ts';

export type { DatasetPreview };
export type PreviewColumn = DatasetPreview['columns'][number];
export type Hint = DatasetPreview['hints'][number];
export type Offer = Hint['offers'][number];

/** Options of how the text is cut; undefined where the service decides. */
export const dialectOptions = [
  'encoding',
  'delimiter',
  'decimal',
  'thousands',
  'quote',
  'comment',
  'skip',
  'header',
] as const;
export type DialectOption = (typeof dialectOptions)[number];

export interface Choices {
  /** The last column unless chosen. */
  readonly target: string | undefined;
  readonly task: 'classification' | 'regression' | undefined;
  readonly category: readonly string[];
  readonly ignore: readonly string[];
  /** Columns of words of which the most frequent are kept. */
  readonly frequent: readonly string[];
  readonly missing: 'refuse' | 'fill' | 'drop';
  /** As it is typed: texts between commas. */
  readonly missingValues: string;
  readonly missingIn: readonly string[];
  readonly dialect: Readonly<Partial<Record<DialectOption, string>>>;
}

export const noChoices: Choices = {
  target: undefined,
  task: undefined,
  category: [],
  ignore: [],
  frequent: [],
  missing: 'refuse',
  missingValues: '',
  missingIn: [],
  dialect: {},
};

export function parametersOf({ dialect, missing, missingValues, ...others }: Choices) {
  const given = missing === 'refuse' ? undefined : missing;
  const query = { ...others, ...dialect, missing: given, missingValues: missingValues.trim() || undefined };
  // The service reads texts as the numbers, names and lists that they stand for.
  return query as unknown as Query<'POST /v1/datasets/preview'>;
}

/** What a column may be taken as. */
export type Kind = PreviewColumn['kind'] | 'frequent';

export function kindOf({ name, kind }: PreviewColumn, { frequent }: Choices): Kind {
  return kind === 'category' && frequent.includes(name) ? 'frequent' : kind;
}

/** A column taken as something else than it was guessed to be. */
export function withKind(choices: Choices, { name, guessed }: PreviewColumn, kind: Kind): Choices {
  const without = (list: readonly string[]) => list.filter((one) => one !== name);
  const words = kind === 'category' || kind === 'frequent';
  return {
    ...choices,
    ignore: kind === 'ignored' ? [...without(choices.ignore), name] : without(choices.ignore),
    category: words && guessed === 'number' ? [...without(choices.category), name] : without(choices.category),
    frequent: kind === 'frequent' ? [...without(choices.frequent), name] : without(choices.frequent),
  };
}

/** How the text is cut decides which columns there are: what was chosen of columns is forgotten with it. */
export function withDialect(choices: Choices, option: DialectOption, value: string | undefined): Choices {
  const dialect = { ...choices.dialect };
  if (value === undefined || value === '') delete dialect[option];
  else dialect[option] = value;
  if (option === 'decimal' || option === 'thousands') return { ...choices, dialect };
  const { missing, missingValues } = choices;
  return { ...noChoices, missing, missingValues, dialect };
}

/** What a hint offers, done. */
export function withOffer(choices: Choices, { option, values }: Offer): Choices {
  const [first] = values;
  switch (option) {
    case 'ignore':
    case 'category':
    case 'frequent':
    case 'missingIn':
      return { ...choices, [option]: [...new Set([...choices[option], ...values])] };
    case 'missing':
      return { ...choices, missing: first as Choices['missing'] };
    case 'task':
      return { ...choices, task: first as Choices['task'] };
    case 'header':
    case 'encoding':
      return withDialect(choices, option, first);
    default:
      return choices;
  }
}

/** A data set's name out of a file's: letters, digits, dots, dashes and underscores. */
export function nameOf(file: string): string {
  const plain = file.replace(/(\.[a-z0-9]{1,5})?(\.gz)?$/i, '').replace(/[^a-zA-Z0-9._-]+/g, '-');
  return plain.replace(/^[^a-zA-Z0-9]+|-+$/g, '').slice(0, 100) || 'mine';
}
