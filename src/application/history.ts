/** The optimization history of a search: values and best value by trial. */

import { type Direction, isBetter } from '../algorithms/objective.ts';
import type { History } from '../contract/analysis.ts';
import type { Search } from '../domain/search.ts';
import { stagesOf } from '../domain/stages.ts';
import { findSearch } from './find-search.ts';
import type { SearchQueries, TimedOutcome } from './ports/search-queries.ts';

const MAX_POINTS = 1000;

export async function searchHistory(
  { queries }: { readonly queries: Pick<SearchQueries, 'find' | 'outcomes'> },
  id: string,
): Promise<History> {
  const search = await findSearch({ queries }, id);
  return historyOf(search, await queries.outcomes(search));
}

type Point = History['points'][number];

function historyOf(search: Search, outcomes: readonly TimedOutcome[]): History {
  const { direction } = search.specification.objective;
  const stages = stagesOf(search);
  const points: Point[] = [];
  let epochs = 0;
  let stage = 0;
  let best: number | null = null;
  for (const { number, state, value, epochs: own, seconds } of outcomes) {
    epochs += own;
    if (state !== 'complete' || value === null) continue;
    const place = Math.max(
      0,
      stages.findIndex(({ to }) => number < to),
    );
    if (place !== stage) [stage, best] = [place, null];
    if (best === null || isBetter(value, best, direction)) best = value;
    points.push({ number, value, best, stage, epochs, seconds: seconds ?? 0 });
  }
  const byTime = points.toSorted((a, b) => a.seconds - b.seconds || a.number - b.number);
  const improved = new Set([...improvements(points, direction), ...improvements(byTime, direction)]);
  const every = Math.ceil(points.length / MAX_POINTS);
  return { points: points.filter((point, i) => i % every === 0 || improved.has(point) || i === points.length - 1) };
}

/** The points that are better than all before them in their stage. */
function improvements(points: readonly Point[], direction: Direction): Point[] {
  const best = new Map<number, number>();
  return points.filter(({ stage, value }) => {
    const isFirst = !best.has(stage);
    if (!isFirst && !isBetter(value, best.get(stage)!, direction)) return false;
    best.set(stage, value);
    return true;
  });
}
