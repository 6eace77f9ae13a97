/** Answers that hold a whole search, column by column. */
import type { TrialRow } from './search/trial-row.ts';

type Columns<T> = { readonly [Name in keyof T]: readonly T[Name][] };

export interface SearchTable {
  readonly seq: number;
  readonly rows: number;
  readonly thinned: boolean;
  readonly trials: Columns<Omit<TrialRow, 'point' | 'state'>> & { readonly state: readonly string[] };
  readonly points: Readonly<Record<string, readonly (number | string | boolean | null)[]>>;
}

export interface SearchCurves {
  readonly seq: number;
  readonly items: readonly {
    readonly number: number;
    readonly state: string;
    readonly epochs: readonly number[];
    readonly trainLoss: readonly (number | null)[];
    readonly validationLoss: readonly (number | null)[];
    readonly trainMetric: readonly (number | null)[];
    readonly validationMetric: readonly (number | null)[];
  }[];
}
