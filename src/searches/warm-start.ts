/** A search that begins with the best of another. */
import { z } from 'zod';
import { Problem } from '../errors.ts';
import type { Point } from '../search/space.ts';
import { isRecord, shown } from './faults.ts';
import type { SearchQueries } from './ports.ts';

/** More of another search's best are not taken over. */
export const MOST_TAKEN = 100;

export const warmStartSchema = z
  .strictObject({
    search: z.uuid(),
    trials: z.int().min(1).max(MOST_TAKEN).default(5).describe('So many of its best are tried first'),
  })
  .describe('Begins with the best of another search: what varies here too and fits its bounds is taken over');

/** The body with the configurations that its `warmStart` stands for, behind those it gives itself. */
export async function warmStarted(body: unknown, queries: Pick<SearchQueries, 'find' | 'best'>): Promise<unknown> {
  if (!isRecord(body) || body['warmStart'] === undefined) return body;
  const { warmStart, enqueue = [], ...others } = body;
  const parsed = warmStartSchema.safeParse(warmStart);
  // What is wrong with its shape is said with all other faults.
  if (!parsed.success) return body;
  const search = await queries.find(parsed.data.search);
  if (search === undefined) {
    const message = `there is no search of that id, got ${shown(parsed.data.search)}`;
    throw new Problem('invalidRequest', `warmStart.search: ${message}`, [{ path: 'warmStart.search', message }]);
  }
  const given = isRecord(others['hyperparameters']) ? others['hyperparameters'] : search.specification.hyperparameters;
  const best = await queries.best(search, parsed.data.trials);
  const taken = best.map((trial) => fittingLoosely(trial.hyperparameters, given));
  return { ...others, enqueue: [...(Array.isArray(enqueue) ? enqueue : []), ...taken] };
}

/** The same, of hyperparameters as they were sent: what cannot be read is passed over here and refused later. */
function fittingLoosely(point: Point, given: Readonly<Record<string, unknown>>): Point {
  const kept = Object.entries(point).filter(([name, value]) => {
    const setting = given[name];
    if (!isRecord(setting)) return false;
    if (Array.isArray(setting['choices'])) return setting['choices'].includes(value);
    const [low, high] = [setting['low'], setting['high']];
    return (
      typeof value === 'number' && typeof low === 'number' && typeof high === 'number' && value >= low && value <= high
    );
  });
  return Object.fromEntries(kept);
}
