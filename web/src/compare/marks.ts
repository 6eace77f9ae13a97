/** Colour and dash of each group, the same in charts and tables. Pure. */
import type { History, Search } from '../api.ts';

export interface ComparedSearch extends Search {
  /** Undefined until it is read. */
  readonly history: History | undefined;
  readonly mark: Mark;
}

export interface Mark {
  /** A custom property such as `--blue`. */
  readonly colour: string;
  readonly dash: number[] | undefined;
}

const colours = ['--blue', '--orange', '--green', '--purple', '--red', '--yellow'];
const dashes = [undefined, [8, 4], [2, 3], [10, 3, 2, 3]];

/** Different for the first 24 groups. */
export function markOf(group: number): Mark {
  return {
    colour: colours[group % colours.length]!,
    dash: dashes[Math.floor(group / colours.length) % dashes.length],
  };
}
