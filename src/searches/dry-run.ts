/** What a search would do, without doing it. */
import type { Point } from '../search/space.ts';
import { secondsOf } from './estimate.ts';
import { settingsOf } from './hyperparameters.ts';
import type { Parsed } from './parse-specification.ts';
import { type Source, sourceOf } from './records.ts';
import { type Specification, samplerOf } from './specification.ts';
import type { Warning } from './warnings.ts';

const SHOWN = 10;
/** Enough trials for a fair mean of their durations. */
const MEASURED = 100;

export interface DryRun {
  readonly specification: Specification;
  readonly warnings: readonly Warning[];
  readonly trials: number;
  readonly gridSize: number | null;
  readonly first: readonly {
    readonly number: number;
    readonly source: Source;
    readonly hyperparameters: Point;
    readonly seconds: number;
  }[];
  readonly estimate: { readonly threads: number; readonly secondsPerTrial: number; readonly seconds: number };
}

export function dryRun({ specification, dataset, warnings }: Parsed, threads: number): DryRun {
  const sampler = samplerOf(specification);
  const { trials } = specification.budget;
  const numbers = Array.from({ length: Math.min(trials, MEASURED) }, (_, number) => number);
  // What others will teach is not known yet.
  const known = numbers.filter((number) => sampler.learnsFrom(number) === 0);
  const measured = known.map((number) => {
    const hyperparameters = sampler.propose(number, []);
    const settings = settingsOf(specification.hyperparameters, hyperparameters);
    const seconds = secondsOf(settings, dataset, specification.validation);
    return { number, source: sourceOf(number, specification), hyperparameters, seconds };
  });
  const secondsPerTrial = measured.reduce((sum, { seconds }) => sum + seconds, 0) / measured.length;
  const seconds = (secondsPerTrial * trials) / Math.min(threads, trials);
  return {
    specification,
    warnings,
    trials,
    gridSize: Number.isFinite(sampler.size) ? sampler.size - specification.enqueue.length : null,
    first: measured.slice(0, SHOWN),
    estimate: { threads, secondsPerTrial, seconds },
  };
}
