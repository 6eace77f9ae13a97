/**
 * The events of searches as they are stored: a row each while a search runs, and in pages (packed-events.ts) once it has ended.
 * An event stands in one of the two, and moves in one transaction.
 */
import { setTimeout } from 'node:timers/promises';
import { eventsAlwaysKept, type Retained } from '../../domain/retention.ts';
import { Prisma } from '../prisma-client/client.ts';
import type { Database, Transaction } from './connection.ts';
import { type EventRow, packEvents, unpackEvents } from './packed-events.ts';

/** Of a page: events, and characters of their JSON, since a page is read as a whole. */
const PAGE = 1000;
const PAGE_CHARACTERS = 250_000;
/** A page with less packed bytes is packed again with the events that follow: each change of a search that ended long ago would be a page. */
const SMALL_BYTES = 20_000;
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

/** Packs the events of searches that have ended, until there are none. Throws the first error after all others are packed. */
export async function packEventsOfEnded(database: Database, stopping: AbortSignal): Promise<void> {
  const errors: unknown[] = [];
  const failed = new Set<string>();
  for (;;) {
    const searches = await database.$queryRaw<{ id: string }[]>`
      SELECT id FROM searches WHERE ${isPackable} AND id <> ALL(${[...failed]}::uuid[]) ORDER BY finished_at LIMIT ${SEARCHES}::int`;
    for (const { id } of searches) {
      try {
        await packSearch(database, id, stopping);
      } catch (error) {
        errors.push(error);
        failed.add(id);
      }
      if (stopping.aborted) return;
    }
    if (searches.length === SEARCHES) continue;
    if (errors.length > 0) throw errors[0];
    return;
  }
}

async function packSearch(database: Database, id: string, stopping: AbortSignal): Promise<void> {
  for (let more = true; more && !stopping.aborted; ) {
    more = await packPage(database, id);
    await setTimeout(PAUSE_MS, undefined, { signal: stopping }).catch(() => undefined);
  }
}

interface Packable {
  /** The number of the last event. */
  readonly seq: number;
  /** What an earlier pass of retention has removed. */
  readonly without: readonly Retained[];
}

interface StoredPage {
  readonly last_seq: number;
  readonly events: number;
  readonly packed: Uint8Array;
  readonly without: readonly Retained[];
}

/** Whether there may be more. The lock of the search keeps others from packing, changing or deleting it meanwhile. */
function packPage(database: Database, id: string): Promise<boolean> {
  return database.$pipeline(async (tx) => {
    const [search] = await tx.$queryRaw<Packable[]>`
      SELECT event_seq AS seq, array_remove(ARRAY[
        CASE WHEN events_removed_at >= finished_at THEN 'events' END, CASE WHEN audit_removed_at >= finished_at THEN 'audit' END
      ], NULL) AS without FROM searches WHERE id = ${id}::uuid AND ${isPackable} FOR NO KEY UPDATE`;
    if (search === undefined) return { last: false };
    const [newest] = await tx.$queryRaw<StoredPage[]>`
      SELECT last_seq, events, packed, without FROM event_pages WHERE search_id = ${id}::uuid ORDER BY last_seq DESC LIMIT 1`;
    const { rows, more } = await takeRows(tx, id, newest?.last_seq ?? 0);
    if (rows.length > 0) {
      const before = newest === undefined || !isSmall(newest, search) ? [] : unpackEvents(newest.packed);
      const grows = before.length > 0 && fitInAPage(before, rows);
      if (grows) await deletePage(tx, id, newest!.last_seq);
      const events = grows ? [...before, ...rows] : rows;
      await tx.$executeRaw`
        INSERT INTO event_pages (search_id, last_seq, events, packed, without)
        VALUES (${id}::uuid, ${events.at(-1)!.seq}::int, ${events.length}::int, ${await packEvents(events)}::bytea,
          ${[...search.without]}::text[])`;
    }
    if (more) return { last: true };
    const over = tx.$executeRaw`UPDATE searches SET events_packed = ${search.seq}::int WHERE id = ${id}::uuid`;
    return { last: over.then(() => false) };
  });
}

/** Whether the page may take in events that follow. */
function isSmall({ events, packed, without }: StoredPage, search: Packable): boolean {
  const isAlike = without.length === search.without.length && without.every((one) => search.without.includes(one));
  return isAlike && events < PAGE && packed.length < SMALL_BYTES;
}

function fitInAPage(some: readonly EventRow[], others: readonly EventRow[]): boolean {
  return some.length + others.length <= PAGE && JSON.stringify([some, others]).length <= PAGE_CHARACTERS;
}

function deletePage(tx: Transaction, id: string, last: number): Promise<number> {
  return tx.$executeRaw`DELETE FROM event_pages WHERE search_id = ${id}::uuid AND last_seq = ${last}::int`;
}

/** Deletes the rows of a page's events, the first ones after number `after`, and gives them in the order of their numbers. */
async function takeRows(
  tx: Transaction,
  id: string,
  after: number,
): Promise<{ readonly rows: readonly EventRow[]; readonly more: boolean }> {
  const [{ last, more }] = await tx.$queryRaw<[{ last: number | null; more: boolean }]>`
    SELECT max(seq) FILTER (WHERE before < ${PAGE_CHARACTERS}::int) AS last,
      count(*) = ${PAGE}::int OR coalesce(bool_or(before >= ${PAGE_CHARACTERS}::int), false) AS more
    FROM (
      SELECT seq, sum(characters) OVER (ORDER BY seq) - characters AS before FROM (
        SELECT seq, octet_length(data::text) AS characters FROM events
        WHERE search_id = ${id}::uuid AND seq > ${after}::int AND NOT ${staysRow} ORDER BY seq LIMIT ${PAGE}::int
      ) first
    ) summed`;
  if (last === null) return { rows: [], more };
  // Between two numbers: Postgres goes through the index once, however few rows it expects.
  const rows = await tx.$queryRaw<EventRow[]>`
    DELETE FROM events WHERE search_id = ${id}::uuid AND seq > ${after}::int AND seq <= ${last}::int AND NOT ${staysRow}
    RETURNING seq, type, data, at, by`;
  return { rows: rows.toSorted((a, b) => a.seq - b.seq), more };
}

export interface Removal {
  readonly kind: Retained;
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

/** As `removeRows`, of the pages of which it was not removed yet. */
function removeFromPage(
  database: Database,
  { kind, id, to, isRemoved }: Removal,
  after: number,
): Promise<number | undefined> {
  return database.$pipeline(async (tx) => {
    const [page] = await tx.$queryRaw<StoredPage[]>`
      SELECT last_seq, events, packed, without FROM event_pages
      WHERE search_id = ${id}::uuid AND last_seq > ${after}::int AND NOT ${kind}::text = ANY(without)
      ORDER BY last_seq LIMIT 1 FOR UPDATE`;
    if (page === undefined) return { last: undefined };
    const { last_seq: last, without } = page;
    const kept = unpackEvents(page.packed).filter((event) => event.seq > to || !isRemoved(event));
    if (kept.length === 0) await deletePage(tx, id, last);
    else
      await tx.$executeRaw`
        UPDATE event_pages SET events = ${kept.length}::int, packed = ${await packEvents(kept)}::bytea, without = ${[...without, kind]}::text[]
        WHERE search_id = ${id}::uuid AND last_seq = ${last}::int`;
    return { last };
  });
}

/** Of a search: whether it has pages of which retention has not removed this. */
export function hasPagesWith(kind: Retained): Prisma.Sql {
  return Prisma.sql`EXISTS (SELECT FROM event_pages p WHERE p.search_id = searches.id AND NOT ${kind}::text = ANY(p.without))`;
}
