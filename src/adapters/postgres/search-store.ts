/** Searches and trials in Postgres: each method one transaction (database.ts), named by its verb. */
import { randomUUID } from 'node:crypto';
import { currentActor } from '../../application/actor.ts';
import type { NewSearch, SearchStore } from '../../application/ports/search-store.ts';
import { currentSpan } from '../../application/tracing.ts';
import type { Search } from '../../domain/search.ts';
import { annotateTrials } from '../../domain/transitions/annotating.ts';
import { claim, claimReads, release } from '../../domain/transitions/claiming.ts';
import { finish, finishReads } from '../../domain/transitions/finishing.ts';
import { addTrials } from '../../domain/transitions/planning.ts';
import { pauseAtRungs, reportReads, reportValue } from '../../domain/transitions/rungs.ts';
import { changeSettings, changeState } from '../../domain/transitions/search-actions.ts';
import type { SearchUpdate } from '../../domain/transitions/search-update.ts';
import { actOnTrial } from '../../domain/transitions/trial-actions.ts';
import { Problem } from '../../errors.ts';
import { Prisma } from '../prisma-client/client.ts';
import { again, changeSearch } from './change-search.ts';
import { claimNext } from './claim-next.ts';
import type { Database } from './connection.ts';
import { holdDataset } from './dataset-store.ts';
import { countDeliveries, deliveries } from './deliveries.ts';
import { firstVirtualTime } from './fair-share.ts';
import { history } from './history.ts';
import { endOverdue, reapExpired, renew, underfilled } from './leases.ts';
import { PUB_SUB_CHANNEL } from './pub-sub.ts';
import { refuseTooManyOpen } from './quotas.ts';
import { type SearchRow, searchColumns, searchOf } from './rows.ts';

export function createSearchStore(database: Database): SearchStore {
  return {
    create: (search) => create(database, search),
    transition: async (id, to) => (await changeSearch(database, id, (update) => changeState(update, to))).search,
    change: async (id, change) => {
      const { result, search } = await changeSearch(database, id, (update) => changeSettings(update, change));
      return { deliveries: result, search };
    },
    remove: (id) => remove(database, id),
    actOnTrial: async (id, number, act) => {
      const { result, search } = await changeSearch(database, id, (update) => actOnTrial(update, number, act));
      return { deliveries: result, search };
    },
    annotateTrials: async (id, numbers, annotation) => {
      const rule = (update: SearchUpdate) => annotateTrials(update, numbers, annotation);
      const { result, search } = await changeSearch(database, id, rule, { numbers });
      return { changed: result, search };
    },
    history: (id, from, firstRung) => history(database, id, from, firstRung),
    addTrials: async (id, plan) => {
      const { result, search } = await changeSearch(database, id, (update) => addTrials(update, plan));
      return { ...result, search };
    },
    claim: async (delivery, claimer) => {
      const rule = async (update: SearchUpdate) => ({
        claims: await claim(update, delivery, claimer),
        isRunningLimited: update.facts.isRunningLimited,
      });
      const { result, search } = await changeSearch(database, delivery.searchId, rule, claimReads(delivery));
      return { ...result, search };
    },
    finish: async (searchId, trials, next) => {
      const rule = (update: SearchUpdate) => finish(update, trials, next);
      const { result, search } = await changeSearch(database, searchId, rule, finishReads(trials));
      database.$meter.lost('late', trials.length - result.accepted.length);
      return { ...result, search };
    },
    pauseAtRungs: async (searchId, reports) => {
      const rule = (update: SearchUpdate) => pauseAtRungs(update, reports);
      const { result, search } = await changeSearch(database, searchId, rule, reportReads(reports));
      return { deliveries: result, search };
    },
    reportValue: async (searchId, report) => {
      const rule = (update: SearchUpdate) => reportValue(update, report);
      const { result, search } = await changeSearch(database, searchId, rule, reportReads([report]));
      return { ...result, search };
    },
    endOverdue: (id) => endOverdue(database, id),
    release: async (searchId, trials) => {
      const { result, search } = await changeSearch(database, searchId, (update) => release(update, trials, false));
      return { deliveries: result, search };
    },
    renew: (renewals, leaseSeconds) => again(() => renew(database, renewals, leaseSeconds)),
    reapExpired: () => reapExpired(database),
    deliveries: (searchId) => deliveries(database, searchId),
    countDeliveries: () => countDeliveries(database),
    claimNext: (usages, claimer) => claimNext(database, usages, claimer),
    underfilled: (window) => underfilled(database, window),
  };
}

async function create(
  database: Database,
  { specification, project, dataset, warnings, baselines, parent, idempotency }: NewSearch,
) {
  const id = randomUUID();
  const total = specification.budget.trials;
  const data = {
    id,
    name: specification.name,
    project,
    state: 'running',
    // Written as text below: Prisma takes tens of milliseconds for a thousand configurations.
    specification: {},
    dataset: dataset.name,
    datasetHash: dataset.hash,
    parentId: parent,
    warnings: warnings as Prisma.InputJsonArray,
    baselines: baselines as Prisma.InputJsonArray,
    total,
    eventSeq: 1,
    idempotencyKey: idempotency?.key ?? null,
    requestHash: idempotency?.requestHash ?? null,
    traceparent: currentSpan().traceparent ?? null,
    events: { create: { seq: 1, type: 'search.created', data: { total }, by: currentActor() } },
  };
  try {
    await database.$transaction(async (transaction) => {
      if (!(await holdDataset(transaction, dataset.name, dataset.hash))) {
        throw new Problem('notFound', `the data set ${dataset.name} was deleted meanwhile`);
      }
      await transaction.search.create({ data });
      await transaction.$executeRaw`
        UPDATE searches SET virtual_time = ${firstVirtualTime}, specification = ${JSON.stringify(specification)}::jsonb
        WHERE id = ${id}::uuid`;
      // After the search is written: one that was created with the same idempotency key is answered at the limit, too.
      await refuseTooManyOpen(transaction, project, id);
    });
  } catch (error) {
    const taken = error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2002';
    if (!taken || idempotency === undefined) throw error;
    const known = await database.search.findUniqueOrThrow({
      where: { project_idempotencyKey: { project, idempotencyKey: idempotency.key } },
    });
    if (known.requestHash !== idempotency.requestHash) {
      throw new Problem('idempotencyKeyReused', `search ${known.id} was created with this key and another body`);
    }
    return { search: await found(database, known.id), created: false };
  }
  return { search: await found(database, id), created: true };
}

async function found(database: Database, id: string): Promise<Search> {
  const [row] = await database.$queryRaw<SearchRow[]>`SELECT ${searchColumns} FROM searches WHERE id = ${id}::uuid`;
  if (row === undefined) throw new Problem('notFound', `there is no search ${id}`);
  return searchOf(row);
}

async function remove(database: Database, id: string): Promise<void> {
  const removed = await database.$queryRaw<unknown[]>`
    WITH gone AS (DELETE FROM searches WHERE id = ${id}::uuid RETURNING id, project)
    SELECT pg_notify(${PUB_SUB_CHANNEL}, json_build_object('kind', 'removed', 'project', project, 'searchId', id)::text)::text FROM gone`;
  if (removed.length === 0) throw new Problem('notFound', `there is no search ${id}`);
}
