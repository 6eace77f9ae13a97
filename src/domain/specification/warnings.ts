/** Warnings about valid specifications that are probably not what the user meant. */
import { z } from 'zod';
import { countOf, distinctPoints, spaceOf } from '../../algorithms/space/space.ts';
import { formatCount } from '../../format.ts';
import { withEpochs } from '../stages.ts';
import { describedValue } from './described.ts';
import type { Specification } from './specification.ts';
import { dotted } from './validation-issues.ts';

export const warningSchema = z
  .object({ path: z.string().describe('In the specification'), message: z.string() })
  .meta({ id: 'Warning' });
export type Warning = z.infer<typeof warningSchema>;

/** The warnings for a specification with defaults filled in. */
export function warningsOf(specification: Specification): Warning[] {
  return [...repetitions(specification), ...unlikelyConditions(specification)];
}

/** Configurations that are tried more than once. */
function repetitions({ hyperparameters, sampler, stages, budget }: Specification): Warning[] {
  const [first] = stages;
  const space = spaceOf(first === undefined ? hyperparameters : withEpochs(hyperparameters, first.epochs));
  const trials = first?.trials ?? budget.trials;
  if (trials < 2) return [];
  if (space.dimensions.every(({ distribution }) => countOf(distribution) === 1)) {
    const message = `nothing varies: all ${trials} trials have the same hyperparameters and differ only in initial weights and row order`;
    return [{ path: 'hyperparameters', message }];
  }
  const points = distinctPoints(space);
  // A grid search ends when all its points are tried.
  if (sampler.type === 'grid' || trials <= points) return [];
  const path = first === undefined ? 'budget.trials' : 'stages[0].trials';
  const message = `the space has ${formatCount(points)} different points, fewer than the ${formatCount(trials)} trials: some are repeated`;
  return [{ path, message }];
}

/** Conditions on single values of a continuous hyperparameter: sampling never meets them, only enqueued configurations can. */
function unlikelyConditions({ hyperparameters, sampler, enqueue }: Specification): Warning[] {
  if (sampler.type === 'grid' || enqueue.length > 0) return [];
  return Object.entries(hyperparameters).flatMap(([name, setting]) => {
    if (typeof setting !== 'object') return [];
    return Object.entries(setting.when ?? {}).flatMap(([parent, values]): Warning[] => {
      const above = hyperparameters[parent];
      if (typeof above !== 'object' || Number.isFinite(countOf(above))) return [];
      const message = `is almost never active: ${parent} is continuous and unlikely to be exactly ${values.map(describedValue).join(' or ')}; give it a step or choices`;
      return [{ path: dotted(['hyperparameters', name, 'when', parent]), message }];
    });
  });
}
