/** Claims the trials whose turn it is (fair-share.ts). */
import type { ClaimedNext } from '../../application/ports/search-store.ts';
import type { Claimer, Usage } from '../../domain/commands.ts';
import { claim, claimReads } from '../../domain/transitions/claiming.ts';
import { UNKNOWN_TURN_SECONDS } from '../../domain/turns.ts';
import { Prisma } from '../prisma-client/client.ts';
import { again, changeChosen } from './change-search.ts';
import type { Database, Transaction } from './connection.ts';
import { hasRoom, isDue, mayWait } from './deliveries.ts';
import { charge, share } from './fair-share.ts';

export async function claimNext(database: Database, usages: readonly Usage[], claimer: Claimer): Promise<ClaimedNext> {
  if (usages.length > 0) await again(() => charge(database, usages));
  let searches = 0;
  const changed = await changeChosen(
    database,
    async (transaction) => {
      // Those whose row is locked are being changed, by another claim for example.
      const chosen = (await choose(transaction, true)) ?? (await choose(transaction, false));
      searches = chosen?.searches ?? 0;
      return chosen && { ...chosen, reads: claimReads(chosen) };
    },
    async (update, chosen, transaction) => {
      // They may have been claimed before the row was locked.
      const isThere = (await update.trials(claimReads(chosen))).length > 0;
      const delivery = isThere ? chosen : await firstDelivery(transaction, chosen.id);
      const claims = delivery === undefined ? [] : await claim(update, delivery, claimer);
      return { claims, isRunningLimited: update.facts.isRunningLimited };
    },
  );
  return { claimed: changed && { ...changed.result, search: changed.search }, searches };
}

interface Chosen {
  readonly id: string;
  readonly from: number;
  readonly to: number;
  /** How many searches wait. */
  readonly searches: number;
}

/** The delivery that is next; with `skipLocked`, of the searches whose row nobody has locked, which is locked then. */
async function choose(transaction: Transaction, skipLocked: boolean): Promise<Chosen | undefined> {
  const lock = skipLocked ? Prisma.sql`FOR UPDATE OF s SKIP LOCKED` : Prisma.empty;
  const [row] = await transaction.$queryRaw<Chosen[]>`
    WITH waiting AS (
      SELECT s.id, s.virtual_time, s.turn_seconds, s.created_at, next.number, next.job, ${share} AS share,
        s.total - s.complete - s.pruned - s.failed - s.cancelled AS remaining,
        (SELECT count(DISTINCT t.job) FROM trials t WHERE t.search_id = s.id AND t.state = 'running') AS turns
      FROM searches s CROSS JOIN LATERAL (
        SELECT t.number, t.job FROM trials t WHERE t.search_id = s.id AND t.state = 'waiting' AND ${isDue}
        ORDER BY t.number LIMIT 1
      ) next
      WHERE s.state = 'running' AND ${mayWait} AND ${hasRoom}
    )
    SELECT w.id, w.number AS "from", (SELECT count(*)::int FROM waiting) AS searches,
      (SELECT max(t.number) FROM trials t WHERE t.search_id = w.id AND t.state = 'waiting' AND t.job = w.job) AS "to"
    FROM waiting w JOIN searches s ON s.id = w.id
    ORDER BY w.virtual_time + w.turns * coalesce(w.turn_seconds, (SELECT avg(turn_seconds) FROM waiting),
      ${UNKNOWN_TURN_SECONDS}::double precision) / w.share, w.remaining, w.created_at, w.id
    LIMIT 1 ${lock}`;
  return row;
}

/** What waits of a search that is locked. */
async function firstDelivery(transaction: Transaction, id: string): Promise<{ from: number; to: number } | undefined> {
  const [row] = await transaction.$queryRaw<{ from: number; to: number }[]>`
    SELECT t.number AS "from", (
      SELECT max(same.number) FROM trials same WHERE same.search_id = s.id AND same.state = 'waiting' AND same.job = t.job
    ) AS "to"
    FROM searches s JOIN trials t ON t.search_id = s.id AND t.state = 'waiting' AND ${isDue}
    WHERE s.id = ${id}::uuid AND ${hasRoom} ORDER BY t.number LIMIT 1`;
  return row;
}
