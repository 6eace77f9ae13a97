/** Leases, and what time brings: claims whose lease expired, searches that are due. Used by search-store.ts. */

import type { ClaimRef, Delivery, Renewal, ReturnedTrial } from '../../domain/commands.ts';
import { release } from '../../domain/transitions/claiming.ts';
import { endIfOverdue } from '../../domain/transitions/ending.ts';
import { changeSearch } from './change-search.ts';
import { commitWithoutDisk, type Database } from './connection.ts';

/** The next renewals come within a second: that the last ones are lost with a crash of Postgres does no harm. */
export async function renew(
  database: Database,
  renewals: readonly Renewal[],
  leaseSeconds: number,
): Promise<ClaimRef[]> {
  if (renewals.length === 0) return [];
  const rows = await database.$queryRaw<{ search_id: string; number: number }[]>`
    UPDATE trials t SET lease_until = now() + make_interval(secs => ${leaseSeconds}::double precision),
      epochs = coalesce((r.curves->'epochs')::int, t.epochs), curves = coalesce(r.curves->'folds', t.curves)
    FROM jsonb_to_recordset(${JSON.stringify(renewals)}::jsonb) AS r("searchId" uuid, number int, attempt int, curves jsonb),
      ${commitWithoutDisk}
    WHERE t.search_id = r."searchId" AND t.number = r.number AND t.attempt = r.attempt AND t.state = 'running'
    RETURNING t.search_id, t.number`;
  const held = new Set(rows.map((row) => `${row.search_id} ${row.number}`));
  const lost = renewals.filter(({ searchId, number }) => !held.has(`${searchId} ${number}`));
  database.$meter.renewed(renewals.length - lost.length);
  database.$meter.lost('revoked', lost.length);
  return lost;
}

export async function reapExpired(database: Database): Promise<readonly Delivery[]> {
  const rows = await database.$queryRaw<{ search_id: string; number: number; attempt: number; worker: string }[]>`
    SELECT t.search_id, t.number, t.attempt, t.worker FROM searches s
    JOIN trials t ON t.search_id = s.id AND t.state = 'running' AND t.lease_until < now()
    WHERE (s.running > 0 OR s.confirmation IS NOT NULL) ORDER BY t.search_id, t.number LIMIT 1000`;
  const expired = new Map<string, ReturnedTrial[]>();
  for (const { search_id, number, attempt, worker } of rows) {
    const reason = `the lease of worker ${worker} ran out`;
    expired.set(search_id, [...(expired.get(search_id) ?? []), { number, attempt, reason, how: 'crashed' }]);
  }
  const back: Delivery[] = [];
  for (const [searchId, returned] of expired) {
    let released = 0;
    const { result } = await changeSearch(database, searchId, async (update) => {
      const deliveries = await release(update, returned, true);
      released = update.writes.events.filter(({ type }) => type === 'trial.retried' || type === 'trial.failed').length;
      return deliveries;
    });
    database.$meter.lost('expired', released);
    back.push(...result);
  }
  return back;
}

export async function underfilled(database: Database, window: number): Promise<readonly string[]> {
  const rows = await database.$queryRaw<{ id: string }[]>`
    SELECT id FROM searches WHERE state = 'running' AND planned < total AND waiting < ${window}::int
      AND confirmation->>'state' IS DISTINCT FROM 'running'`;
  return rows.map(({ id }) => id);
}

export async function endOverdue(database: Database, id?: string): Promise<void> {
  if (id !== undefined) {
    await changeSearch(database, id, endIfOverdue);
    return;
  }
  const rows = await database.$queryRaw<{ id: string }[]>`
    SELECT id FROM searches WHERE state IN ('running', 'paused')
      AND created_at + make_interval(secs => (specification->'budget'->>'seconds')::double precision) < now()`;
  for (const row of rows) await changeSearch(database, row.id, endIfOverdue);
}
