/** Shows what a search would do, without storing or training anything. */
import type { DryRun } from '../contract/searches.ts';
import { secondsOf } from '../domain/estimate.ts';
import { sourceOf } from '../domain/records.ts';
import { settingsOf } from '../domain/specification/hyperparameters.ts';
import { samplerOf } from '../domain/specification/specification.ts';
import { firstStageOf, plannedStages, type Stage } from '../domain/stages.ts';
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
  const first = firstStageOf(specification);
  const sampler = samplerOf(specification, first);
  const numbers = Array.from({ length: Math.min(first.to, MEASURED) }, (_, number) => number);
  // Proposals that depend on results are not known yet.
  const known = numbers.filter((number) => sampler.learnsFrom(number) === 0);
  const points = known.map((number) => sampler.propose(number, []));
  const secondsIn = ({ hyperparameters, validation }: Pick<Stage, 'hyperparameters' | 'validation'>) =>
    points.map((point) => secondsOf(settingsOf(hyperparameters, point), dataset, validation));
  // Later stages narrow the space in a way that is not known yet: they are estimated with the points of the first.
  const stages = plannedStages(specification).map((stage) => {
    const all = secondsIn(stage);
    const mean = all.reduce((sum, one) => sum + one, 0) / all.length;
    return { total: mean * stage.trials, threads: Math.min(threads, stage.trials) };
  });
  const { trials } = specification.budget;
  const measured = secondsIn(first);
  return {
    specification,
    warnings,
    trials,
    gridSize: Number.isFinite(sampler.size) ? sampler.size - specification.enqueue.length : null,
    first: known.slice(0, SHOWN).map((number, i) => ({
      ...{ number, source: sourceOf(number, specification) },
      ...{ hyperparameters: points[i]!, seconds: measured[i]! },
    })),
    estimate: {
      threads,
      secondsPerTrial: stages.reduce((sum, { total }) => sum + total, 0) / trials,
      seconds: stages.reduce((sum, stage) => sum + stage.total / stage.threads, 0),
    },
  };
}
