/**
 * What to try next: changes of the specification with their evidence, weighed against each other and against the trials at hand. `POST …/refine`
 * with `apply` creates the search with some of them.
 */
import { z } from 'zod';
import { isBetter } from '../algorithms/objective.ts';
import type { Distribution, Point, Value } from '../algorithms/space/space.ts';
import type { Settings } from './specification/settings.ts';
import type { Specification } from './specification/specification.ts';
import { type DiagnosedTrial, type Proposal, proposalSchema, proposalsFrom } from './suggestion-rules.ts';

export const suggestionSchema = proposalSchema
  .unwrap()
  .extend({
    conflicts: z
      .array(z.string())
      .readonly()
      .describe('Ids of suggestions that change the same bound, choices or value: at most one of them can be applied'),
    excluded: z
      .object({ trials: z.int(), diverged: z.int(), best: z.int().describe('Of the best ten') })
      .readonly()
      .nullable()
      .describe('Of the trials at hand, those that its search space would not have allowed; null if it only adds'),
  })
  .readonly()
  .meta({ id: 'Suggestion' });
export type Suggestion = z.output<typeof suggestionSchema>;

const BEST = 10;

/** Those that exclude fewer of the best trials come first, so that who takes each that conflicts with none before it keeps the best. */
export function suggestionsOf(specification: Specification, trials: readonly DiagnosedTrial[]): Suggestion[] {
  const { hyperparameters, objective } = specification;
  const proposals = proposalsFrom(specification, trials);
  const best = new Set(
    trials
      .filter(({ value }) => value !== null)
      .toSorted((a, b) => (isBetter(a.value, b.value, objective.direction) ? -1 : 1))
      .slice(0, BEST)
      .map(({ number }) => number),
  );
  const changes = proposals.map(({ patch }) => changed(hyperparameters, patch));
  const all = proposals.map((proposal, i): Suggestion => {
    const conflicts = proposals.filter((_, j) => j !== i && overlap(changes[i]!, changes[j]!)).map(({ id }) => id);
    const outside = trials.filter(({ point }) => !allows(proposal.patch.hyperparameters ?? {}, hyperparameters, point));
    const excluded = {
      trials: outside.length,
      diverged: outside.filter(({ diverged }) => diverged).length,
      best: outside.filter(({ number }) => best.has(number)).length,
    };
    return { ...proposal, conflicts, excluded: outside.length > 0 ? excluded : null };
  });
  return all.toSorted((a, b) => (a.excluded?.best ?? 0) - (b.excluded?.best ?? 0));
}

/** What a patch changes: `learningRate.high` for a field of a distribution, `activation` for a whole setting, `validation`. */
function changed(before: Settings, { hyperparameters = {}, validation }: Proposal['patch']): string[] {
  const settings = Object.entries(hyperparameters).flatMap(([name, after]) => {
    const now = before[name];
    if (typeof after !== 'object' || typeof now !== 'object') return [name];
    return Object.entries(after)
      .filter(([field, value]) => value !== now[field as keyof Distribution])
      .map(([field]) => `${name}.${field}`);
  });
  return validation === undefined ? settings : [...settings, 'validation'];
}

function overlap(a: readonly string[], b: readonly string[]): boolean {
  return a.some((one) =>
    b.some((other) => one === other || one.startsWith(`${other}.`) || other.startsWith(`${one}.`)),
  );
}

/** Whether the varied hyperparameters of a point lie in the settings that a patch narrows. A fixed value replaces what it was: that excludes nothing. */
function allows(patch: Settings, before: Settings, point: Point): boolean {
  return Object.entries(patch).every(([name, after]) => {
    const value = point[name];
    if (value === undefined || typeof before[name] !== 'object') return true;
    return typeof after === 'object' ? isWithin(after, value) : after === value;
  });
}

function isWithin(distribution: Distribution, value: Value): boolean {
  if (distribution.distribution === 'categorical') return distribution.choices.includes(value);
  return Number(value) >= distribution.low && Number(value) <= distribution.high;
}
