/** Searches and trials in Postgres: each method one transaction (database.ts), named by its verb. */
import { randomUUID } from 'node:crypto';
import { Problem } from '../errors.ts';
import { cycleOf } from '../searches/brackets.ts';
import type { Delivery, NewSearch, Plan, Planning, SearchStore, Transition, TrialOutcome } from '../searches/ports.ts';
import { hasBarriers } from '../searches/pruning.ts';
import { type Change, isOpen, type Search } from '../searches/records.ts';
import {
  again,
  changeSearch,
  type Database,
  type Effect,
  joined,
  NOTICE_CHANNEL,
  type Transaction,
} from './database.ts';
import { holdDataset } from './dataset-store.ts';
import { countDeliveries, deliveries, deliveriesOf } from './deliveries.ts';
import { Prisma } from './prisma-client/client.ts';
import { type SearchRow, searchOf } from './rows.ts';
import { look, settle } from './rung-store.ts';
import { cancelOpen, concluded } from './search-end.ts';
import { cancelTrial, pauseTrial, resumeTrial, retryTrial } from './trial-acts.ts';
import { claim, endOverdue, finish, giveBack, hungry, reclaim, renew } from './trial-store.ts';

export function createSearchStore(database: Database): SearchStore {
  return {
    create: (search) => create(database, search),
    transition: async (id, to) => (await changeSearch(database, id, (tx, search) => transition(tx, search, to))).search,
    change: async (id, change) =>
      (await changeSearch(database, id, (tx, search) => changed(tx, search, change))).search,
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
    endOverdue: () => endOverdue(database),
    giveBack: async (searchId, trials) =>
      (await changeSearch(database, searchId, (tx, search) => giveBack(tx, search, trials, false))).result,
    renew: (renewals, leaseSeconds) => again(() => renew(database, renewals, leaseSeconds)),
    reclaim: () => reclaim(database),
    deliveries: (searchId) => deliveries(database, searchId),
    countDeliveries: () => countDeliveries(database),
    hungry: (window) => hungry(database, window),
  };
}

async function create(database: Database, { specification, dataset, parent, idempotency }: NewSearch) {
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

async function changed(
  tx: Transaction,
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
  if (total > search.trials.total) refuseMore(search);
  const change: Change = { type: 'search.changed', data: { name, total } };
  // A total that was reached and is raised opens the search again: what is finished stays, more is to come.
  const reopens = !isOpen(search.state) && total > planned;
  if (reopens) {
    const resumed: Change = { type: 'search.resumed', data: {} };
    return { result: undefined, changes: [change, resumed], set: { name, total, state: 'running', failure: null } };
  }
  const lowered: Effect<undefined> = { result: undefined, changes: [change], set: { name, total } };
  if (total === search.trials.total) return lowered;
  // Lowered, its last bracket may be whole now; lowered to what is already done, it ends.
  const after = { ...search, trials: { ...search.trials, total } };
  const settled = await settle(tx, after, planned === 0 ? [] : [planned - 1]);
  return { ...(await concluded(tx, search, joined(lowered, settled))), result: undefined };
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
