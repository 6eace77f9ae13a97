/** The one way in which a search changes. */

import type { Change } from '../../domain/events.ts';
import { isOpen, type Search } from '../../domain/search.ts';
import type { TrialQuery } from '../../domain/transitions/facts.ts';
import { SearchUpdate } from '../../domain/transitions/search-update.ts';
import { Problem } from '../../errors.ts';
import type { Database, Transaction } from './connection.ts';
import { refuseTooManyOpen } from './quotas.ts';
import { searchColumns, searchOf } from './rows.ts';
import { storedPatches, write } from './search-writes.ts';
import { factsOf, type LockedRow, readTrials } from './trial-facts.ts';

/**
 * Changes a search: locks its row, lets `rule` say what changes, and writes that, with counters, state, events and the notification of listeners,
 * all in one transaction.
 *
 * The search's row is always locked before any trial of it, so two changes never wait for each other in a circle, and seq
 * has no gaps. `reads`: what the rule will ask first, if it is known; it is read together with the search.
 */
export async function changeSearch<T>(
  database: Database,
  id: string,
  rule: (update: SearchUpdate) => T | Promise<T>,
  reads?: TrialQuery,
): Promise<{ result: T; search: Search }> {
  return (await changeChosen(database, () => ({ id, reads }), rule))!;
}

/** As `changeSearch`, of a search that is chosen in the same transaction; undefined if none is. */
export async function changeChosen<Chosen extends { readonly id: string; readonly reads: TrialQuery | undefined }, T>(
  database: Database,
  choose: (transaction: Transaction) => Chosen | Promise<Chosen | undefined>,
  rule: (update: SearchUpdate, chosen: Chosen, transaction: Transaction) => T | Promise<T>,
): Promise<{ result: T; search: Search } | undefined> {
  let changes: readonly Change[] = [];
  let cancelled = 0;
  const changed = await database.$pipeline(async (transaction) => {
    const chosen = await choose(transaction);
    if (chosen === undefined) return { last: undefined };
    const { id, reads } = chosen;
    const locked = transaction.$queryRaw<LockedRow[]>`
      SELECT ${searchColumns}, EXISTS (
        SELECT FROM projects p WHERE p.name = searches.project AND p.limits->'runningTrials' IS NOT NULL
      ) AS is_running_limited FROM searches WHERE id = ${id}::uuid FOR UPDATE OF searches`;
    const early = reads && { query: reads, trials: readTrials(transaction, id, reads) };
    const [[row]] = await Promise.all([locked, early?.trials]);
    if (row === undefined) throw new Problem('notFound', `there is no search ${id}`);
    const before = searchOf(row);
    const update = new SearchUpdate(before, factsOf(transaction, row, early));
    const result = await rule(update, chosen, transaction);
    const reopens = !isOpen(before.state) && isOpen(update.search.state);
    if (reopens) await refuseTooManyOpen(transaction, before.project, id);
    changes = update.writes.events;
    cancelled = Math.max(0, update.search.trials.cancelled - before.trials.cancelled);
    const patches = await storedPatches(update.writes.trials);
    const written = write(transaction, before, update.search, update.writes, patches);
    return { last: written.then((search) => ({ result, search })) };
  });
  database.$meter.changed(changes, cancelled);
  return changed;
}

/** Serialization failures and deadlocks are Postgres's way of saying «again». */
const TRANSIENT = new Set(['40001', '40P01']);

export async function again<T>(work: () => Promise<T>, attempts = 5): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
      if (attempt === attempts || !TRANSIENT.has(code)) throw error;
    }
  }
}
