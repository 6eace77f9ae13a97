/** Packs what is stored as jsonb of trials that have ended: pruned ones whose last curves are those of their pause, cancelled ones, and those of earlier versions. */
import { setTimeout } from 'node:timers/promises';
import { Prisma } from '../prisma-client/client.ts';
import type { Database } from './connection.ts';
import { type Measurements, measurementsOf, type PackedRow, pack } from './packed-trials.ts';

/** Trials of a statement. */
const BATCH = 200;
/** Between two batches, so that a large database is packed without being in anybody's way. */
const PAUSE_MS = 200;

export type MeasuredRow = PackedRow & {
  readonly search_id: string;
  readonly number: number;
  readonly attempt: number;
};

/** As the index trials_unpacked_idx says it. Trials of other tools have no job; their intermediate values are read by Postgres. */
const isUnpacked = Prisma.sql`curves IS NOT NULL AND job <> '' AND state IN ('complete', 'pruned', 'failed', 'cancelled')`;

/** Until there are none. */
export async function packEnded(database: Database, stopping: AbortSignal): Promise<void> {
  while (!stopping.aborted) {
    const rows = await database.$queryRaw<MeasuredRow[]>`
      SELECT search_id, number, attempt, curves, findings, packed FROM trials WHERE ${isUnpacked} LIMIT ${BATCH}::int`;
    await storePacked(database, rows, (measurements) => measurements);
    if (rows.length < BATCH) return;
    await setTimeout(PAUSE_MS, undefined, { signal: stopping }).catch(() => undefined);
  }
}

/** Stores what `change` makes of trials that have ended. One that is retried meanwhile has another attempt, and curves of its own. */
export async function storePacked(
  database: Database,
  rows: readonly MeasuredRow[],
  change: (measurements: Measurements) => Measurements,
): Promise<void> {
  if (rows.length === 0) return;
  const packed = rows.map(async ({ search_id, number, attempt, ...row }) => {
    const bytes = await pack(change(measurementsOf(row)));
    return { search_id, number, attempt, packed: bytes.toString('base64') };
  });
  await database.$executeRaw`
    UPDATE trials t SET curves = NULL, findings = '[]', packed = decode(r.packed, 'base64')
    FROM jsonb_to_recordset(${JSON.stringify(await Promise.all(packed))}::jsonb) AS r(search_id uuid, number int, attempt int, packed text)
    WHERE t.search_id = r.search_id AND t.number = r.number AND t.attempt = r.attempt
      AND t.state IN ('complete', 'pruned', 'failed', 'cancelled')`;
}
