/** A search out of another: narrowed around its best trials, or begun from them. */
import { z } from 'zod';
import { Problem } from '../errors.ts';
import { narrow } from '../search/narrow.ts';
import { type Distribution, includes, type Point, spaceOf, type Value } from '../search/space.ts';
import { boundsOf } from './bounds.ts';
import { budgetSchema } from './budget.ts';
import type { SearchQueries } from './ports.ts';
import { isOpen, type Search } from './records.ts';
import { samplerSchema } from './samplers.ts';
import { narrowingSchema, stagesOf } from './stages.ts';
import { validationSchema } from './validation.ts';
import { MOST_TAKEN } from './warm-start.ts';

export const refineSchema = narrowingSchema.extend({
  name: z.string().trim().min(1).max(200).optional(),
  epochs: z.int().min(1).max(1_000_000).optional().describe('Those of the search it refines unless given'),
  sampler: samplerSchema.optional().describe('That of the search it refines, with another seed, unless given'),
  validation: validationSchema.optional(),
  budget: budgetSchema.optional(),
  enqueueBest: z.int().min(0).max(MOST_TAKEN).default(1).describe('So many of the best are tried again first'),
});
export type Refinement = z.output<typeof refineSchema>;

/** The body of a specification that refines a search which has ended. */
export async function refined(
  search: Search,
  queries: Pick<SearchQueries, 'outcomes' | 'best'>,
  refinement: Refinement,
): Promise<Record<string, unknown>> {
  if (isOpen(search.state)) {
    throw new Problem('wrongState', `the search is ${search.state}; only one that has ended can be refined`);
  }
  if (search.best === null) throw new Problem('wrongState', 'no trial of the search has a value to go by');
  const { specification } = search;
  const stage = stagesOf(search)[search.best.stage]!;
  const outcomes = await queries.outcomes(search);
  const tried = outcomes.filter(
    ({ state, number }) => state === 'complete' && number >= stage.from && number < stage.to,
  );
  const bounds = boundsOf(specification.hyperparameters, refinement.mayWiden);
  const narrowed = narrow(stage.hyperparameters, tried, specification.objective.direction, { ...refinement, bounds });
  const hyperparameters = refinement.epochs === undefined ? narrowed : { ...narrowed, epochs: refinement.epochs };
  const best = await queries.best(search, refinement.enqueueBest);
  const { sampler, validation, objective, pruner, limits, dataset, name } = specification;
  return {
    name: refinement.name ?? `${name}, refined`.slice(0, 200),
    dataset,
    hyperparameters,
    enqueue: best.map((trial) => fitting(trial.hyperparameters, hyperparameters)),
    sampler: refinement.sampler ?? { ...sampler, seed: (sampler.seed + 1) % Number.MAX_SAFE_INTEGER },
    validation: refinement.validation ?? validation,
    objective,
    pruner,
    limits,
    budget: refinement.budget ?? {},
  };
}

/** What of a point varies in another space too and can be there: the rest is left to the sampler. */
function fitting(point: Point, hyperparameters: Readonly<Record<string, Value | Distribution>>): Point {
  const { dimensions } = spaceOf(hyperparameters);
  const kept = dimensions.flatMap(({ name, distribution }): [string, Value][] => {
    const value = point[name];
    return value !== undefined && includes(distribution, value) ? [[name, value]] : [];
  });
  return Object.fromEntries(kept);
}
