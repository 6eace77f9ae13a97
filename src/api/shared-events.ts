/**
 * Reads the newest events of each watched search from the store once, whatever the number of clients that watch it.
 *
 * Events of a search become visible in order, so those after any position that is not older than the kept ones are the end of them. Retention may
 * remove some of a search that ended before they are read.
 */
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

/** `onRead`: is told of events that were read, once. */
export function shareEvents(queries: Queries, onRead: (events: readonly SearchEvent[]) => void): SharedEvents {
  const tails = new Map<string, Tail>();
  return {
    watch: (searchId, seq) => {
      const tail = tails.get(searchId) ?? new Tail(queries, searchId, seq, onRead);
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
  private readonly onRead: (events: readonly SearchEvent[]) => void;
  private base: number;

  constructor(queries: Queries, searchId: string, seq: number, onRead: Tail['onRead']) {
    this.onRead = onRead;
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

  /** The seq of the newest event that was read. */
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
    const next = await this.queries.events(this.searchId, this.newest(), EVENTS_PER_READ);
    this.onRead(next);
    this.events.push(...next);
    const surplus = Math.max(0, this.events.length - MAX_KEPT);
    this.base = this.events.splice(0, surplus).at(-1)?.seq ?? this.base;
  }
}
