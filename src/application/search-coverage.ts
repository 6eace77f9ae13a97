/** Compares how well random, grid and Sobol search would cover the newest space of a search. */

import { coverageOf, coveringSamplers } from '../algorithms/space/coverage.ts';
import { type Space, spaceOf } from '../algorithms/space/space.ts';
import type { SearchCoverage } from '../contract/analysis.ts';
import { stagesOf } from '../domain/stages.ts';
import { findSearch } from './find-search.ts';
import type { SearchQueries } from './ports/search-queries.ts';

/** The input of `coverageOfTask`: plain data that can be sent to a thread. */
export interface CoverageTask {
  readonly space: Space;
  readonly trials: number;
  readonly seed: number;
}

export interface CoverageDependencies {
  readonly queries: Pick<SearchQueries, 'find'>;
  /** Computes `coverageOfTask` off the event loop. */
  readonly coverage: (task: CoverageTask) => Promise<SearchCoverage>;
}

/** Takes tenths of a second for many trials, so do not call it on the event loop. */
export function coverageOfTask({ space, trials, seed }: CoverageTask): SearchCoverage {
  return { trials, samplers: coveringSamplers.map((sampler) => coverageOf(space, sampler, trials, seed)) };
}

export async function searchCoverage({ queries, coverage }: CoverageDependencies, id: string): Promise<SearchCoverage> {
  const search = await findSearch({ queries }, id);
  const stage = stagesOf(search).at(-1);
  const space = spaceOf(stage?.hyperparameters ?? search.specification.hyperparameters);
  const trials = stage === undefined ? search.trials.total : stage.to - stage.from;
  const { seed } = search.specification.sampler;
  return coverage({ space, trials, seed });
}
