/**
 * The history split into good observations and the others, with a mixture of each. It is kept between proposals and follows the history: only
 * what differs from the last history is changed. Its content is a function of the last history.
 */
import { bestFirst, type Direction } from '../../objective.ts';
import type { Space } from '../../space/space.ts';
import type { Observation } from '../sampler.ts';
import { createMixture, type Mixture } from './mixture.ts';
import { createObserved } from './observed.ts';
import { gamma } from './parzen.ts';
import { insertAt, placeIn, removeAt, withRoom } from './sorted.ts';

export interface Split {
  readonly better: Mixture;
  readonly worse: Mixture;
  /** How many observations are not pending. */
  readonly finished: number;
  follow(history: readonly Observation[]): void;
}

/** What is to be done with observations that come or go. */
interface Changes {
  readonly added: (observation: Observation) => void;
  readonly removed: (observation: Observation) => void;
}

export function createSplit(space: Space, direction: Direction, { added, removed }: Changes): Split {
  const observed = createObserved(space);
  const { rows } = observed;
  const better = createMixture(space, observed);
  const worse = createMixture(space, observed);
  const betterRow = betterFirst(direction);
  const order = (a: number, b: number) => betterRow(rows[a]!, rows[b]!) || a - b;
  /** Best first. */
  let ranked = new Uint32Array(0);
  let good = new Set<number>();
  let finished = 0;

  const add = (observation: Observation) => {
    observed.add(observation);
    const row = observed.count;
    ranked = withRoom(ranked, row);
    insertAt(ranked, row - 1, placeIn(ranked, row - 1, row, order), row);
    worse.add(row);
    if (observation.pending !== true) finished++;
    added(observation);
  };
  const removeLast = () => {
    const row = observed.count;
    const observation = rows[row]!;
    removeAt(ranked, row, placeIn(ranked, row, row, order));
    (good.delete(row) ? better : worse).remove(row);
    observed.removeLast();
    if (observation.pending !== true) finished--;
    removed(observation);
  };
  /** Moves rows between the mixtures so that the best are in `better`. */
  const divide = () => {
    const best = new Set(ranked.subarray(0, gamma(finished)));
    for (const row of good) {
      if (best.has(row)) continue;
      better.remove(row);
      worse.add(row);
    }
    for (const row of best) {
      if (good.has(row)) continue;
      worse.remove(row);
      better.add(row);
    }
    good = best;
    better.settle();
    worse.settle();
  };
  return {
    better,
    worse,
    get finished() {
      return finished;
    },
    follow: (history) => {
      const most = Math.min(observed.count, history.length);
      let same = 0;
      while (same < most && rows[same + 1] === history[same]) same++;
      while (observed.count > same) removeLast();
      for (let i = same; i < history.length; i++) add(history[i]!);
      divide();
    },
  };
}

/**
 * Complete trials by value, then stopped ones by epochs and value, then those without a value, then pending ones.
 */
function betterFirst(direction: Direction) {
  const byValue = bestFirst(direction);
  const rank = ({ complete, value, pending }: Observation) => (pending ? 3 : value === null ? 2 : complete ? 0 : 1);
  return (a: Observation, b: Observation) =>
    rank(a) - rank(b) || (rank(a) === 1 ? b.epochs - a.epochs : 0) || byValue(a, b);
}
