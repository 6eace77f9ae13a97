/** Answers of Postgres to what rules ask (domain/transitions/facts.ts), inside the transaction that has locked the search. */

import { FIRST_RUN } from '../../domain/runs.ts';
import type { Facts, TrialQuery } from '../../domain/transitions/facts.ts';
import type { TrialRecord } from '../../domain/transitions/trial-record.ts';
import { Prisma } from '../prisma-client/client.ts';
import type { Transaction } from './connection.ts';
import { measurementsOf, type PackedRow } from './packed-trials.ts';
import { roomForTrials } from './quotas.ts';
import { markIn, type SearchRow, searchOf } from './rows.ts';
import { bestFirst } from './value-order.ts';

interface Row extends Omit<TrialRecord, 'point' | 'durationMs' | 'leaseExpired' | 'confirms'> {
  readonly confirms: number | null;
  readonly repeat: number | null;
  readonly hyperparameters: TrialRecord['point'];
  readonly duration_ms: number | null;
  readonly expired: boolean | null;
}

/** Not awaited before the search is locked, it travels with the lock. */
export interface EarlyTrials {
  readonly query: TrialQuery;
  readonly trials: Promise<readonly TrialRecord[]>;
}

/** A search that is locked, and whether its project limits how many trials run. */
export interface LockedRow extends SearchRow {
  readonly is_running_limited: boolean;
}

export function factsOf(tx: Transaction, row: LockedRow, early: EarlyTrials | undefined): Facts {
  const { id, history_version } = row;
  const ofSearch = Prisma.sql`search_id = ${id}::uuid`;
  return {
    now: Date.now(),
    historyVersion: history_version,
    isRunningLimited: row.is_running_limited,
    roomForTrials: async () => (row.is_running_limited ? roomForTrials(tx, row.project) : Number.POSITIVE_INFINITY),
    trials: (query) => (early !== undefined && isSame(early.query, query) ? early.trials : readTrials(tx, id, query)),
    best: async (stage, limit) => {
      const where = Prisma.sql`${ofSearch} AND number < ${FIRST_RUN}::int AND state = 'complete' AND value IS NOT NULL AND stage = ${stage}::int`;
      return recordsOf(
        await tx.$queryRaw<
          Row[]
        >`SELECT ${RECORD} FROM trials WHERE ${where} ORDER BY ${bestFirst(searchOf(row))} LIMIT ${limit}::int`,
      );
    },
    curves: async (numbers) => {
      const rows = await tx.$queryRaw<({ number: number } & PackedRow)[]>`
        SELECT number, curves, findings, packed FROM trials WHERE ${ofSearch} AND number = ANY(${[...numbers]}::int[])`;
      return new Map(rows.map(({ number, ...row }) => [number, measurementsOf(row).folds]));
    },
    checkpoints: async (numbers) => {
      const rows = await tx.$queryRaw<{ number: number; bytes: Uint8Array }[]>`
        SELECT number, bytes FROM checkpoints WHERE ${ofSearch} AND number = ANY(${[...numbers]}::int[])`;
      return new Map(rows.map(({ number, bytes }) => [number, bytes]));
    },
    reports: async ({ epochs, from, to, except, onlyComplete }) => {
      const rows = await tx.$queryRaw<{ value: number }[]>`
        SELECT value FROM reports r WHERE ${ofSearch} AND epochs = ${epochs}::int AND value IS NOT NULL
          AND number <> ${except}::int AND number >= ${from}::int AND number < ${to}::int
          AND (NOT ${onlyComplete}::boolean
            OR (SELECT state FROM trials t WHERE t.search_id = r.search_id AND t.number = r.number) = 'complete')
        ORDER BY number`;
      return rows.map(({ value }) => value);
    },
    cancelledByHand: async () => {
      const rows = await tx.$queryRaw<{ number: number }[]>`
        SELECT (data->>'number')::int AS number FROM events WHERE ${ofSearch} AND type = 'trial.cancelled'`;
      return rows.map(({ number }) => number);
    },
  };
}

export async function readTrials(tx: Transaction, id: string, query: TrialQuery): Promise<readonly TrialRecord[]> {
  const { numbers, from, to, states, limit } = query;
  const terms = [Prisma.sql`search_id = ${id}::uuid`];
  if (numbers !== undefined) terms.push(Prisma.sql`number = ANY(${[...numbers]}::int[])`);
  if (from !== undefined) terms.push(Prisma.sql`number >= ${from}::int`);
  if (to !== undefined) terms.push(Prisma.sql`number < ${to}::int`);
  if (states !== undefined) terms.push(Prisma.sql`state = ANY(${[...states]}::text[])`);
  const rows = await tx.$queryRaw<Row[]>`
    SELECT ${RECORD} FROM trials WHERE ${Prisma.join(terms, ' AND ')} ORDER BY number LIMIT ${limit ?? null}::int`;
  return recordsOf(rows);
}

const RECORD = Prisma.sql`number, confirms, repeat, stage, job, state, attempt, failures, rung, hyperparameters, value, epochs, found, notes, tags, duration_ms,
  lease_until < now() AS expired`;

function recordsOf(rows: readonly Row[]): readonly TrialRecord[] {
  return rows.map(({ hyperparameters, duration_ms, expired, confirms, repeat, ...row }) => ({
    ...row,
    ...markIn({ confirms, repeat }),
    point: hyperparameters,
    durationMs: duration_ms,
    leaseExpired: expired === true,
  }));
}

function isSame(one: TrialQuery, other: TrialQuery): boolean {
  return JSON.stringify(one, keys) === JSON.stringify(other, keys);
}
const keys = ['numbers', 'from', 'to', 'states', 'limit'] satisfies (keyof TrialQuery)[];
