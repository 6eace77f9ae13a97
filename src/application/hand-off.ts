/**
 * Brings planned trials to workers of this process that have just ended one of the same search, past the queue.
 *
 * Where a sampler learns, a result decides the next trial at once, and whoever wrote the result is free to train it: the way through the queue
 * would take longer than a tiny trial. What nobody here takes for a moment goes to the queue, where every process may take it.
 */
import type { Claim, Claimer, Delivery } from '../domain/commands.ts';
import type { Search } from '../domain/search.ts';

/** A trial that was claimed as it was added, and its search at that moment. */
export interface HandedOver {
  readonly search: Search;
  readonly claim: Claim;
}

/** What a worker goes on with: a trial that is its own already, or one that it may claim. */
export type Next = HandedOver | Delivery;

/** Of a worker among those that wait. It is to be left by one of the two. */
export interface Place {
  /** What the worker goes on with, or undefined if there is nothing for a while. */
  next(): Promise<Next | undefined>;
  /** The same without waiting: only what is its own already. */
  leave(): Promise<Next | undefined>;
}

/** Workers that stay until it is known what they get. */
export interface Reservation {
  /** In whose name trials may be claimed as they are added, and how many; undefined where nobody waits. */
  readonly claimer: (Claimer & { readonly count: number }) | undefined;
  /** Ends the reservation. At most `count` trials. */
  give(trials: readonly HandedOver[]): void;
}

export interface HandOff {
  /** A worker begins with a search; it is to call what this returns when it ends. */
  enter(searchId: string): () => void;
  /** That worker is, or is about to be, free for a next trial. */
  wait(searchId: string): Place;
  reserve(searchId: string): Reservation;
  /** Offers deliveries of one search to its workers, and what they do not take to the queue. */
  deliver(deliveries: readonly Delivery[]): Promise<void>;
}

interface Waiter {
  readonly resolve: (next: Next | undefined) => void;
  /** Whether it goes as soon as it is not reserved. */
  late: boolean;
}

/** The workers of this process that are busy with one search. */
interface Room {
  workers: number;
  readonly waiting: Set<Waiter>;
  readonly offered: Delivery[];
}

/** So long a worker waits for the results of others that run beside it, and a delivery for a worker. */
const PATIENCE_MS = 50;

/** `claimer`: the worker of this process. `toQueue` never throws. */
export function createHandOff(
  claimer: Claimer,
  toQueue: (deliveries: readonly Delivery[]) => Promise<void>,
  patienceMs = PATIENCE_MS,
): HandOff {
  const rooms = new Map<string, Room>();

  /** What is left of them after a while goes to the queue. */
  const offer = (room: Room, deliveries: readonly Delivery[]) => {
    for (const delivery of deliveries) {
      const [waiter] = room.waiting;
      if (waiter === undefined) room.offered.push(delivery);
      else waiter.resolve(delivery);
    }
    setTimeout(() => void toQueue(withdraw(room, deliveries)), patienceMs).unref();
  };

  return {
    enter: (searchId) => {
      const room = rooms.get(searchId) ?? { workers: 0, waiting: new Set(), offered: [] };
      rooms.set(searchId, room);
      room.workers++;
      return () => {
        room.workers--;
        if (room.workers > 0) return;
        rooms.delete(searchId);
        void toQueue(withdraw(room, room.offered));
      };
    },
    wait: (searchId) => {
      const room = rooms.get(searchId);
      const offered = room?.offered.shift();
      if (room !== undefined && offered === undefined) return wait(room, patienceMs);
      const next = () => Promise.resolve(offered);
      return { next, leave: next };
    },
    reserve: (searchId) => {
      const room = rooms.get(searchId);
      const reserved = [...(room?.waiting ?? [])];
      room?.waiting.clear();
      return {
        claimer: reserved.length === 0 ? undefined : { ...claimer, count: reserved.length },
        give: (trials) => {
          trials.forEach((trial, i) => {
            reserved[i]!.resolve(trial);
          });
          for (const waiter of reserved.slice(trials.length)) {
            if (waiter.late) waiter.resolve(undefined);
            else room!.waiting.add(waiter);
          }
        },
      };
    },
    deliver: async (deliveries) => {
      const [first] = deliveries;
      const room = first === undefined ? undefined : rooms.get(first.searchId);
      if (room === undefined) await toQueue(deliveries);
      else offer(room, deliveries);
    },
  };
}

/** Those of the deliveries that are still on offer, which they are no more. */
function withdraw({ offered }: Room, deliveries: readonly Delivery[]): Delivery[] {
  const left = offered.filter((delivery) => deliveries.includes(delivery));
  offered.splice(0, offered.length, ...offered.filter((delivery) => !left.includes(delivery)));
  return left;
}

function wait({ waiting }: Room, patienceMs: number): Place {
  let timer: NodeJS.Timeout | undefined;
  let resolve: Waiter['resolve'] = () => undefined;
  const next = new Promise<Next | undefined>((done) => {
    resolve = (value) => {
      clearTimeout(timer);
      waiting.delete(waiter);
      done(value);
    };
  });
  const waiter: Waiter = { late: false, resolve };
  const leave = () => {
    waiter.late = true;
    // One that is reserved learns from the reservation what it gets.
    if (waiting.has(waiter)) resolve(undefined);
    return next;
  };
  waiting.add(waiter);
  return {
    next: () => {
      timer = setTimeout(() => void leave(), patienceMs);
      return next;
    },
    leave,
  };
}
