/**
 * The events of searches as they are stored: a row each while a search runs, and in pages of up to a thousand (packed-events.ts) once it has ended.
 * An event stands in one of the two, and moves in one transaction.
 */
import { setTimeout } from 'node:timers/promises';
import { eventsAlwaysKept } from '../../domain/retention.ts';
import { Prisma } from '../prisma-client/client.ts';
import type { Database } from './connection.ts';
import { type EventRow, packEvents, unpackEvents } from './packed-events.ts';

const PAGE = 1000;
/** After the end of a search: those who watch it have read its last events, and one that goes on at once is not packed in between. */
const AFTER_MINUTES = 10;
/** Searches that are looked up at once. */
const SEARCHES = 20;
/** Between two pages, so that a large database is packed without being in anybody's way. */
const PAUSE_MS = 50;

const isPackable = Prisma.sql`state IN ('complete', 'failed', 'cancelled') AND events_packed < event_seq
  AND finished_at < now() - ${AFTER_MINUTES}::float8 * interval '1 minute'`;
/** Those that SQL looks for stay rows (trial-facts.ts). They are few. */
const staysRow = Prisma.sql`type = ANY(${[...eventsAlwaysKept]}::text[])`;

/** At most `limit` events after number `after`, in the order of their numbers. */
export async function readEvents(
  database: Database,
  id: string,
  after: number,
  limit: number,
): Promise<readonly EventRow[]> {
  const rows = await database.$queryRaw<(EventRow & { readonly has_pages: boolean })[]>`
    SELECT seq, type, data, at, by, EXISTS (
      SELECT FROM event_pages WHERE search_id = ${id}::uuid AND last_seq > ${after}::int
    ) AS has_pages FROM events WHERE search_id = ${id}::uuid AND seq > ${after}::int ORDER BY seq LIMIT ${limit}::int`;
  const isWhole = rows.length > 0 && !rows[0]!.has_pages;
  return isWhole ? rows : readWithPages(database, id, after, limit);
}

type PageOrRow = EventRow & { readonly packed: Uint8Array | null };

async function readWithPages(database: Database, id: string, after: number, limit: number): Promise<EventRow[]> {
  const events: EventRow[] = [];
  while (events.length < limit) {
    // In one statement, so that an event that moves meanwhile is read once.
    const found = await database.$queryRaw<PageOrRow[]>`
      (SELECT last_seq AS seq, '' AS type, NULL::jsonb AS data, NULL::timestamptz AS at, NULL::text AS by, packed FROM event_pages
        WHERE search_id = ${id}::uuid AND last_seq > ${after}::int ORDER BY last_seq LIMIT 1)
      UNION ALL
      (SELECT seq, type, data, at, by, NULL::bytea FROM events
        WHERE search_id = ${id}::uuid AND seq > ${after}::int ORDER BY seq LIMIT ${limit}::int)`;
    const page = found.find(({ packed }) => packed !== null);
    const rows = found.filter(({ packed }) => packed === null).map(({ packed: _, ...row }) => row);
    if (page === undefined) {
      events.push(...rows);
      break;
    }
    const from = after;
    const packed = unpackEvents(page.packed!).filter(({ seq }) => seq > from);
    const between = rows.filter(({ seq }) => seq < page.seq);
    events.push(...[...packed, ...between].sort((a, b) => a.seq - b.seq));
    after = page.seq;
  }
  return events.slice(0, limit);
}

/** Packs the events of searches that have ended, until there are none. */
export async function packEventsOfEnded(database: Database, stopping: AbortSignal): Promise<void> {
  for (;;) {
    const searches = await database.$queryRaw<{ id: string }[]>`
      SELECT id FROM searches WHERE ${isPackable} ORDER BY finished_at LIMIT ${SEARCHES}::int`;
    for (const { id } of searches) {
      for (let more = true; more; ) {
        if (stopping.aborted) return;
        more = await packPage(database, id);
        await setTimeout(PAUSE_MS, undefined, { signal: stopping }).catch(() => undefined);
      }
    }
    if (searches.length < SEARCHES) return;
  }
}

/** Whether there may be more. The lock of the search keeps others from packing, changing or deleting it meanwhile. */
function packPage(database: Database, id: string): Promise<boolean> {
  return database.$pipeline(async (tx) => {
    const [search] = await tx.$queryRaw<{ event_seq: number }[]>`
      SELECT event_seq FROM searches WHERE id = ${id}::uuid AND ${isPackable} FOR NO KEY UPDATE`;
    if (search === undefined) return { last: false };
    const moved = await tx.$queryRaw<EventRow[]>`
      DELETE FROM events WHERE search_id = ${id}::uuid AND seq IN (
        SELECT seq FROM events WHERE search_id = ${id}::uuid AND NOT ${staysRow} ORDER BY seq LIMIT ${PAGE}::int
      ) RETURNING seq, type, data, at, by`;
    const events = moved.toSorted((a, b) => a.seq - b.seq);
    if (events.length > 0) {
      await tx.$executeRaw`
        INSERT INTO event_pages (search_id, last_seq, events, packed)
        VALUES (${id}::uuid, ${events.at(-1)!.seq}::int, ${events.length}::int, ${await packEvents(events)}::bytea)`;
    }
    const more = events.length === PAGE;
    const last = more
      ? undefined
      : tx.$executeRaw`UPDATE searches SET events_packed = ${search.event_seq}::int WHERE id = ${id}::uuid`;
    return { last: Promise.resolve(last).then(() => more) };
  });
}

export interface Removal {
  readonly id: string;
  /** The number of the last event that may be removed. */
  readonly to: number;
  readonly isRemoved: (event: Pick<EventRow, 'type' | 'by'>) => boolean;
}

/** In batches; what is left when `stopping` is aborted stays. */
export async function removeEvents(database: Database, removal: Removal, stopping: AbortSignal): Promise<void> {
  for (let after: number | undefined = 0; after !== undefined && !stopping.aborted; )
    after = await removeRows(database, removal, after);
  for (let after: number | undefined = 0; after !== undefined && !stopping.aborted; )
    after = await removeFromPage(database, removal, after);
}

/** The number of the last row that was looked at; undefined after the last one. */
async function removeRows(
  database: Database,
  { id, to, isRemoved }: Removal,
  after: number,
): Promise<number | undefined> {
  const rows = await database.$queryRaw<Pick<EventRow, 'seq' | 'type' | 'by'>[]>`
    SELECT seq, type, by FROM events WHERE search_id = ${id}::uuid AND seq > ${after}::int AND seq <= ${to}::int
    ORDER BY seq LIMIT ${PAGE}::int`;
  const removed = rows.filter(isRemoved).map(({ seq }) => seq);
  if (removed.length > 0)
    await database.$executeRaw`DELETE FROM events WHERE search_id = ${id}::uuid AND seq = ANY(${removed}::int[])`;
  return rows.at(-1)?.seq;
}

/** As `removeRows`. */
function removeFromPage(
  database: Database,
  { id, to, isRemoved }: Removal,
  after: number,
): Promise<number | undefined> {
  return database.$pipeline(async (tx) => {
    const [page] = await tx.$queryRaw<{ last_seq: number; packed: Uint8Array }[]>`
      SELECT last_seq, packed FROM event_pages WHERE search_id = ${id}::uuid AND last_seq > ${after}::int
      ORDER BY last_seq LIMIT 1 FOR UPDATE`;
    if (page === undefined) return { last: undefined };
    const { last_seq: last } = page;
    const events = unpackEvents(page.packed);
    const kept = events.filter((event) => event.seq > to || !isRemoved(event));
    if (kept.length === 0) {
      await tx.$executeRaw`DELETE FROM event_pages WHERE search_id = ${id}::uuid AND last_seq = ${last}::int`;
    } else if (kept.length < events.length) {
      await tx.$executeRaw`
        UPDATE event_pages SET events = ${kept.length}::int, packed = ${await packEvents(kept)}::bytea
        WHERE search_id = ${id}::uuid AND last_seq = ${last}::int`;
    }
    return { last };
  });
}
