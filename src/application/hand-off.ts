/**
 * Hands planned trials directly to workers of this process that have just finished one of the same search, bypassing the queue.
 *
 * With a sampler that learns, each result allows the next trial, and the worker that wrote the result is free to train it; delivery through
 * the queue would take longer than a tiny trial. Trials that no local worker takes within a short time go to the queue for all processes.
 */
import type { Claim, Claimer, Delivery } from '../domain/commands.ts';
import type { Search } from '../domain/search.ts';

/** A trial that was claimed in the transaction that added it, and its search at that time. */
export interface HandedOver {
  readonly search: Search;
  readonly claim: Claim;
}

/** The next work of a worker: a trial already claimed for it, or a delivery it may claim. */
export type Next = HandedOver | Delivery;

/** Held by a waiting worker, which must call one of the two methods. */
export interface WaitHandle {
  /** Resolves with the next work, or with undefined after a timeout. */
  next(): Promise<Next | undefined>;
  /** Stops waiting; resolves with a trial if one is already claimed for this worker. */
  cancel(): Promise<Next | undefined>;
}

/** Waiting workers that are kept until it is known which trials they get. */
export interface Reservation {
  /** The claimer for trials of the next transaction, and how many it may claim; undefined if no worker waits. */
  readonly claimer: (Claimer & { readonly count: number }) | undefined;
  /** Ends the reservation and hands over at most `count` trials. */
  fulfill(trials: readonly HandedOver[]): void;
}

export interface HandOff {
  /** A worker starts on a search; it must call the returned function when it stops. */
  enter(searchId: string): () => void;
  /** The worker is free for the next trial, or about to be. */
  wait(searchId: string): WaitHandle;
  reserve(searchId: string): Reservation;
  /** Offers deliveries of one search to its local workers first; those not taken go to the queue. */
  deliver(deliveries: readonly Delivery[]): Promise<void>;
}

interface Waiter {
  readonly resolve: (next: Next | undefined) => void;
  /** Whether it stops waiting as soon as it is not reserved. */
  cancelled: boolean;
}

/** The workers of this process that work on one search. */
interface WorkerGroup {
  workers: number;
  readonly waiting: Set<Waiter>;
  readonly offered: Delivery[];
}

/** How long a worker waits for results of parallel trials, and how long a delivery waits for a worker. */
const WAIT_MS = 50;

/** `claimer`: the worker of this process. `toQueue` never throws. */
export function createHandOff(
  claimer: Claimer,
  toQueue: (deliveries: readonly Delivery[]) => Promise<void>,
  waitMs = WAIT_MS,
): HandOff {
  const groups = new Map<string, WorkerGroup>();

  /** Deliveries not taken in time go to the queue. */
  const offer = (group: WorkerGroup, deliveries: readonly Delivery[]) => {
    for (const delivery of deliveries) {
      const [waiter] = group.waiting;
      if (waiter === undefined) group.offered.push(delivery);
      else waiter.resolve(delivery);
    }
    setTimeout(() => void toQueue(withdraw(group, deliveries)), waitMs).unref();
  };

  return {
    enter: (searchId) => {
      const group = groups.get(searchId) ?? { workers: 0, waiting: new Set(), offered: [] };
      groups.set(searchId, group);
      group.workers++;
      return () => {
        group.workers--;
        if (group.workers > 0) return;
        groups.delete(searchId);
        void toQueue(withdraw(group, group.offered));
      };
    },
    wait: (searchId) => {
      const group = groups.get(searchId);
      const offered = group?.offered.shift();
      if (group !== undefined && offered === undefined) return wait(group, waitMs);
      const next = () => Promise.resolve(offered);
      return { next, cancel: next };
    },
    reserve: (searchId) => {
      const group = groups.get(searchId);
      const reserved = [...(group?.waiting ?? [])];
      group?.waiting.clear();
      return {
        claimer: reserved.length === 0 ? undefined : { ...claimer, count: reserved.length },
        fulfill: (trials) => {
          trials.forEach((trial, i) => {
            reserved[i]!.resolve(trial);
          });
          for (const waiter of reserved.slice(trials.length)) {
            if (waiter.cancelled) waiter.resolve(undefined);
            else group!.waiting.add(waiter);
          }
        },
      };
    },
    deliver: async (deliveries) => {
      const [first] = deliveries;
      const group = first === undefined ? undefined : groups.get(first.searchId);
      if (group === undefined) await toQueue(deliveries);
      else offer(group, deliveries);
    },
  };
}

/** Removes the deliveries from the offered ones; returns those that were still offered. */
function withdraw({ offered }: WorkerGroup, deliveries: readonly Delivery[]): Delivery[] {
  const left = offered.filter((delivery) => deliveries.includes(delivery));
  offered.splice(0, offered.length, ...offered.filter((delivery) => !left.includes(delivery)));
  return left;
}

function wait({ waiting }: WorkerGroup, waitMs: number): WaitHandle {
  let timer: NodeJS.Timeout | undefined;
  let resolve: Waiter['resolve'] = () => undefined;
  const next = new Promise<Next | undefined>((done) => {
    resolve = (value) => {
      clearTimeout(timer);
      waiting.delete(waiter);
      done(value);
    };
  });
  const waiter: Waiter = { cancelled: false, resolve };
  const cancel = () => {
    waiter.cancelled = true;
    // A reserved waiter is resolved by its reservation.
    if (waiting.has(waiter)) resolve(undefined);
    return next;
  };
  waiting.add(waiter);
  return {
    next: () => {
      timer = setTimeout(() => void cancel(), waitMs);
      return next;
    },
    cancel,
  };
}
