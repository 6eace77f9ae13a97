/** What a search would do, without doing it. */
import { createSampler } from '../search/sampler.ts';
import { type Point, spaceOf } from '../search/space.ts';
import { secondsOf } from './estimate.ts';
import { settingsOf } from './hyperparameters.ts';
import type { DatasetFacts, Specification } from './specification.ts';

const SHOWN = 10;
/** Enough trials for a fair mean of their durations. */
const MEASURED = 100;

export interface DryRun {
  readonly specification: Specification;
  readonly trials: number;
  readonly gridSize: number | null;
  readonly first: readonly { readonly number: number; readonly hyperparameters: Point; readonly seconds: number }[];
  readonly estimate: { readonly threads: number; readonly secondsPerTrial: number; readonly seconds: number };
}

export function dryRun(specification: Specification, dataset: DatasetFacts, threads: number): DryRun {
  const sampler = createSampler(spaceOf(specification.hyperparameters), specification.sampler);
  const { trials } = specification.budget;
  const measured = Array.from({ length: Math.min(trials, MEASURED) }, (_, number) => {
    const hyperparameters = sampler.propose(number, []);
    const settings = settingsOf(specification.hyperparameters, hyperparameters);
    return { number, hyperparameters, seconds: secondsOf(settings, dataset, specification.validation) };
  });
  const secondsPerTrial = measured.reduce((sum, { seconds }) => sum + seconds, 0) / measured.length;
  const seconds = (secondsPerTrial * trials) / Math.min(threads, trials);
  return {
    specification,
    trials,
    gridSize: Number.isFinite(sampler.size) ? sampler.size : null,
    first: measured.slice(0, SHOWN),
    estimate: { threads, secondsPerTrial, seconds },
  };
}
