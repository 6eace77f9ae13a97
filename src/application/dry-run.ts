/** What a search would do, without doing it. */
import type { DryRun } from '../contract/searches.ts';
import { secondsOf } from '../searches/estimate.ts';
import { settingsOf } from '../searches/hyperparameters.ts';
import { type Knowledge, type Parsed, parseSpecification } from '../searches/parse-specification.ts';
import { sourceOf } from '../searches/records.ts';
import { samplerOf } from '../searches/specification.ts';

const SHOWN = 10;
/** Enough trials for a fair mean of their durations. */
const MEASURED = 100;

/** Judges `body` as if it were to begin; `threads` would train it. */
export async function dryRunSearch(
  dependencies: Knowledge & { readonly threads: number },
  body: unknown,
): Promise<DryRun> {
  return dryRun(await parseSpecification(body, dependencies), dependencies.threads);
}

function dryRun({ specification, dataset, warnings }: Parsed, threads: number): DryRun {
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
