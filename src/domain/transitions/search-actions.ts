/** What people do to a search: pause, resume, cancel it, or change its settings. */
import { Problem } from '../../errors.ts';
import { annotated } from '../annotations.ts';
import { cycleOf } from '../brackets.ts';
import type { Delivery, SearchChange, Transition } from '../commands.ts';
import { isConfirming, lacksConfirmation } from '../confirmation.ts';
import { hasBarriers } from '../pruner-rules.ts';
import { FIRST_RUN } from '../runs.ts';
import { isOpen, type Search } from '../search.ts';
import { limits, limitsOf, type Reached, reached, withChanges } from '../specification/budget.ts';
import { confirmationEpochs, trialBudget } from '../specification/confirm-settings.ts';
import { refuseObserved } from '../specification/observed.ts';
import { discardConfirmation } from './confirming.ts';
import { deliveriesOf, isWithheld, releasedJob } from './deliveries.ts';
import { cancelOpenTrials, conclude, progressOf } from './ending.ts';
import { settleBrackets } from './rungs.ts';
import type { SearchUpdate } from './search-update.ts';
import type { TrialRecord } from './trial-record.ts';

export async function changeState(update: SearchUpdate, transition: Transition): Promise<void> {
  const { state } = update.search;
  const target = ({ pause: 'paused', resume: 'running', cancel: 'cancelled' } as const)[transition];
  if (state === target) return;
  refuseObserved(update.search.specification, target === 'running' ? 'resumed' : target);
  if (!isOpen(state)) {
    throw new Problem('wrongState', `the search is ${state}; only one that is running or paused can ${transition}`);
  }
  if (target === 'cancelled') {
    const trials = await cancelOpenTrials(update);
    update.event({ type: 'search.cancelled', data: { trials } });
  } else {
    update.event({ type: target === 'paused' ? 'search.paused' : 'search.resumed', data: {} });
  }
  update.set({ state: target });
}

/** A search that has ended goes on where its new budget leaves something to do. What is to be delivered then. */
export async function changeSettings(
  update: SearchUpdate,
  { name = update.search.name, budget: asked = {}, share, keepCurves, ...annotation }: SearchChange,
): Promise<readonly Delivery[]> {
  const before = update.search;
  const total = asked.trials ?? before.trials.total;
  const old = before.specification.budget;
  const budget = withChanges(old, asked);
  const limited = limits.some((limit) => budget[limit] !== old[limit]);
  const changesBudget = limited || total !== before.trials.total;
  const { notes, tags } = annotated(before, annotation);
  const changed = {
    ...(notes !== before.notes && { notes }),
    ...(tags !== before.tags && { tags: [...tags] }),
    ...(share !== undefined && share !== (before.specification.share ?? 1) && { share }),
    ...(keepCurves !== undefined && keepCurves !== (before.specification.keepCurves ?? false) && { keepCurves }),
  };
  if (name === before.name && !changesBudget && Object.keys(changed).length === 0) return [];
  if (changesBudget || share !== undefined) refuseObserved(before.specification, 'trained');
  if (changesBudget) refuseBudget(before, total);
  update.event({
    type: 'search.changed',
    data: { name, total, ...(limited && { budget: limitsOf(budget) }), ...changed },
  });
  update.set({ name, total, budget, ...changed });
  if (!changesBudget) return [];
  if (!isOpen(before.state) || isConfirming(before)) return continueSearch(update, before);
  if (budget.epochs !== old.epochs) await releaseWithheld(update);
  // Lowered, its last bracket may be whole now; lowered to what is already done, it ends.
  const { planned } = before.trials;
  const isResized = total !== before.trials.total && planned > 0;
  const deliveries = isResized ? await settleBrackets(update, [planned - 1]) : [];
  const runs = await conclude(update);
  return [...deliveries, ...runs];
}

/** What a budget can no longer become. */
function refuseBudget(search: Search, total: number): void {
  const { planned } = search.trials;
  if (total < planned) {
    const message = `must be at least the ${planned} trials that were already decided, got ${total}`;
    throw new Problem('invalidRequest', `budget.trials: ${message}`, [{ path: 'budget.trials', message }]);
  }
  if (search.state === 'cancelled') {
    throw new Problem('wrongState', 'the search is cancelled; its budget can no longer change');
  }
  if (total > search.trials.total) refuseMore(search);
}

/** Brackets that were cut short and have been decided cannot take more trials. */
function refuseMore({ specification, trials }: Search): void {
  const epochs = specification.hyperparameters['epochs'];
  if (!hasBarriers(specification.pruner) || typeof epochs !== 'number') return;
  const round = cycleOf(specification.pruner, epochs);
  if (trials.total % round === 0 || trials.planned < trials.total) return;
  const message = `its last bracket was cut at trial ${trials.total} and may have been decided; start another search, or refine this one`;
  throw new Problem('wrongState', `budget.trials: ${message}`, [{ path: 'budget.trials', message }]);
}

/**
 * With the trials that were not yet decided, and with those that the limit cancelled. What has a result stays as it is
 * (docs/decisions/0014-going-on-after-a-limit.md).
 */
async function continueSearch(update: SearchUpdate, before: Search): Promise<readonly Delivery[]> {
  const { id, state, trials, specification } = update.search;
  const endedBy = isConfirming(before) ? before.confirmation!.by : before.endedBy;
  const limit = reached(trialBudget(specification), progressOf(update.search, update.facts.now));
  if (limit !== undefined) throw stillReached(limit, specification);
  const cut = endedBy === null ? [] : await cutTrials(update);
  if (cut.length === 0 && trials.total <= trials.planned && !lacksConfirmation(before)) return [];
  if (cut.length > 0) update.renewHistory();
  await discardConfirmation(update, 'the budget was changed, and trials continue');
  if (!isOpen(state)) {
    update.event({ type: 'search.resumed', data: {} });
    update.set({ state: 'running', failure: null });
  }
  const reason = `the budget of ${endedBy} that had ended the search was raised`;
  const { seq } = update.search;
  const waiting = cut.map((trial) => {
    const { number, attempt } = trial;
    update.event({ type: 'trial.retried', data: { number, attempt, reason } });
    return beginAnew(update, trial, seq);
  });
  const runs = await conclude(update);
  return state === 'paused' ? [] : [...deliveriesOf(id, waiting), ...runs];
}

function stillReached(limit: Reached, specification: Search['specification']): Problem {
  const path = `budget.${limit.limit}`;
  const kept = limit.limit === 'epochs' ? confirmationEpochs(specification) : 0;
  const besides = kept > 0 ? ` besides ${kept} for the confirmation` : '';
  const message = `is ${limit.most}${besides}, and ${limit.text}; the search can continue once the limit is changed, or removed with null`;
  return new Problem('wrongState', `${path}: ${message}`, [{ path, message }]);
}

/** Trials that were cancelled with the search, and not by hand. */
async function cutTrials(update: SearchUpdate): Promise<readonly TrialRecord[]> {
  const byHand = new Set(await update.facts.cancelledByHand());
  const cancelled = await update.trials({ to: FIRST_RUN, states: ['cancelled'] });
  return cancelled.filter(({ number }) => !byHand.has(number));
}

/** Its checkpoint is gone, and a trial is a function of its numbers: it comes to the same rung with the same bits. */
function beginAnew(update: SearchUpdate, trial: TrialRecord, seq: number): TrialRecord {
  const after = update.updateTrial(trial, {
    ...{ state: 'waiting', finishedAt: null, reason: null, value: null, epochs: 0, curves: null, durationMs: null },
    ...{ findings: [], found: [], job: `${releasedJob(trial.job)}.${seq}` },
  });
  return after;
}

/** Trials that the budget of epochs held back may be delivered, under another name than they were. */
async function releaseWithheld(update: SearchUpdate): Promise<void> {
  for (const trial of await update.trials({ states: ['waiting'] })) {
    if (isWithheld(trial.job)) update.updateTrial(trial, { job: releasedJob(trial.job) });
  }
}
