/** Which option of a replayed rule to recommend. */
import { compare, type Direction } from '../../algorithms/objective.ts';
import type { Replayed } from './what-if.ts';

type Option = Pick<Replayed, 'saved' | 'lost' | 'best'>;

/** Comparator for `sort`: options that lose nothing come first, those that save more before others; then those whose best is better. */
export function byTradeoff(direction: Direction): (a: Option, b: Option) => number {
  const isFree = ({ lost }: Option) => lost !== null && lost <= 0;
  return (a, b) => {
    if (isFree(a) !== isFree(b)) return isFree(a) ? -1 : 1;
    if (isFree(a)) return b.saved - a.saved;
    return compare(b.best?.value ?? null, a.best?.value ?? null, direction) || b.saved - a.saved;
  };
}
