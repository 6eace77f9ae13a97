/** Planned trials become part of a search. */
import type { Added, Claim, Plan } from '../commands.ts';
import { isConfirming } from '../confirmation.ts';
import { deliveriesOf } from './deliveries.ts';
import type { SearchUpdate } from './search-update.ts';

const nothing: Added = { added: 0, claims: [], deliveries: [] };

/**
 * Adds what still fits of a plan: trials that another process has added meanwhile are the same, and are passed over. Nothing is added where the
 * plan does not follow from the history any more, or a stage has begun meanwhile.
 */
export function addTrials(update: SearchUpdate, { from, trials, version, begins, claimer }: Plan): Added {
  const { search, facts } = update;
  const { total, planned } = search.trials;
  if (search.state !== 'running' || isConfirming(search) || planned < from) return nothing;
  if (begins !== undefined && planned !== from) return nothing;
  if (version !== undefined && version !== facts.historyVersion) return nothing;
  const fresh = trials.slice(planned - from, (begins?.total ?? total) - from);
  if (fresh.length === 0) return nothing;
  if (begins !== undefined) {
    update.event({ type: 'stage.started', data: { stage: search.stages.length, ...begins.stage } });
    update.set({ stages: [...search.stages, begins.stage], total: begins.total });
  }
  // What a budget of epochs or the limit of a project lets begin is for a claim to say.
  const isLimited = search.specification.budget.epochs !== undefined || facts.isRunningLimited;
  const claimed = claimer === undefined || isLimited ? [] : fresh.slice(0, claimer.count);
  const waiting = fresh.slice(claimed.length);
  update.addTrials([...claimed.map((trial) => ({ ...trial, claimedBy: claimer })), ...waiting]);
  update.event({ type: 'trials.planned', data: { from: planned, to: planned + fresh.length - 1 } });
  const claims = claimed.map(({ number, point }): Claim => {
    const data = { number, attempt: 1, worker: claimer!.worker, hyperparameters: point };
    update.event({ type: 'trial.started', data });
    return { searchId: search.id, number, attempt: 1, point, rung: 0, folds: [] };
  });
  return { added: fresh.length, claims, deliveries: deliveriesOf(search.id, waiting) };
}
