/** What is no fault of a specification and yet is hardly what was meant. */
import { z } from 'zod';
import { formatCount } from '../format.ts';
import { countOf, distinctPoints, spaceOf } from '../search/space.ts';
import { describedValue } from './described.ts';
import { dotted } from './faults.ts';
import type { Specification } from './specification.ts';
import { withEpochs } from './stages.ts';

export const warningSchema = z
  .object({ path: z.string().describe('Of the specification'), message: z.string() })
  .meta({ id: 'Warning' });
export type Warning = z.infer<typeof warningSchema>;

/** Of a specification whose defaults are filled in. */
export function warningsOf(specification: Specification): Warning[] {
  return [...repetitions(specification), ...unlikelyConditions(specification)];
}

/** The same hyperparameters, tried more than once. */
function repetitions({ hyperparameters, sampler, stages, budget }: Specification): Warning[] {
  const [first] = stages;
  const space = spaceOf(first === undefined ? hyperparameters : withEpochs(hyperparameters, first.epochs));
  const trials = first?.trials ?? budget.trials;
  if (trials < 2) return [];
  if (space.dimensions.every(({ distribution }) => countOf(distribution) === 1)) {
    const message = `nothing varies: all ${trials} trials have the same hyperparameters, and differ by first weights and the order of rows alone`;
    return [{ path: 'hyperparameters', message }];
  }
  const points = distinctPoints(space);
  // A grid ends with its points.
  if (sampler.type === 'grid' || trials <= points) return [];
  const path = first === undefined ? 'budget.trials' : 'stages[0].trials';
  const message = `the space has ${formatCount(points)} different points, fewer than the ${formatCount(trials)} trials: some are tried again`;
  return [{ path, message }];
}

/** A condition on a single value of what is continuous: it holds where a configuration of one's own says the value, and else never. */
function unlikelyConditions({ hyperparameters, sampler, enqueue }: Specification): Warning[] {
  if (sampler.type === 'grid' || enqueue.length > 0) return [];
  return Object.entries(hyperparameters).flatMap(([name, setting]) => {
    if (typeof setting !== 'object') return [];
    return Object.entries(setting.when ?? {}).flatMap(([parent, values]): Warning[] => {
      const above = hyperparameters[parent];
      if (typeof above !== 'object' || Number.isFinite(countOf(above))) return [];
      const message = `is hardly ever active: ${parent} is continuous, and is not likely to be ${values.map(describedValue).join(' or ')}; give it a step, or choices`;
      return [{ path: dotted(['hyperparameters', name, 'when', parent]), message }];
    });
  });
}
