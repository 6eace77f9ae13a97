/** Searches and trials in Postgres: each method one transaction (database.ts), named by its verb. */
import { randomUUID } from 'node:crypto';
import { Problem } from '../errors.ts';
import type { Delivery, NewSearch, Plan, Planning, SearchStore, Transition, TrialOutcome } from '../searches/ports.ts';
import { type Change, isOpen, type Search } from '../searches/records.ts';
import { again, changeSearch, type Database, type Effect, NOTICE_CHANNEL, type Transaction } from './database.ts';
import { countDeliveries, deliveries, deliveriesOf } from './deliveries.ts';
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
    plan: async (id, window, decide) =>
      (await changeSearch(database, id, (tx, search) => plan(tx, search, window, decide))).result,
    claim: async (delivery, worker, leaseSeconds) => {
      const work = (tx: Transaction, search: Search) => claim(tx, search, delivery, worker, leaseSeconds);
      const { result, search } = await changeSearch(database, delivery.searchId, work);
      return { claims: result, search };
    },
    finish: async (searchId, trials) => {
      const { result, search } = await changeSearch(database, searchId, (tx, before) => finish(tx, before, trials));
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

async function create(database: Database, { specification, dataset, warnings, parent, idempotency }: NewSearch) {
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
        parentId: parent,
        warnings: warnings as Prisma.InputJsonArray,
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

async function plan(
  tx: Transaction,
  search: Search,
  window: number,
  decide: (planning: Planning) => Promise<Plan>,
): Promise<Effect<readonly Delivery[]>> {
  const { total, planned, waiting } = search.trials;
  const count = Math.min(window - waiting, total - planned);
  if (search.state !== 'running' || count <= 0) return { result: [], changes: [] };
  const { trials, stage, total: known } = await decide(planningOf(tx, search, planned, count));
  if (trials.length === 0 && stage === undefined) return { result: [], changes: [] };
  await tx.$executeRaw`
    INSERT INTO trials (search_id, number, stage, state, job, hyperparameters)
    SELECT ${search.id}::uuid, number, stage, 'waiting', job, point
    FROM jsonb_to_recordset(${JSON.stringify(trials)}::jsonb) AS r(number int, stage int, job text, point jsonb)`;
  const to = planned + trials.length - 1;
  const begun: Change[] =
    stage === undefined ? [] : [{ type: 'stage.started', data: { stage: search.stages.length, ...stage } }];
  const changes: Change[] =
    trials.length === 0 ? begun : [...begun, { type: 'trials.planned', data: { from: planned, to } }];
  return {
    result: deliveriesOf(search.id, trials),
    changes,
    counters: { waiting: trials.length },
    set: {
      planned: to + 1,
      ...(stage === undefined ? {} : { stages: [...search.stages, stage] }),
      ...(known === undefined ? {} : { total: known }),
    },
  };
}

function planningOf(tx: Transaction, search: Search, from: number, count: number): Planning {
  return {
    search,
    from,
    count,
    outcomes: async (first, end) => {
      const rows = await tx.$queryRaw<TrialOutcomeRow[]>`
        SELECT number, state, hyperparameters, value, epochs FROM trials
        WHERE search_id = ${search.id}::uuid AND number >= ${first}::int AND number < ${end}::int ORDER BY number`;
      return rows.map(({ hyperparameters, ...row }) => ({ ...row, point: hyperparameters }));
    },
    reports: async (first, end, epochs) => {
      const rows = await tx.$queryRaw<{ number: number; value: number | null }[]>`
        SELECT number, value FROM reports WHERE search_id = ${search.id}::uuid AND epochs = ${epochs}::int
          AND number >= ${first}::int AND number < ${end}::int`;
      return new Map(rows.map(({ number, value }) => [number, value]));
    },
  };
}

type TrialOutcomeRow = Omit<TrialOutcome, 'point'> & { readonly hyperparameters: TrialOutcome['point'] };
