/** A search out of another: narrowed around its best trials, or begun from them. */
import { z } from 'zod';
import { Problem } from '../errors.ts';
import { narrow } from '../search/narrow.ts';
import type { Distribution, Value } from '../search/space.ts';
import { boundsOf } from './bounds.ts';
import { budgetSchema } from './budget.ts';
import type { SearchQueries } from './ports.ts';
import { isOpen, type Search } from './records.ts';
import { samplerSchema } from './samplers.ts';
import { narrowingSchema, type Settings } from './stage-settings.ts';
import { stagesOf } from './stages.ts';
import { type Suggestion, suggestionsOf } from './suggestions.ts';
import { type ValidationSettings, validationSchema } from './validation.ts';
import { fitting } from './warm-start.ts';
import { MOST_TAKEN } from './warm-start-settings.ts';

export const refineSchema = narrowingSchema.extend({
  name: z.string().trim().min(1).max(200).optional(),
  epochs: z.int().min(1).max(1_000_000).optional().describe('Those of the search it refines unless given'),
  sampler: samplerSchema.optional().describe('That of the search it refines, with another seed, unless given'),
  validation: validationSchema.optional(),
  budget: budgetSchema.optional(),
  apply: z
    .array(z.string().max(200))
    .max(100)
    .optional()
    .describe(
      'Ids of suggestions (GET …/findings): the space of the newest stage with these changes, and not narrowed',
    ),
  enqueueBest: z.int().min(0).max(MOST_TAKEN).default(1).describe('So many of the best are tried again first'),
});
export type Refinement = z.output<typeof refineSchema>;

/** The body of a specification that refines a search which has ended. */
export async function refined(
  search: Search,
  queries: Pick<SearchQueries, 'outcomes' | 'best' | 'diagnosed'>,
  refinement: Refinement,
): Promise<Record<string, unknown>> {
  if (isOpen(search.state)) {
    throw new Problem('wrongState', `the search is ${search.state}; only one that has ended can be refined`);
  }
  const { specification } = search;
  const patch = refinement.apply === undefined ? undefined : await patchOf(search, queries, refinement.apply);
  const space = patch === undefined ? await narrowed(search, queries, refinement) : patch.hyperparameters;
  const hyperparameters = refinement.epochs === undefined ? space : { ...space, epochs: refinement.epochs };
  const best = await queries.best(search, refinement.enqueueBest);
  const { sampler, validation, objective, pruner, limits, dataset, name } = specification;
  return {
    name: refinement.name ?? `${name}, refined`.slice(0, 200),
    dataset,
    hyperparameters,
    enqueue: best.map(({ hyperparameters: point }) => fitting(point, point, hyperparameters).point),
    sampler: refinement.sampler ?? { ...sampler, seed: (sampler.seed + 1) % Number.MAX_SAFE_INTEGER },
    validation: refinement.validation ?? patch?.validation ?? validation,
    objective,
    pruner,
    limits,
    budget: refinement.budget ?? {},
  };
}

async function narrowed(
  search: Search,
  queries: Pick<SearchQueries, 'outcomes'>,
  refinement: Refinement,
): Promise<Settings> {
  if (search.best === null) throw new Problem('wrongState', 'no trial of the search has a value to go by');
  const { specification } = search;
  const stage = stagesOf(search)[search.best.stage]!;
  const outcomes = await queries.outcomes(search);
  const tried = outcomes.filter(
    ({ state, number }) => state === 'complete' && number >= stage.from && number < stage.to,
  );
  const bounds = boundsOf(specification.hyperparameters, refinement.mayWiden);
  return narrow(stage.hyperparameters, tried, specification.objective.direction, { ...refinement, bounds });
}

/** Of the newest stage: what its trials have in common. */
export async function suggestionsFor(
  search: Search,
  queries: Pick<SearchQueries, 'diagnosed'>,
): Promise<readonly Suggestion[]> {
  const { index, hyperparameters, validation } = stagesOf(search).at(-1)!;
  const trials = await queries.diagnosed(search, index);
  return suggestionsOf({ ...search.specification, hyperparameters, validation }, trials);
}

/** The newest stage's space and validation, changed by the suggestions that are asked for. */
async function patchOf(
  search: Search,
  queries: Pick<SearchQueries, 'diagnosed'>,
  apply: readonly string[],
): Promise<{ hyperparameters: Settings; validation: ValidationSettings }> {
  const suggestions = await suggestionsFor(search, queries);
  const offered = new Set(suggestions.map(({ id }) => id));
  const unknown = apply.findIndex((id) => !offered.has(id));
  if (unknown >= 0) {
    const known = [...offered].join(', ');
    const message = `is none of its suggestions (${known || 'it has none'}), got ${JSON.stringify(apply[unknown])}`;
    throw new Problem('invalidRequest', `apply: ${message}`, [{ path: `apply[${unknown}]`, message }]);
  }
  const { hyperparameters, validation } = stagesOf(search).at(-1)!;
  return suggestions
    .filter(({ id }) => apply.includes(id))
    .reduce<{ hyperparameters: Settings; validation: ValidationSettings }>(
      (changed, { patch }) => ({
        hyperparameters: merged(changed.hyperparameters, patch.hyperparameters ?? {}, hyperparameters),
        validation: patch.validation ?? changed.validation,
      }),
      { hyperparameters, validation },
    );
}

/** Two suggestions may move the two bounds of one distribution: what a patch leaves as it was stays as another has made it. */
function merged(changed: Settings, patch: Settings, original: Settings): Settings {
  const entries = Object.entries(patch).map(([name, setting]): [string, Value | Distribution] => {
    const [now, before] = [changed[name], original[name]];
    if (typeof now !== 'object' || typeof setting !== 'object' || typeof before !== 'object') return [name, setting];
    const moved = Object.entries(setting).filter(([key, value]) => value !== before[key as keyof Distribution]);
    return [name, { ...now, ...Object.fromEntries(moved) } as Distribution];
  });
  return { ...changed, ...Object.fromEntries(entries) };
}
