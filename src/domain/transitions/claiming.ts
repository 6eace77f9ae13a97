/** Who works on a trial: claims, and claims that are given up. */

import type { Claim, Claimer, Delivery, ReturnedTrial } from '../commands.ts';
import { hasBarriers } from '../pruner-rules.ts';
import { affordable } from '../reserved-epochs.ts';
import { markOf } from '../runs.ts';
import { deliveriesOf, withheldJob } from './deliveries.ts';
import { conclude, endIfOverdue } from './ending.ts';
import type { TrialQuery } from './facts.ts';
import { settleBrackets } from './rungs.ts';
import type { SearchUpdate } from './search-update.ts';
import type { TrialRecord } from './trial-record.ts';

/** What `claim` asks first. */
export function claimReads({ from, to }: Pick<Delivery, 'from' | 'to'>): TrialQuery {
  return { from, to: to + 1, states: ['waiting'] };
}

/** Claims what waits of trials `from` … `to`, as far as the budget of epochs and the limit of the project go. */
export async function claim(
  update: SearchUpdate,
  delivery: Pick<Delivery, 'from' | 'to'>,
  { worker, leaseSeconds }: Claimer,
): Promise<readonly Claim[]> {
  if (update.search.state !== 'running') return [];
  await endIfOverdue(update);
  if (update.search.state !== 'running') return [];
  const { id, specification } = update.search;
  const waiting = await update.trials(claimReads(delivery));
  const trials = await withinBudget(update, await withinRoom(update, waiting));
  const resumed = trials.filter(({ rung }) => rung > 0).map(({ number }) => number);
  const curves = await (resumed.length === 0 ? new Map() : update.facts.curves(resumed));
  const numbers = trials.map(({ number }) => number);
  const checkpoints = await (hasBarriers(specification.pruner) ? update.facts.checkpoints(numbers) : new Map());
  return trials.map((trial) => {
    const { number, rung, point } = trial;
    const attempt = trial.attempt + 1;
    const afresh = rung > 0 ? {} : ({ startedAt: 'now', epochs: 0, curves: null } as const);
    update.updateTrial(trial, { state: 'running', attempt, worker, leaseSeconds, ...afresh });
    update.event({
      type: 'trial.started',
      data: { number, attempt, ...markOf(trial), worker, hyperparameters: point },
    });
    const folds = curves.get(number) ?? [];
    return { searchId: id, number, attempt, ...markOf(trial), rung, point, checkpoint: checkpoints.get(number), folds };
  });
}

/**
 * The trials that the limit of the project lets begin: half of the room at most, so that one thread does not take for its job, whose trials run one
 * after the other, what several threads could run at once.
 */
async function withinRoom(update: SearchUpdate, waiting: readonly TrialRecord[]): Promise<readonly TrialRecord[]> {
  if (!update.facts.isRunningLimited || waiting.length === 0) return waiting;
  return waiting.slice(0, Math.ceil((await update.facts.roomForTrials()) / 2));
}

/** The trials that the budget of epochs lets begin; the others wait, to be delivered as another job. */
async function withinBudget(update: SearchUpdate, waiting: readonly TrialRecord[]): Promise<readonly TrialRecord[]> {
  const { search } = update;
  if (search.specification.budget.epochs === undefined || waiting.length === 0) return waiting;
  const running = await update.trials({ states: ['running'] });
  const count = affordable(search, running, waiting);
  const withheld = waiting.slice(count);
  // The job at hand is in the queue until its trials are written, and the queue takes none of the same name.
  const job = withheldJob(withheld[0]?.number ?? 0, search.seq);
  for (const trial of withheld) update.updateTrial(trial, { job });
  return waiting.slice(0, count);
}

/** Gives claims up: their trials wait again, or fail where their attempts are used up. */
export async function release(
  update: SearchUpdate,
  returned: readonly ReturnedTrial[],
  onlyExpired: boolean,
): Promise<readonly Delivery[]> {
  const { attempts } = update.search.specification.limits;
  const records = await update.trials({ numbers: returned.map(({ number }) => number), states: ['running'] });
  const waiting: TrialRecord[] = [];
  const failed: number[] = [];
  for (const { number, attempt, reason, how } of returned) {
    const trial = records.find((record) => record.number === number && record.attempt === attempt);
    if (trial === undefined || (onlyExpired && !trial.leaseExpired)) continue;
    const failures = trial.failures + (how === 'handedBack' ? 0 : 1);
    const isOver = how === 'hopeless' || (how === 'crashed' && failures >= attempts);
    const after = update.updateTrial(trial, {
      ...{ state: isOver ? 'failed' : 'waiting', finishedAt: isOver ? 'now' : null, leaseSeconds: null },
      ...{ failures, reason, job: `${number}.${attempt}` },
    });
    update.event({
      type: isOver ? 'trial.failed' : 'trial.retried',
      data: { number, attempt, ...markOf(trial), reason },
    });
    if (isOver) failed.push(number);
    else waiting.push(after);
  }
  const promoted = await settleBrackets(update, failed);
  const runs = await conclude(update);
  const { id, state } = update.search;
  return state === 'running' ? [...deliveriesOf(id, waiting), ...promoted, ...runs] : [];
}
