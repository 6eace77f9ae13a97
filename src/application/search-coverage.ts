/** What random, grid and Sobol search of a search's size cover of its newest space. */
import type { SearchCoverage } from '../contract/analysis.ts';
import { coverageOf, coveringSamplers } from '../search/coverage.ts';
import { spaceOf } from '../search/space.ts';
import type { SearchQueries } from '../searches/ports.ts';
import { stagesOf } from '../searches/stages.ts';
import { findSearch } from './find-search.ts';

export async function searchCoverage(
  { queries }: { readonly queries: Pick<SearchQueries, 'find'> },
  id: string,
): Promise<SearchCoverage> {
  const search = await findSearch({ queries }, id);
  const stage = stagesOf(search).at(-1);
  const space = spaceOf(stage?.hyperparameters ?? search.specification.hyperparameters);
  const trials = stage === undefined ? search.trials.total : stage.to - stage.from;
  const { seed } = search.specification.sampler;
  return { trials, samplers: coveringSamplers.map((sampler) => coverageOf(space, sampler, trials, seed)) };
}
