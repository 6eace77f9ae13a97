/** A warning about a file, with options that would fix it. */
import type { Column } from './column.ts';

export const hintCodes = [
  'format',
  'headerless',
  'nameless',
  'renamed',
  'lostCharacters',
  'encoding',
  'rowNumber',
  'identifier',
  'date',
  'freeText',
  'copyOfTarget',
  'constant',
  'manyWords',
  'noneAsWord',
  'codeAsNumber',
  'wordAmongNumbers',
  'missing',
  'task',
  'fewRowsOfClass',
  'unbalanced',
] as const;

/** Upload options that a hint can offer. */
export const offered = [
  'ignore',
  'category',
  'frequent',
  'missing',
  'missingIn',
  'header',
  'task',
  'encoding',
  'base',
] as const;

/** An offered fix: repeat the upload with this option. */
export interface Offer {
  readonly label: string;
  readonly option: (typeof offered)[number];
  /** Values of the option; usually one. */
  readonly values: readonly string[];
}

export interface Hint {
  readonly code: (typeof hintCodes)[number];
  /** The column, or null for the whole file. */
  readonly column: string | null;
  readonly message: string;
  readonly offers: readonly Offer[];
}

export function hint(
  code: Hint['code'],
  column: Pick<Column, 'name'> | null,
  message: string,
  offers: readonly Offer[] = [],
): Hint {
  return { code, column: column?.name ?? null, message, offers };
}

export function leaveOut({ name }: Pick<Column, 'name'>): Offer {
  return { label: 'leave it out', option: 'ignore', values: [name] };
}
