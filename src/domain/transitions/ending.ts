/** How a search ends: its last trial has ended, or a limit of its budget is reached; with a confirmation, once that has ended. */

import { plural } from '../../format.ts';
import type { Delivery } from '../commands.ts';
import { isConfirming } from '../confirmation.ts';
import { FIRST_RUN } from '../runs.ts';
import { isOpen, type Search } from '../search.ts';
import { type Limit, type Progress, reached } from '../specification/budget.ts';
import { trialBudget } from '../specification/confirm-settings.ts';
import { beginConfirmation, cancelConfirmation, continueConfirmation } from './confirming.ts';
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

/** Ends the search, or begins or continues its confirmation, if that follows from what was changed. Returns the runs to deliver. */
export async function conclude(update: SearchUpdate): Promise<readonly Delivery[]> {
  const { search } = update;
  if (!isOpen(search.state) || update.writes.events.length === 0) return [];
  if (isConfirming(search)) {
    const { by } = search.confirmation!;
    const { isOver, deliveries } = await continueConfirmation(update);
    if (isOver) await complete(update, by);
    return deliveries;
  }
  const limit = reached(trialBudget(search.specification), progressOf(search, update.facts.now))?.limit;
  if (limit !== undefined) return endBy(update, limit);
  const { waiting, running, paused, planned, total } = search.trials;
  if (waiting + running + paused > 0 || planned < total) return [];
  return endTrials(update);
}

/** All trials have ended. */
async function endTrials(update: SearchUpdate): Promise<readonly Delivery[]> {
  const { complete: withResult, pruned, failed } = update.search.trials;
  if (withResult + pruned > 0) return confirm(update, null);
  if (failed > 0) {
    fail(update, `${failed === 1 ? 'its only trial' : `all ${failed} trials`} failed; see the reason of each`);
  } else {
    // Trials were cancelled one by one, and none has a result.
    update.event({ type: 'search.cancelled', data: { trials: 0 } });
    update.set({ state: 'cancelled' });
  }
  return [];
}

async function confirm(update: SearchUpdate, by: Limit | null): Promise<readonly Delivery[]> {
  const { isOver, deliveries } = await beginConfirmation(update, by);
  if (isOver) await complete(update, by);
  return deliveries;
}

/** Ends a search whose seconds are used up. */
export async function endIfOverdue(update: SearchUpdate): Promise<void> {
  const { search, facts } = update;
  const { seconds } = search.specification.budget;
  if (!isOpen(search.state) || seconds === undefined) return;
  if (progressOf(search, facts.now).seconds >= seconds) await endBy(update, 'seconds');
}

/** Every trial that has not ended is cancelled, and so is a confirmation with its runs. Returns how many these were. */
export async function cancelOpenTrials(update: SearchUpdate): Promise<number> {
  update.removeCheckpoints('all');
  cancelConfirmation(update);
  const open = await update.trials({ states: openStates });
  for (const trial of open) {
    update.updateTrial(trial, { state: 'cancelled', finishedAt: 'now', leaseSeconds: null });
  }
  return open.length;
}

/** The seconds leave no time for a confirmation, and one that runs is cancelled. */
async function endBy(update: SearchUpdate, by: Limit): Promise<readonly Delivery[]> {
  await cancelOpenTrials(update);
  if (by === 'failures') {
    const { trials, specification } = update.search;
    const { failures } = specification.budget;
    fail(
      update,
      `${plural(trials.failed, 'trial')} failed, and the budget allows fewer than ${failures}; see the reason of each`,
    );
    update.set({ endedBy: by });
    return [];
  }
  if (by !== 'seconds') return confirm(update, by);
  await complete(update, by);
  return [];
}

/** Names the trials without a result, but not those that a limit cancelled. */
async function complete(update: SearchUpdate, by: Limit | null): Promise<void> {
  const { failed, cancelled } = update.search.trials;
  const states = by === null ? (['failed', 'cancelled'] as const) : (['failed'] as const);
  const isLacking = failed + (by === null ? cancelled : 0) > 0;
  const records = isLacking ? await update.trials({ to: FIRST_RUN, states, limit: MAX_LACKING }) : [];
  const lacking = records.map(({ number }) => number);
  update.event({ type: 'search.complete', data: { ...(by && { by }), ...(isLacking && { lacking }) } });
  update.set({ state: 'complete', ...(by && { endedBy: by }) });
}

function fail(update: SearchUpdate, failure: string): void {
  update.event({ type: 'search.failed', data: { failure } });
  update.set({ state: 'failed', failure });
}
