/** A search whose name or budget is changed, while it runs or after its end. Used by search-store.ts inside its transactions. */
import { Problem } from '../errors.ts';
import { cycleOf } from '../searches/brackets.ts';
import { limits, limitsOf, type Reached, reached, withChanges } from '../searches/budget.ts';
import { type Effect, joined } from '../searches/effect.ts';
import type { Delivery, SearchChange } from '../searches/ports.ts';
import { hasBarriers } from '../searches/pruning.ts';
import { type Change, isOpen, type Search } from '../searches/records.ts';
import type { Transaction } from './connection.ts';
import { deliveriesOf } from './deliveries.ts';
import { renewHistory } from './planned-trials.ts';
import { settle } from './rung-store.ts';
import { concluded, progressOf } from './search-end.ts';

export async function changed(
  tx: Transaction,
  search: Search,
  { name = search.name, budget: asked = {} }: SearchChange,
): Promise<Effect<readonly Delivery[]>> {
  const total = asked.trials ?? search.trials.total;
  const budget = withChanges(search.specification.budget, asked);
  const before = search.specification.budget;
  const limited = limits.some((limit) => budget[limit] !== before[limit]);
  const spends = limited || total !== search.trials.total;
  if (name === search.name && !spends) return { result: [], changes: [] };
  if (spends) refuseBudget(search, total);
  const change: Change = {
    type: 'search.changed',
    data: { name, total, ...(limited && { budget: limitsOf(budget) }) },
  };
  const effect: Effect<readonly Delivery[]> = { result: [], changes: [change], set: { name, total, budget } };
  if (!spends) return effect;
  const after = { ...search, trials: { ...search.trials, total }, specification: { ...search.specification, budget } };
  if (!isOpen(search.state)) return joined(effect, await goneOn(tx, after));
  if (budget.epochs !== before.epochs) await releaseWithheld(tx, search);
  // Lowered, its last bracket may be whole now; lowered to what is already done, it ends.
  const settled = total === search.trials.total ? undefined : await settle(tx, after, lastPlanned(search));
  return concluded(tx, after, settled === undefined ? effect : joined(effect, settled));
}

function lastPlanned({ trials: { planned } }: Search): number[] {
  return planned === 0 ? [] : [planned - 1];
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

/** Brackets that were cut short and have been judged cannot take more trials. */
function refuseMore({ specification, trials }: Search): void {
  const epochs = specification.hyperparameters['epochs'];
  if (!hasBarriers(specification.pruner) || typeof epochs !== 'number') return;
  const round = cycleOf(specification.pruner, epochs);
  if (trials.total % round === 0 || trials.planned < trials.total) return;
  const message = `its last bracket was cut at trial ${trials.total} and may have been judged; begin another search, or refine this one`;
  throw new Problem('wrongState', `budget.trials: ${message}`, [{ path: 'budget.trials', message }]);
}

/**
 * A search that has ended goes on with its new budget, if there is more to do: with the trials that were not yet decided, and with those
 * that the limit cancelled. What has a result stays as it is (docs/decisions/0014-going-on-after-a-limit.md).
 */
async function goneOn(tx: Transaction, search: Search): Promise<Effect<readonly Delivery[]>> {
  const { total, planned } = search.trials;
  const limit = reached(search.specification.budget, progressOf(search));
  if (limit !== undefined) throw stillReached(limit);
  const waiting = search.endedBy === null ? [] : await takeUp(tx, search);
  if (waiting.length === 0 && total <= planned) return { result: [], changes: [] };
  if (waiting.length > 0) await renewHistory(tx, search.id);
  const reason = `the budget of ${search.endedBy} that had ended the search was raised`;
  const changes: Change[] = [
    { type: 'search.resumed', data: {} },
    ...waiting.map(({ number, attempt }): Change => ({ type: 'trial.retried', data: { number, attempt, reason } })),
  ];
  const found: Record<string, number> = {};
  for (const code of waiting.flatMap((trial) => trial.found)) found[code] = (found[code] ?? 0) - 1;
  return {
    result: deliveriesOf(search.id, waiting),
    changes,
    counters: { cancelled: -waiting.length, waiting: waiting.length },
    found,
    set: { state: 'running', failure: null },
  };
}

function stillReached(limit: Reached): Problem {
  const path = `budget.${limit.limit}`;
  const message = `is ${limit.most}, and ${limit.text}; the search can go on once it is changed, or taken away with null`;
  return new Problem('wrongState', `${path}: ${message}`, [{ path, message }]);
}

interface TakenUp {
  readonly number: number;
  readonly attempt: number;
  readonly job: string;
  readonly found: readonly string[];
}

/**
 * Trials that were cancelled with the search, and not by hand, wait again. They begin anew: their checkpoints are gone, and a trial is a
 * function of its numbers, so that they come to the same rung with the same bits.
 */
async function takeUp(tx: Transaction, { id, seq }: Search): Promise<readonly TakenUp[]> {
  const rows = await tx.$queryRaw<TakenUp[]>`
    WITH cut AS (
      SELECT number, found FROM trials WHERE search_id = ${id}::uuid AND state = 'cancelled' AND number NOT IN (
        SELECT (data->>'number')::int FROM events WHERE search_id = ${id}::uuid AND type = 'trial.cancelled')
    )
    UPDATE trials t SET state = 'waiting', finished_at = NULL, reason = NULL, value = NULL, epochs = 0, curves = NULL,
      findings = '[]', found = '{}', duration_ms = NULL, job = replace(t.job, '.e', '.c') || '.' || ${seq}::int
    FROM cut WHERE t.search_id = ${id}::uuid AND t.number = cut.number
    RETURNING t.number, t.attempt, t.job, cut.found`;
  return rows.toSorted((a, b) => a.number - b.number);
}

/** Trials that the budget of epochs held back may be delivered, under another name than they were. */
async function releaseWithheld(tx: Transaction, { id }: Search): Promise<void> {
  await tx.$executeRaw`
    UPDATE trials SET job = replace(job, '.e', '.c') WHERE search_id = ${id}::uuid AND state = 'waiting' AND job LIKE '%.e%'`;
}
