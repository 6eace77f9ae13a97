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
import { again, changeSearch } from './change-search.ts';
import { claimNext } from './claim-next.ts';
import type { Database, Transaction } from './connection.ts';
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

/** As Postgres names errors (appendix A). */
const UNIQUE_VIOLATION = '23505';

async function create(database: Database, search: NewSearch): ReturnType<SearchStore['create']> {
  try {
    return { search: await database.$pipeline((tx) => insert(tx, search)), created: true };
  } catch (error) {
    const { project, idempotency } = search;
    const isTaken = error instanceof Error && 'code' in error && error.code === UNIQUE_VIOLATION;
    if (!isTaken || idempotency === undefined) throw error;
    const [known] = await database.$queryRaw<(SearchRow & { readonly request_hash: string | null })[]>`
      SELECT ${searchColumns}, request_hash FROM searches WHERE project = ${project} AND idempotency_key = ${idempotency.key}`;
    if (known === undefined) throw error;
    if (known.request_hash !== idempotency.requestHash) {
      throw new Problem('idempotencyKeyReused', `search ${known.id} was created with this key and another body`);
    }
    return { search: searchOf(known), created: false };
  }
}

async function insert(
  tx: Transaction,
  { specification, project, dataset, warnings, baselines, parent, idempotency }: NewSearch,
): Promise<{ readonly last: Promise<Search> }> {
  if (!(await holdDataset(tx, dataset.name, dataset.hash))) {
    throw new Problem('notFound', `the data set ${dataset.name} was deleted meanwhile`);
  }
  const id = randomUUID();
  const { name, budget } = specification;
  const [row] = await tx.$queryRaw<[SearchRow]>`
    INSERT INTO searches (id, name, project, state, specification, dataset, dataset_hash, parent_id, warnings, baselines, total, event_seq,
      virtual_time, idempotency_key, request_hash, traceparent)
    VALUES (${id}::uuid, ${name}, ${project}, 'running', ${JSON.stringify(specification)}::jsonb, ${dataset.name}, ${dataset.hash},
      ${parent}::uuid, ${JSON.stringify(warnings)}::jsonb, ${JSON.stringify(baselines)}::jsonb, ${budget.trials}::int, 1,
      ${firstVirtualTime}, ${idempotency?.key ?? null}, ${idempotency?.requestHash ?? null}, ${currentSpan().traceparent ?? null})
    RETURNING ${searchColumns}`;
  // After the search is written: one that was created with the same idempotency key is answered at the limit, too.
  await refuseTooManyOpen(tx, project, id);
  const logged = tx.$executeRaw`
    INSERT INTO events (search_id, seq, type, data, by)
    VALUES (${id}::uuid, 1, 'search.created', ${JSON.stringify({ total: budget.trials })}::jsonb, ${currentActor()}::text)`;
  return { last: logged.then(() => searchOf(row)) };
}

async function remove(database: Database, id: string): Promise<void> {
  const removed = await database.$queryRaw<unknown[]>`
    WITH gone AS (DELETE FROM searches WHERE id = ${id}::uuid RETURNING id, project)
    SELECT pg_notify(${PUB_SUB_CHANNEL}, json_build_object('kind', 'removed', 'project', project, 'searchId', id)::text)::text FROM gone`;
  if (removed.length === 0) throw new Problem('notFound', `there is no search ${id}`);
}
