/** Choices about a file and their translation to request parameters. Pure. */

import type { DatasetPreview } from '../../../src/contract/datasets.ts';
import type { Query } from '../../../src/contract/http.ts';

export type { DatasetPreview };
export type PreviewColumn = DatasetPreview['columns'][number];
export type Hint = DatasetPreview['hints'][number];
export type Offer = Hint['offers'][number];

/** Options of the dialect; undefined for detection by the service. */
export const dialectOptions = [
  'format',
  'base',
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
  /** By default the last column. */
  readonly target: string | undefined;
  readonly task: 'classification' | 'regression' | undefined;
  readonly category: readonly string[];
  readonly ignore: readonly string[];
  /** Columns reduced to their most frequent categories. */
  readonly frequent: readonly string[];
  readonly missing: 'refuse' | 'fill' | 'drop';
  /** As typed: comma-separated texts. */
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
  // The service parses the texts.
  return query as unknown as Query<'POST /v1/datasets/preview'>;
}

/** The kinds a column can have. */
export type Kind = PreviewColumn['kind'] | 'frequent';

export function kindOf({ name, kind }: PreviewColumn, { frequent }: Choices): Kind {
  return kind === 'category' && frequent.includes(name) ? 'frequent' : kind;
}

/** Overrides the detected kind of a column. */
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

/** Changing the dialect changes the columns, so choices about columns are reset. */
export function withDialect(choices: Choices, option: DialectOption, value: string | undefined): Choices {
  const dialect = { ...choices.dialect };
  if (value === undefined || value === '') delete dialect[option];
  else dialect[option] = value;
  if (option === 'decimal' || option === 'thousands') return { ...choices, dialect };
  const { missing, missingValues } = choices;
  return { ...noChoices, missing, missingValues, dialect };
}

/** Applies an offer of a hint. */
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
    case 'base':
      return withDialect(choices, option, first);
    default:
      return choices;
  }
}
