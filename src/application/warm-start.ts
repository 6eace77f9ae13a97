/** Warm start: the best trials of another search become enqueued configurations. */

import { type Distribution, includes, isActive, type Point, spaceOf, type Value } from '../algorithms/space/space.ts';
import { describedRange, describedValue } from '../domain/specification/described.ts';
import { MAX_ENQUEUED } from '../domain/specification/enqueue.ts';
import { fixedOf, hyperparameterNames } from '../domain/specification/hyperparameters.ts';
import type { Settings } from '../domain/specification/settings.ts';
import { shown } from '../domain/specification/validation-issues.ts';
import type { WarmStartSettings } from '../domain/specification/warm-start-settings.ts';
import type { Warning } from '../domain/specification/warnings.ts';
import { stagesOf } from '../domain/stages.ts';
import type { ValidationIssue } from '../errors.ts';
import type { SearchQueries } from './ports/search-queries.ts';

export interface WarmStart {
  /** Partial points of the new space, best first. */
  readonly points: readonly Point[];
  readonly issues: readonly ValidationIssue[];
  readonly warnings: readonly Warning[];
}

/** Maps the best trials of another search to the space of `settings`. `enqueued` is the number of configurations the user enqueues. */
export async function warmStarted(
  { search: id, trials }: WarmStartSettings,
  settings: Settings,
  enqueued: number,
  queries: Pick<SearchQueries, 'find' | 'best'>,
): Promise<WarmStart> {
  const search = await queries.find(id);
  if (search === undefined) {
    const message = `there is no search with that id, got ${shown(id)}`;
    return { points: [], warnings: [], issues: [{ path: 'warmStart.search', message }] };
  }
  if (enqueued + trials > MAX_ENQUEUED) {
    const message = `must be at most ${MAX_ENQUEUED - enqueued} with ${enqueued} enqueued configurations, got ${trials}`;
    return { points: [], warnings: [], issues: [{ path: 'warmStart.trials', message }] };
  }
  const best = await queries.best(search, trials);
  if (best.length === 0) {
    const message = 'none of its trials has a value, so none is enqueued';
    return { points: [], issues: [], warnings: [{ path: 'warmStart', message }] };
  }
  const misfits = new Misfits();
  const points = best.flatMap(({ number, stage, hyperparameters }) => {
    // Hyperparameters fixed there may vary here, so all settings are mapped, not only sampled ones.
    const trained = { ...fixedOf(stagesOf(search)[stage]!.hyperparameters), ...hyperparameters };
    const { point, misfitting } = fitting(trained, hyperparameters, settings);
    for (const { name, why } of misfitting) misfits.add(name, why, number);
    return Object.keys(point).length > 0 ? [point] : [];
  });
  if (points.length < best.length) misfits.leftOut = best.length - points.length;
  return { points, issues: [], warnings: misfits.warnings() };
}

/** The part of a configuration that fits this space, and the sampled values that do not, with reasons. */
export function fitting(
  trained: Point,
  sampled: Point,
  settings: Settings,
): { point: Point; misfitting: readonly { readonly name: string; readonly why: string }[] } {
  const { dimensions, fixed } = spaceOf(settings);
  const point: Record<string, Value> = {};
  const misfitting: { name: string; why: string }[] = [];
  for (const { name, distribution } of dimensions) {
    const value = trained[name];
    if (value === undefined) continue;
    if (!isActive(distribution.when, point, fixed)) {
      if (Object.hasOwn(sampled, name)) misfitting.push({ name, why: inactive(distribution, point, fixed) });
    } else if (includes(distribution, value)) point[name] = value;
    else misfitting.push({ name, why: `must be ${describedRange(distribution)}, got ${describedValue(value)}` });
  }
  for (const [name, value] of Object.entries(sampled)) {
    const here = settings[name];
    if (here === undefined) misfitting.push({ name, why: 'is not a hyperparameter of this search' });
    else if (typeof here !== 'object' && here !== value) {
      misfitting.push({ name, why: `does not vary here: it is ${shown(here)}, got ${describedValue(value)}` });
    }
  }
  return { point, misfitting };
}

function inactive({ when = {} }: Distribution, point: Point, fixed: Point): string {
  const [parent, values] = Object.entries(when).find(
    ([name, wanted]) => !wanted.includes(point[name] ?? fixed[name] ?? Number.NaN),
  )!;
  const here = point[parent] ?? fixed[parent];
  const actual = here === undefined ? 'is not set by it' : `is ${shown(here)}`;
  return `is active only where ${parent} is ${values.map(shown).join(' or ')}, and ${parent} ${actual}`;
}

/** Collects values that do not fit: one warning per hyperparameter, with an example and the number of trials. */
class Misfits {
  leftOut = 0;
  readonly #byName = new Map<string, { readonly why: string; readonly trials: number[] }>();

  add(name: string, why: string, trial: number): void {
    const known = this.#byName.get(name);
    if (known === undefined) this.#byName.set(name, { why, trials: [trial] });
    else known.trials.push(trial);
  }

  warnings(): Warning[] {
    const names = [...this.#byName.keys()].sort(
      (a, b) => hyperparameterNames.indexOf(a) - hyperparameterNames.indexOf(b),
    );
    const ofNames = names.map((name) => {
      const { why, trials } = this.#byName.get(name)!;
      const others = trials.length > 1 ? `, and of ${trials.length - 1} more` : '';
      return { path: 'warmStart', message: `${name} of trial ${trials[0]}${others} is ignored: it ${why}` };
    });
    if (this.leftOut === 0) return ofNames;
    const message = `${this.leftOut} of its best trials have no value that fits and are left out`;
    return [...ofNames, { path: 'warmStart', message }];
  }
}
