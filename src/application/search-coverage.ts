/** Compares how well random, grid and Sobol search would cover the newest space of a search. */

import { coverageOf, coveringSamplers } from '../algorithms/space/coverage.ts';
import { spaceOf } from '../algorithms/space/space.ts';
import type { SearchCoverage } from '../contract/analysis.ts';
import { stagesOf } from '../domain/stages.ts';
import { findSearch } from './find-search.ts';
import type { SearchQueries } from './ports.ts';

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
