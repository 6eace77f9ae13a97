/** Searches and trials in Postgres: each method one transaction (database.ts), named by its verb. */
import { randomUUID } from 'node:crypto';
import { Problem } from '../errors.ts';
import { applied, type Effect, joined } from '../searches/effect.ts';
import type { Finished, FinishedTrial, NewSearch, Plan, SearchStore, Transition } from '../searches/ports.ts';
import { isOpen, type Search } from '../searches/records.ts';
import type { Database, Transaction } from './connection.ts';
import { again, changeSearch, NOTICE_CHANNEL, type Written } from './database.ts';
import { holdDataset } from './dataset-store.ts';
import { countDeliveries, deliveries } from './deliveries.ts';
import { addTrials, history } from './planned-trials.ts';
import { Prisma } from './prisma-client/client.ts';
import { type SearchRow, searchOf } from './rows.ts';
import { look } from './rung-store.ts';
import { changed } from './search-change.ts';
import { cancelOpen } from './search-end.ts';
import { cancelTrial, pauseTrial, resumeTrial, retryTrial } from './trial-acts.ts';
import { claim, endOverdue, finish, giveBack, hungry, reclaim, renew } from './trial-store.ts';

export function createSearchStore(database: Database): SearchStore {
  return {
    create: (search) => create(database, search),
    transition: async (id, to) => (await changeSearch(database, id, (tx, search) => transition(tx, search, to))).search,
    change: async (id, change) => {
      const { result, search } = await changeSearch(database, id, (tx, before) => changed(tx, before, change));
      return { deliveries: result, search };
    },
    remove: (id) => remove(database, id),
    actOnTrial: async (id, number, act) => {
      const does = { pause: pauseTrial, resume: resumeTrial, cancel: cancelTrial, retry: retryTrial }[act];
      const { result, search } = await changeSearch(database, id, (tx, before) => does(tx, before, number));
      return { deliveries: result, search };
    },
    history: (id, from, firstRung) => history(database, id, from, firstRung),
    addTrials: async (id, plan) => {
      const { result, search } = await changeSearch(database, id, (tx, before, row) =>
        addTrials(tx, before, row, plan),
      );
      return { ...result, search };
    },
    claim: async (delivery, claimer) => {
      const work = (tx: Transaction, search: Search) => claim(tx, search, delivery, claimer);
      const { result, search } = await changeSearch(database, delivery.searchId, work);
      return { claims: result, search };
    },
    finish: async (searchId, trials, next) => {
      const { result, search } = await changeSearch(database, searchId, (tx, before, row) =>
        finishAndAdd(tx, before, row, trials, next),
      );
      return { ...result, search };
    },
    look: async (searchId, report) => {
      const { result, search } = await changeSearch(database, searchId, (tx, before) => look(tx, before, report));
      return { ...result, search };
    },
    endOverdue: (id) => endOverdue(database, id),
    giveBack: async (searchId, trials) => {
      const work = (tx: Transaction, before: Search) => giveBack(tx, before, trials, false);
      const { result, search } = await changeSearch(database, searchId, work);
      return { deliveries: result, search };
    },
    renew: (renewals, leaseSeconds) => again(() => renew(database, renewals, leaseSeconds)),
    reclaim: () => reclaim(database),
    deliveries: (searchId) => deliveries(database, searchId),
    countDeliveries: () => countDeliveries(database),
    hungry: (window) => hungry(database, window),
  };
}

async function finishAndAdd(
  tx: Transaction,
  before: Search,
  row: SearchRow,
  trials: readonly FinishedTrial[],
  next: Plan | undefined,
): Promise<Written<Finished>> {
  const finished = await finish(tx, before, trials);
  const result: Finished = { ...finished.result, seqBefore: before.seq };
  if (next === undefined || result.accepted.length < trials.length) return { ...finished, result };
  const { sent, ...added } = await addTrials(tx, applied(before, finished), row, next);
  return { ...joined(finished, added), ...(sent && { sent }), result: { ...result, next: added.result } };
}

async function create(database: Database, { specification, dataset, warnings, parent, idempotency }: NewSearch) {
  const id = randomUUID();
  const total = specification.budget.trials;
  const data = {
    id,
    name: specification.name,
    state: 'running',
    specification: JSON.parse(JSON.stringify(specification)) as Prisma.InputJsonObject,
    dataset: dataset.name,
    datasetHash: dataset.hash,
    parentId: parent,
    warnings: warnings as Prisma.InputJsonArray,
    direction: specification.objective.direction,
    total,
    eventSeq: 1,
    idempotencyKey: idempotency?.key ?? null,
    requestHash: idempotency?.requestHash ?? null,
    events: { create: { seq: 1, type: 'search.created', data: { total } } },
  };
  try {
    await database.$transaction(async (transaction) => {
      if (!(await holdDataset(transaction, dataset.name, dataset.hash))) {
        throw new Problem('notFound', `the data set ${dataset.name} was deleted meanwhile`);
      }
      await transaction.search.create({ data });
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
  const { cancelled, found } = await cancelOpen(tx, search);
  const { waiting, running, paused } = search.trials;
  return {
    result: undefined,
    changes: [{ type: 'search.cancelled', data: { trials: cancelled } }],
    counters: { waiting: -waiting, running: -running, paused: -paused, cancelled },
    found,
    set: { state: target },
  };
}

async function remove(database: Database, id: string): Promise<void> {
  const notice = JSON.stringify({ kind: 'removed', searchId: id });
  const removed = await database.$queryRaw<unknown[]>`
    WITH gone AS (DELETE FROM searches WHERE id = ${id}::uuid RETURNING id)
    SELECT pg_notify(${NOTICE_CHANNEL}, ${notice})::text FROM gone`;
  if (removed.length === 0) throw new Problem('notFound', `there is no search ${id}`);
}
