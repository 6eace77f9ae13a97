/** Shows what a search would do, without storing or training anything. */
import type { DryRun } from '../contract/searches.ts';
import { secondsOf } from '../domain/estimate.ts';
import { sourceOf } from '../domain/records.ts';
import { settingsOf } from '../domain/specification/hyperparameters.ts';
import { samplerOf } from '../domain/specification/specification.ts';
import { type Parsed, parseSpecification, type SpecificationContext } from './parse-specification.ts';

const SHOWN = 10;
/** Enough trials to estimate the mean duration. */
const MEASURED = 100;

/** Validates `body` as for a new search; `threads` is the number of compute threads for the time estimate. */
export async function dryRunSearch(
  dependencies: SpecificationContext & { readonly threads: number },
  body: unknown,
): Promise<DryRun> {
  return dryRun(await parseSpecification(body, dependencies), dependencies.threads);
}

function dryRun({ specification, dataset, warnings }: Parsed, threads: number): DryRun {
  const sampler = samplerOf(specification);
  const { trials } = specification.budget;
  const numbers = Array.from({ length: Math.min(trials, MEASURED) }, (_, number) => number);
  // Proposals that depend on results are not known yet.
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
