/**
 * The newest events of each watched search, for all clients that watch it: as they are announced, or read from the store once.
 *
 * Events of a search become visible in order, so those after any position that is not older than the kept ones are the end of them. Retention may
 * remove some of a search that ended before they are read.
 */
import type { PubSub } from '../application/ports/messages.ts';
import type { SearchQueries } from '../application/ports/search-queries.ts';
import type { SearchEvent } from '../domain/events.ts';

const EVENTS_PER_READ = 500;
/** Clients that are further behind read the store themselves. */
const MAX_KEPT = 1000;

type Queries = Pick<SearchQueries, 'events'>;

export interface WatchedEvents {
  /** The next events after `after`, at most 500; none if there were none when it was called. */
  after(after: number): Promise<readonly SearchEvent[]>;
  /** Must be called at the end. */
  close(): void;
}

export interface SharedEvents {
  /** `seq`: a position of the search that was read from the store. */
  watch(searchId: string, seq: number): WatchedEvents;
}

/** `onEvents`: is told of the events of watched searches, once. */
export function shareEvents(
  queries: Queries,
  pubSub: Pick<PubSub, 'subscribe'>,
  onEvents: (events: readonly SearchEvent[]) => void,
): SharedEvents {
  const tails = new Map<string, Tail>();
  // Before any client does, so that they find the events that an announcement has.
  pubSub.subscribe((message) => {
    if (message.kind === 'changed' && message.events !== undefined) tails.get(message.searchId)?.add(message.events);
  });
  return {
    watch: (searchId, seq) => {
      const tail = tails.get(searchId) ?? new Tail(queries, searchId, seq, onEvents);
      tails.set(searchId, tail);
      tail.clients++;
      return {
        after: (after) => tail.after(after),
        close: () => {
          tail.clients--;
          if (tail.clients === 0) tails.delete(searchId);
        },
      };
    },
  };
}

/** The newest events of one search: those after `base`. */
class Tail {
  clients = 0;
  private events: SearchEvent[] = [];
  private reading: Promise<void> | undefined;
  private next: Promise<void> | undefined;
  private readonly queries: Queries;
  private readonly searchId: string;
  private readonly onEvents: (events: readonly SearchEvent[]) => void;
  private base: number;

  constructor(queries: Queries, searchId: string, seq: number, onEvents: Tail['onEvents']) {
    this.onEvents = onEvents;
    this.queries = queries;
    this.searchId = searchId;
    this.base = seq;
  }

  async after(after: number): Promise<readonly SearchEvent[]> {
    if (after < this.base) return this.queries.events(this.searchId, after, EVENTS_PER_READ);
    if (after >= this.newest()) await this.read();
    // Kept events may have been dropped meanwhile.
    if (after < this.base) return this.queries.events(this.searchId, after, EVENTS_PER_READ);
    // From the end, where most clients are.
    let first = this.events.length;
    while (first > 0 && this.events[first - 1]!.seq > after) first--;
    return this.events.slice(first, first + EVENTS_PER_READ);
  }

  /** The seq of the newest event that is known. */
  private newest(): number {
    return this.events.at(-1)?.seq ?? this.base;
  }

  /** A read under way may have begun before the newest event was written, so later calls share the read after it. */
  private read(): Promise<void> {
    if (this.reading === undefined) {
      this.reading = this.append().finally(() => {
        this.reading = undefined;
      });
      return this.reading;
    }
    this.next ??= this.reading
      .catch(() => undefined)
      .then(() => {
        this.next = undefined;
        return this.read();
      });
    return this.next;
  }

  private async append(): Promise<void> {
    this.keep(await this.queries.events(this.searchId, this.newest(), EVENTS_PER_READ));
  }

  /** Events without gaps between them. If some are missing before them, all are left to be read. */
  add(events: readonly SearchEvent[]): void {
    if (events.length > 0 && events[0]!.seq <= this.newest() + 1) this.keep(events);
  }

  private keep(events: readonly SearchEvent[]): void {
    // Some may have been announced while they were read.
    const newest = this.newest();
    const fresh = events.filter(({ seq }) => seq > newest);
    this.onEvents(fresh);
    this.events.push(...fresh);
    const surplus = Math.max(0, this.events.length - MAX_KEPT);
    this.base = this.events.splice(0, surplus).at(-1)?.seq ?? this.base;
  }
}
