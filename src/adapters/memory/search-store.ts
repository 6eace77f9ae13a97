/**
 * A store in memory with the same rules as the Postgres store, for tests. It has no persistence and no notifications.
 */
import { randomUUID } from 'node:crypto';
import type { NewSearch, SearchStore } from '../../application/ports/search-store.ts';
import type { FoldCurves } from '../../compute/trial.ts';
import type { Delivery, ReturnedTrial } from '../../domain/commands.ts';
import { isConfirming } from '../../domain/confirmation.ts';
import type { Change } from '../../domain/events.ts';
import { FIRST_RUN } from '../../domain/runs.ts';
import { isOpen, type Search } from '../../domain/search.ts';
import { annotateTrials } from '../../domain/transitions/annotating.ts';
import { claim, release } from '../../domain/transitions/claiming.ts';
import { deliveriesOf, isWithheld } from '../../domain/transitions/deliveries.ts';
import { endIfOverdue } from '../../domain/transitions/ending.ts';
import { bestOf, type Facts, meets } from '../../domain/transitions/facts.ts';
import { finish } from '../../domain/transitions/finishing.ts';
import { addTrials } from '../../domain/transitions/planning.ts';
import { pauseAtRungs, reportValue } from '../../domain/transitions/rungs.ts';
import { changeSettings, changeState } from '../../domain/transitions/search-actions.ts';
import { SearchUpdate, type SearchWrites } from '../../domain/transitions/search-update.ts';
import { actOnTrial } from '../../domain/transitions/trial-actions.ts';
import { patched, type TrialRecord } from '../../domain/transitions/trial-record.ts';
import { TURN_SMOOTHING, UNKNOWN_TURN_SECONDS } from '../../domain/turns.ts';
import { Problem } from '../../errors.ts';

interface StoredTrial {
  record: TrialRecord;
  worker: string | null;
  leaseUntil: number | null;
  curves: readonly FoldCurves[] | null;
}

interface StoredSearch {
  search: Search;
  historyVersion: number;
  /** By number, in the order in which they were added. */
  readonly trials: Map<number, StoredTrial>;
  readonly events: (Change & { readonly seq: number })[];
  /** By epoch, then by trial. */
  readonly reports: Map<number, Map<number, number | null>>;
  readonly checkpoints: Map<number, Uint8Array>;
  /** Seconds that threads worked on it, divided by its share. */
  virtualTime: number;
  turnSeconds: number | undefined;
  readonly idempotency: NewSearch['idempotency'];
  /** Resolves when the current change has ended. */
  lock: Promise<unknown>;
}

export interface MemoryStore extends SearchStore {
  find(id: string): Search | undefined;
  /** By number. */
  trials(id: string): readonly TrialRecord[];
  events(id: string): readonly (Change & { readonly seq: number })[];
}

/** `clock`: milliseconds since 1970. */
export function createMemoryStore(clock: () => number = Date.now): MemoryStore {
  const searches = new Map<string, StoredSearch>();

  const stored = (id: string): StoredSearch => {
    const found = searches.get(id);
    if (found === undefined) throw new Problem('notFound', `there is no search ${id}`);
    return found;
  };

  /** Serializes changes of a search, like the row lock in Postgres. */
  const change = async <T>(id: string, rule: (update: SearchUpdate) => T | Promise<T>) => {
    const entry = stored(id);
    const changed = entry.lock.then(async () => {
      if (!searches.has(id)) throw new Problem('notFound', `there is no search ${id}`);
      const update = new SearchUpdate(entry.search, factsOf(entry, clock()));
      const result = await rule(update);
      const begins = entry.search.state !== 'running' && update.search.state === 'running';
      if (begins) entry.virtualTime = firstVirtualTime(searches);
      apply(entry, update.search, update.writes, clock());
      return { result, search: entry.search };
    });
    entry.lock = changed.catch(() => undefined);
    return changed;
  };

  const waiting = (id?: string): readonly Delivery[] =>
    [...searches.values()]
      .filter(({ search }) => search.state === 'running' && (id === undefined || search.id === id))
      .flatMap((entry) => {
        const { search } = entry;
        const due = inOrder(entry).filter(({ record: { state, job } }) => {
          return state === 'waiting' && (search.trials.running === 0 || !isWithheld(job));
        });
        return deliveriesOf(
          search.id,
          due.map(({ record }) => record),
        );
      });

  return {
    find: (id) => searches.get(id)?.search,
    trials: (id) => inOrder(stored(id)).map(({ record }) => record),
    events: (id) => stored(id).events,

    create: async (search) => {
      const { idempotency, project } = search;
      const known = [...searches.values()].find(
        (one) => idempotency && one.search.project === project && one.idempotency?.key === idempotency.key,
      );
      if (known !== undefined && known.idempotency?.requestHash !== idempotency?.requestHash) {
        const message = `search ${known.search.id} was created with this key and another body`;
        throw new Problem('idempotencyKeyReused', message);
      }
      if (known !== undefined) return { search: known.search, created: false };
      const entry = newEntry(search, clock());
      entry.virtualTime = firstVirtualTime(searches);
      searches.set(entry.search.id, entry);
      return { search: entry.search, created: true };
    },
    transition: async (id, to) => (await change(id, (update) => changeState(update, to))).search,
    change: async (id, asked) => {
      const { result, search } = await change(id, (update) => changeSettings(update, asked));
      return { deliveries: result, search };
    },
    remove: async (id) => {
      stored(id);
      searches.delete(id);
    },
    actOnTrial: async (id, number, act) => {
      const { result, search } = await change(id, (update) => actOnTrial(update, number, act));
      return { deliveries: result, search };
    },
    annotateTrials: async (id, numbers, annotation) => {
      const { result, search } = await change(id, (update) => annotateTrials(update, numbers, annotation));
      return { changed: result, search };
    },
    history: async (id, from, firstRung) => {
      const entry = stored(id);
      const { search, historyVersion, reports } = entry;
      const atRung = firstRung === undefined ? undefined : reports.get(firstRung);
      const trials = inOrder(entry).filter(({ record: { number } }) => number >= from && number < FIRST_RUN);
      const known = trials.map(({ record: { number, state, point, value, epochs } }) => {
        const trial = { number, state, point, value, epochs };
        return atRung?.has(number) ? { ...trial, firstRung: { value: atRung.get(number) ?? null } } : trial;
      });
      return { version: historyVersion, seq: search.seq, trials: known };
    },
    addTrials: async (id, plan) => {
      const { result, search } = await change(id, (update) => addTrials(update, plan));
      return { ...result, search };
    },
    claim: async (delivery, claimer) => {
      const { result, search } = await change(delivery.searchId, (update) => claim(update, delivery, claimer));
      return { claims: result, search, isRunningLimited: false };
    },
    finish: async (id, results, next) => {
      const { result, search } = await change(id, (update) => finish(update, results, next));
      return { ...result, search };
    },
    pauseAtRungs: async (id, reports) => {
      const { result, search } = await change(id, (update) => pauseAtRungs(update, reports));
      return { deliveries: result, search };
    },
    reportValue: async (id, report) => {
      const { result, search } = await change(id, (update) => reportValue(update, report));
      return { ...result, search };
    },
    endOverdue: async (id) => {
      const ids = id === undefined ? [...searches.keys()] : [id];
      for (const one of ids) await change(one, endIfOverdue);
    },
    release: async (id, returned) => {
      const { result, search } = await change(id, (update) => release(update, returned, false));
      return { deliveries: result, search };
    },
    renew: async (renewals, leaseSeconds) =>
      renewals.filter(({ searchId, number, attempt, curves }) => {
        const trial = searches.get(searchId)?.trials.get(number);
        if (trial?.record.state !== 'running' || trial.record.attempt !== attempt) return true;
        trial.leaseUntil = clock() + leaseSeconds * 1000;
        if (curves === undefined) return false;
        trial.record = { ...trial.record, epochs: curves.epochs };
        trial.curves = curves.folds;
        return false;
      }),
    reapExpired: async () => {
      const back: Delivery[] = [];
      for (const [id, entry] of searches) {
        const expired = inOrder(entry).filter(
          ({ record, leaseUntil }) => record.state === 'running' && leaseUntil! < clock(),
        );
        const returned = expired.map(({ record: { number, attempt }, worker }): ReturnedTrial => {
          return { number, attempt, reason: `the lease of worker ${worker} ran out`, how: 'crashed' };
        });
        if (returned.length > 0) back.push(...(await change(id, (update) => release(update, returned, true))).result);
      }
      return back;
    },
    deliveries: async (id) => waiting(id),
    countDeliveries: async () => waiting().length,
    claimNext: async (usages, claimer) => {
      for (const { searchId, seconds, turns } of usages) {
        const entry = searches.get(searchId);
        if (entry === undefined) continue;
        entry.virtualTime = Math.max(entry.virtualTime, leastWaiting(searches) ?? 0) + seconds / shareOf(entry);
        const known = entry.turnSeconds ?? seconds / turns;
        entry.turnSeconds = known + TURN_SMOOTHING * (seconds / turns - known);
      }
      const waitingSearches = [...searches.values()].flatMap((entry) => {
        const [delivery] = waiting(entry.search.id);
        return delivery === undefined ? [] : [{ entry, delivery }];
      });
      const known = waitingSearches.flatMap(({ entry }) => entry.turnSeconds ?? []);
      const average = known.length > 0 ? known.reduce((a, b) => a + b) / known.length : UNKNOWN_TURN_SECONDS;
      const ahead = ({ entry }: { readonly entry: StoredSearch }) =>
        entry.virtualTime + (turnsOf(entry) * (entry.turnSeconds ?? average)) / shareOf(entry);
      const remaining = ({ entry }: { readonly entry: StoredSearch }) => {
        const { total, complete, pruned, failed, cancelled } = entry.search.trials;
        return total - complete - pruned - failed - cancelled;
      };
      const [first] = waitingSearches.toSorted((a, b) => ahead(a) - ahead(b) || remaining(a) - remaining(b));
      if (first === undefined) return { claimed: undefined, searches: 0 };
      const { delivery } = first;
      const { result, search } = await change(delivery.searchId, (update) => claim(update, delivery, claimer));
      return { claimed: { claims: result, search, isRunningLimited: false }, searches: waitingSearches.length };
    },
    underfilled: async (window) =>
      [...searches.values()]
        .map(({ search }) => search)
        .filter(({ state, trials, confirmation }) => {
          const isOpen = state === 'running' && !isConfirming({ confirmation });
          return isOpen && trials.planned < trials.total && trials.waiting < window;
        })
        .map(({ id }) => id),
  };
}

function shareOf({ search }: StoredSearch): number {
  return search.specification.share ?? 1;
}

/** Deliveries in progress. */
function turnsOf(entry: StoredSearch): number {
  const running = [...entry.trials.values()].filter(({ record }) => record.state === 'running');
  return new Set(running.map(({ record }) => record.job)).size;
}

function leastWaiting(searches: ReadonlyMap<string, StoredSearch>, counter: 'waiting' | 'running' = 'waiting') {
  const of = [...searches.values()].filter(({ search }) => search.state === 'running' && search.trials[counter] > 0);
  return of.length === 0 ? undefined : Math.min(...of.map(({ virtualTime }) => virtualTime));
}

/** Where a search starts that begins to run. */
function firstVirtualTime(searches: ReadonlyMap<string, StoredSearch>): number {
  return leastWaiting(searches) ?? leastWaiting(searches, 'running') ?? 0;
}

function newEntry(
  { specification, project, dataset, parent, warnings, baselines, idempotency }: NewSearch,
  now: number,
): StoredSearch {
  const { trials: total } = specification.budget;
  const search: Search = {
    ...{
      id: randomUUID(),
      name: specification.name,
      project,
      state: 'running',
      specification,
      warnings: [...warnings],
      parent,
    },
    dataset: { name: dataset.name, hash: dataset.hash },
    trials: {
      ...{ total, planned: 0, waiting: 0, running: 0, paused: 0 },
      ...{ complete: 0, pruned: 0, failed: 0, cancelled: 0, diverged: 0 },
    },
    ...{
      best: null,
      improvements: [],
      baselines,
      found: {},
      stages: [],
      epochs: 0,
      endedBy: null,
      seq: 1,
      failure: null,
      notes: '',
      tags: [],
    },
    ...{
      createdAt: new Date(now).toISOString(),
      finishedAt: null,
      removed: { signals: null, curves: null, events: null, audit: null },
    },
  };
  return {
    ...{
      search,
      historyVersion: 0,
      virtualTime: 0,
      turnSeconds: undefined,
      trials: new Map(),
      idempotency,
      lock: Promise.resolve(),
    },
    events: [{ seq: 1, type: 'search.created', data: { total } }],
    ...{ reports: new Map(), checkpoints: new Map() },
  };
}

function inOrder({ trials }: StoredSearch): StoredTrial[] {
  return [...trials.values()].sort((a, b) => a.record.number - b.record.number);
}

function factsOf(entry: StoredSearch, now: number): Facts {
  const { search, historyVersion, trials, events, reports, checkpoints } = entry;
  return {
    now,
    historyVersion,
    isRunningLimited: false,
    roomForTrials: async () => Number.POSITIVE_INFINITY,
    trials: async (query) =>
      inOrder(entry)
        .filter(({ record }) => meets(record, query))
        .slice(0, query.limit)
        .map(({ record, leaseUntil }) => ({ ...record, leaseExpired: leaseUntil !== null && leaseUntil < now })),
    best: async (stage, limit) => {
      const records = inOrder(entry).map(({ record }) => record);
      return bestOf(records, stage, limit, search.specification.objective.direction);
    },
    curves: async (numbers) => new Map(numbers.map((number) => [number, trials.get(number)!.curves ?? []])),
    checkpoints: async (numbers) => new Map([...checkpoints].filter(([number]) => numbers.includes(number))),
    reports: async ({ epochs, from, to, except, onlyComplete }) =>
      [...(reports.get(epochs) ?? [])].flatMap(([number, value]) => {
        const counts = !onlyComplete || trials.get(number)!.record.state === 'complete';
        return value !== null && number >= from && number < to && number !== except && counts ? [value] : [];
      }),
    cancelledByHand: async () =>
      events.flatMap((event) => (event.type === 'trial.cancelled' ? [event.data.number] : [])),
  };
}

function apply(entry: StoredSearch, after: Search, writes: SearchWrites, now: number): void {
  const { trials, events, reports, checkpoints } = entry;
  const { seq } = entry.search;
  for (const { claimedBy, number, stage, point, job, confirms } of writes.newTrials) {
    const state = claimedBy === undefined ? 'waiting' : 'running';
    const record: TrialRecord = {
      ...{ number, stage, point, job, state, attempt: claimedBy === undefined ? 0 : 1, failures: 0, rung: 0 },
      ...{ value: null, epochs: 0, found: [], notes: '', tags: [], durationMs: null, leaseExpired: false, confirms },
    };
    const leaseUntil = claimedBy === undefined ? null : now + claimedBy.leaseSeconds * 1000;
    trials.set(number, { record, worker: claimedBy?.worker ?? null, leaseUntil, curves: null });
  }
  for (const [number, patch] of writes.trials) {
    const trial = trials.get(number)!;
    const { worker, leaseSeconds, curves } = patch;
    trial.record = patched(trial.record, patch);
    if (worker !== undefined) trial.worker = worker;
    if (curves !== undefined) trial.curves = curves;
    if (leaseSeconds !== undefined) trial.leaseUntil = leaseSeconds === null ? null : now + leaseSeconds * 1000;
  }
  for (const { number, epochs, value } of writes.reports) {
    const atEpochs = reports.get(epochs) ?? new Map<number, number | null>();
    if (!atEpochs.has(number)) atEpochs.set(number, value);
    reports.set(epochs, atEpochs);
  }
  for (const [number, bytes] of writes.checkpoints.put) checkpoints.set(number, bytes);
  const { remove } = writes.checkpoints;
  for (const number of remove === 'all' ? [...checkpoints.keys()] : remove) checkpoints.delete(number);
  if (writes.events.length === 0) return;
  events.push(...writes.events.map((event, i) => ({ ...event, seq: seq + 1 + i })));
  if (writes.renewsHistory) entry.historyVersion++;
  const finishedAt = isOpen(after.state) ? null : (entry.search.finishedAt ?? new Date(now).toISOString());
  entry.search = { ...after, finishedAt };
}
