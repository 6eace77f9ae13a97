/** How a search ends: its last trial has, or a limit of its budget is reached. */

import { isOpen, type Search } from '../search.ts';
import { type Limit, type Progress, reached } from '../specification/budget.ts';
import type { SearchUpdate } from './search-update.ts';

/** More trials without a result than this are not listed with the end. */
const MAX_LACKING = 100;

const openStates = ['waiting', 'running', 'paused'] as const;

export function progressOf({ createdAt, epochs, trials, best, specification }: Search, now: number): Progress {
  return {
    seconds: (now - Date.parse(createdAt)) / 1000,
    epochs,
    failed: trials.failed,
    best: best?.value ?? null,
    direction: specification.objective.direction,
  };
}

/** Ends the search, where what was changed brings that. */
export async function conclude(update: SearchUpdate): Promise<void> {
  const { search } = update;
  if (!isOpen(search.state) || update.writes.events.length === 0) return;
  const limit = reached(search.specification.budget, progressOf(search, update.facts.now))?.limit;
  if (limit !== undefined) return endBy(update, limit);
  const { waiting, running, paused, planned, total, complete, pruned, failed, cancelled } = search.trials;
  if (waiting + running + paused > 0 || planned < total) return;
  if (complete + pruned > 0) {
    if (failed + cancelled > 0) await completeLacking(update, ['failed', 'cancelled']);
    else completeWith(update, {});
  } else if (failed > 0) {
    fail(update, `all ${failed} trials failed; each says why`);
  } else {
    // Trials were cancelled one by one, and none has a result.
    update.event({ type: 'search.cancelled', data: { trials: 0 } });
    update.set({ state: 'cancelled' });
  }
}

/** Ends a search whose seconds are used up. */
export async function endIfOverdue(update: SearchUpdate): Promise<void> {
  const { search, facts } = update;
  const { seconds } = search.specification.budget;
  if (!isOpen(search.state) || seconds === undefined) return;
  if (progressOf(search, facts.now).seconds >= seconds) await endBy(update, 'seconds');
}

/** Every trial that has not ended is cancelled; how many these were. */
export async function cancelOpenTrials(update: SearchUpdate): Promise<number> {
  update.removeCheckpoints('all');
  const open = await update.trials({ states: openStates });
  for (const trial of open) {
    update.updateTrial(trial, { state: 'cancelled', finishedAt: 'now', leaseSeconds: null });
  }
  return open.length;
}

async function endBy(update: SearchUpdate, by: Limit): Promise<void> {
  await cancelOpenTrials(update);
  const { failed } = update.search.trials;
  if (by === 'failures') {
    const { failures } = update.search.specification.budget;
    fail(update, `${failed} trials failed, and the budget allows fewer than ${failures}; each says why`);
  } else {
    // Those that were cancelled with it are not named.
    if (failed > 0) await completeLacking(update, ['failed'], by);
    else completeWith(update, { by });
  }
  update.set({ endedBy: by });
}

async function completeLacking(
  update: SearchUpdate,
  states: readonly ('failed' | 'cancelled')[],
  by?: Limit,
): Promise<void> {
  const lacking = (await update.trials({ states, limit: MAX_LACKING })).map(({ number }) => number);
  completeWith(update, { ...(by && { by }), lacking });
}

function completeWith(update: SearchUpdate, data: { readonly by?: Limit; readonly lacking?: number[] }): void {
  update.event({ type: 'search.complete', data });
  update.set({ state: 'complete' });
}

function fail(update: SearchUpdate, failure: string): void {
  update.event({ type: 'search.failed', data: { failure } });
  update.set({ state: 'failed', failure });
}
