/** How the best value of a search improved, for the sparkline of the list. Pure. */
import { type Direction, isBetter } from '../../../src/algorithms/objective.ts';
import type { Search } from '../api.ts';

type Improvement = Search['improvements'][number];

/**
 * The best value so far by trial number. Improvements are stored in the order in which trials ended, which is another one where several run at
 * a time. A later stage starts anew.
 */
export function bestByNumber(improvements: readonly Improvement[], direction: Direction): Improvement[] {
  const kept: Improvement[] = [];
  for (const one of improvements.toSorted((a, b) => a.number - b.number)) {
    const last = kept.at(-1);
    if (last === undefined || one.stage > last.stage || isBetter(one.value, last.value, direction)) kept.push(one);
  }
  return kept;
}
