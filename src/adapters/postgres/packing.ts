/** Packs what is stored as jsonb of trials that have ended: pruned ones whose last curves are those of their pause, cancelled ones, and those of earlier versions. */
import { setTimeout } from 'node:timers/promises';
import { inTurns } from '../../application/in-turns.ts';
import { Prisma } from '../prisma-client/client.ts';
import type { Database } from './connection.ts';
import { type Measurements, measurementsOf, type PackedRow, pack, storedSize } from './packed-trials.ts';

/** Of a batch: trials, and bytes as they are stored, which are several times as many in memory. */
const BATCH = 200;
const BATCH_BYTES = 500_000;
/** Between two batches, so that a large database is packed without being in anybody's way. */
const PAUSE_MS = 200;

type MeasuredRow = PackedRow & {
  readonly search_id: string;
  readonly number: number;
  readonly attempt: number;
  readonly md5: string | null;
};

/** As the index trials_unpacked_idx says it. Trials of other tools have no job; their intermediate values are read by Postgres. */
export const isUnpacked = Prisma.sql`curves IS NOT NULL AND job <> '' AND state IN ('complete', 'pruned', 'failed', 'cancelled')`;

/** Until there are none. */
export async function packEnded(database: Database, stopping: AbortSignal): Promise<void> {
  while (!stopping.aborted) {
    const last = await repack(database, isUnpacked, (measurements) => measurements);
    if (last === undefined) return;
    await setTimeout(PAUSE_MS, undefined, { signal: stopping }).catch(() => undefined);
  }
}

/**
 * Stores what `change` makes of some of the ended trials that fulfil `which`, the first ones by search and number; returns the number of the last one.
 * One that somebody else has changed meanwhile stays as it is then: it was retried, or packed by another process.
 */
export async function repack(
  database: Database,
  which: Prisma.Sql,
  change: (measurements: Measurements) => Measurements,
): Promise<number | undefined> {
  const rows = await database.$queryRaw<MeasuredRow[]>`
    SELECT search_id, number, attempt, curves, findings, packed, md5(packed) AS md5 FROM (
      SELECT search_id, number, attempt, curves, findings, packed,
        sum(${storedSize}) OVER (ORDER BY search_id, number) - ${storedSize} AS before
      FROM (
        SELECT search_id, number, attempt, curves, findings, packed FROM trials
        WHERE ${which} ORDER BY search_id, number LIMIT ${BATCH}::int
      ) batch
    ) summed WHERE before < ${BATCH_BYTES}::int ORDER BY search_id, number`;
  const packed = await inTurns(rows, async ({ search_id, number, attempt, md5, ...row }) => {
    const bytes = await pack(change(measurementsOf(row)));
    return { search_id, number, attempt, md5, packed: bytes.toString('base64') };
  });
  if (rows.length === 0) return undefined;
  await database.$executeRaw`
    UPDATE trials t SET curves = NULL, findings = '[]', packed = decode(r.packed, 'base64')
    FROM jsonb_to_recordset(${JSON.stringify(packed)}::jsonb) AS r(search_id uuid, number int, attempt int, md5 text, packed text)
    WHERE t.search_id = r.search_id AND t.number = r.number AND t.attempt = r.attempt
      AND t.state IN ('complete', 'pruned', 'failed', 'cancelled')
      AND (t.curves IS NOT NULL OR md5(t.packed) = r.md5)`;
  return rows.at(-1)!.number;
}
