/** The optimization history of a search: values and best value by trial. */

import { isBetter } from '../algorithms/objective.ts';
import type { History } from '../contract/analysis.ts';
import type { TrialOutcome } from '../domain/commands.ts';
import type { Search } from '../domain/search.ts';
import { stagesOf } from '../domain/stages.ts';
import { findSearch } from './find-search.ts';
import type { SearchQueries } from './ports.ts';

const MAX_POINTS = 1000;

export async function searchHistory(
  { queries }: { readonly queries: Pick<SearchQueries, 'find' | 'outcomes'> },
  id: string,
): Promise<History> {
  const search = await findSearch({ queries }, id);
  return historyOf(search, await queries.outcomes(search));
}

function historyOf(search: Search, outcomes: readonly TrialOutcome[]): History {
  const { direction } = search.specification.objective;
  const stages = stagesOf(search);
  const points: History['points'][number][] = [];
  const improved = new Set<number>();
  let epochs = 0;
  let stage = 0;
  let best: number | null = null;
  for (const trial of outcomes) {
    epochs += trial.epochs;
    if (trial.state !== 'complete' || trial.value === null) continue;
    const own = Math.max(
      0,
      stages.findIndex(({ to }) => trial.number < to),
    );
    if (own !== stage) [stage, best] = [own, null];
    if (best === null || isBetter(trial.value, best, direction)) {
      best = trial.value;
      improved.add(trial.number);
    }
    points.push({ number: trial.number, value: trial.value, best, stage, epochs });
  }
  const every = Math.ceil(points.length / MAX_POINTS);
  return {
    points: points.filter(({ number }, i) => i % every === 0 || improved.has(number) || i === points.length - 1),
  };
}
