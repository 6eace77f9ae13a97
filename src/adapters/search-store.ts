/** Searches and trials in Postgres: each method one transaction (database.ts), named by its verb. */
import { randomUUID } from 'node:crypto';
import { Problem } from '../errors.ts';
import type { Delivery, NewSearch, PlannedTrial, SearchStore, Transition } from '../searches/ports.ts';
import { type Change, isOpen, type Search } from '../searches/records.ts';
import { again, changeSearch, type Database, type Effect, NOTICE_CHANNEL, type Transaction } from './database.ts';
import { Prisma } from './prisma-client/client.ts';
import { type SearchRow, searchOf } from './rows.ts';
import {
  claim,
  countDeliveries,
  deliveries,
  deliveriesOf,
  endOf,
  finish,
  giveBack,
  hungry,
  reclaim,
  renew,
} from './trial-store.ts';

export function createSearchStore(database: Database): SearchStore {
  return {
    create: (search) => create(database, search),
    transition: async (id, to) => (await changeSearch(database, id, (tx, search) => transition(tx, search, to))).search,
    change: async (id, change) => (await changeSearch(database, id, (_, search) => changed(search, change))).search,
    remove: (id) => remove(database, id),
    plan: async (id, window, decide) =>
      (await changeSearch(database, id, (tx, search) => plan(tx, search, window, decide))).result,
    claim: async (delivery, worker, leaseSeconds) => {
      const work = (tx: Transaction, search: Search) => claim(tx, search, delivery, worker, leaseSeconds);
      const { result, search } = await changeSearch(database, delivery.searchId, work);
      return { claims: result, search };
    },
    finish: async (searchId, trials) => {
      const { result, search } = await changeSearch(database, searchId, (tx, before) => finish(tx, before, trials));
      return { accepted: result, search };
    },
    giveBack: async (searchId, trials) =>
      (await changeSearch(database, searchId, (tx, search) => giveBack(tx, search, trials, false))).result,
    renew: (renewals, leaseSeconds) => again(() => renew(database, renewals, leaseSeconds)),
    reclaim: () => reclaim(database),
    deliveries: (searchId) => deliveries(database, searchId),
    countDeliveries: () => countDeliveries(database),
    hungry: (window) => hungry(database, window),
  };
}

async function create(database: Database, { specification, dataset, idempotency }: NewSearch) {
  const id = randomUUID();
  const total = specification.budget.trials;
  try {
    await database.search.create({
      data: {
        id,
        name: specification.name,
        state: 'running',
        specification: JSON.parse(JSON.stringify(specification)) as Prisma.InputJsonObject,
        dataset: dataset.name,
        datasetHash: dataset.hash,
        direction: specification.objective.direction,
        total,
        eventSeq: 1,
        idempotencyKey: idempotency?.key ?? null,
        requestHash: idempotency?.requestHash ?? null,
        events: { create: { seq: 1, type: 'search.created', data: { total } } },
      },
    });
  } catch (error) {
    const taken = error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2002';
    if (!taken || idempotency === undefined) throw error;
    const known = await database.search.findUniqueOrThrow({ where: { idempotencyKey: idempotency.key } });
    if (known.requestHash !== idempotency.requestHash) {
      throw new Problem('idempotencyKeyReused', `search ${known.id} was created with this key and another body`);
    }
    return { search: await found(database, known.id), created: false };
  }
  return { search: await found(database, id), created: true };
}

async function found(database: Database, id: string): Promise<Search> {
  const [row] = await database.$queryRaw<SearchRow[]>`SELECT * FROM searches WHERE id = ${id}::uuid`;
  if (row === undefined) throw new Problem('notFound', `there is no search ${id}`);
  return searchOf(row);
}

async function transition(tx: Transaction, search: Search, to: Transition): Promise<Effect<undefined>> {
  const target = ({ pause: 'paused', resume: 'running', cancel: 'cancelled' } as const)[to];
  if (search.state === target) return { result: undefined, changes: [] };
  if (!isOpen(search.state)) {
    throw new Problem('wrongState', `the search is ${search.state}; only one that is running or paused can ${to}`);
  }
  if (target === 'paused')
    return { result: undefined, changes: [{ type: 'search.paused', data: {} }], set: { state: target } };
  if (target === 'running')
    return { result: undefined, changes: [{ type: 'search.resumed', data: {} }], set: { state: target } };
  const trials = await tx.$executeRaw`
    UPDATE trials SET state = 'cancelled', finished_at = now(), lease_until = NULL
    WHERE search_id = ${search.id}::uuid AND state IN ('waiting', 'running')`;
  const { waiting, running } = search.trials;
  return {
    result: undefined,
    changes: [{ type: 'search.cancelled', data: { trials } }],
    counters: { waiting: -waiting, running: -running, cancelled: trials },
    set: { state: target },
  };
}

async function changed(
  search: Search,
  {
    name = search.name,
    total = search.trials.total,
  }: { readonly name?: string | undefined; readonly total?: number | undefined },
): Promise<Effect<undefined>> {
  if (name === search.name && total === search.trials.total) return { result: undefined, changes: [] };
  const { planned } = search.trials;
  if (total < planned) {
    const message = `must be at least the ${planned} trials that were already decided, got ${total}`;
    throw new Problem('invalidRequest', `budget.trials: ${message}`, [{ path: 'budget.trials', message }]);
  }
  if (total !== search.trials.total && search.state === 'cancelled') {
    throw new Problem('wrongState', 'the search is cancelled; its budget can no longer change');
  }
  const change: Change = { type: 'search.changed', data: { name, total } };
  // A total that was reached and is raised opens the search again: what is finished stays, more is to come.
  const reopens = !isOpen(search.state) && total > planned;
  if (reopens) {
    const resumed: Change = { type: 'search.resumed', data: {} };
    return { result: undefined, changes: [change, resumed], set: { name, total, state: 'running', failure: null } };
  }
  // Lowered to what is already done, it ends.
  const none = { running: 0, waiting: 0, complete: 0, failed: 0 };
  const end = endOf({ ...search, trials: { ...search.trials, total } }, none);
  const changes = end === undefined ? [change] : [change, end.change];
  return { result: undefined, changes, set: { name, total, ...end?.set } };
}

async function remove(database: Database, id: string): Promise<void> {
  const notice = JSON.stringify({ kind: 'removed', searchId: id });
  const removed = await database.$queryRaw<unknown[]>`
    WITH gone AS (DELETE FROM searches WHERE id = ${id}::uuid RETURNING id)
    SELECT pg_notify(${NOTICE_CHANNEL}, ${notice})::text FROM gone`;
  if (removed.length === 0) throw new Problem('notFound', `there is no search ${id}`);
}

async function plan(
  tx: Transaction,
  search: Search,
  window: number,
  decide: (from: number, count: number) => readonly PlannedTrial[],
): Promise<Effect<readonly Delivery[]>> {
  const { total, planned, waiting } = search.trials;
  const count = Math.min(window - waiting, total - planned);
  if (search.state !== 'running' || count <= 0) return { result: [], changes: [] };
  const trials = decide(planned, count);
  if (trials.length === 0) return { result: [], changes: [] };
  await tx.$executeRaw`
    INSERT INTO trials (search_id, number, state, job, hyperparameters)
    SELECT ${search.id}::uuid, number, 'waiting', job, point
    FROM jsonb_to_recordset(${JSON.stringify(trials)}::jsonb) AS r(number int, job text, point jsonb)`;
  const to = planned + trials.length - 1;
  return {
    result: deliveriesOf(search.id, trials),
    changes: [{ type: 'trials.planned', data: { from: planned, to } }],
    counters: { waiting: trials.length },
    set: { planned: to + 1 },
  };
}
