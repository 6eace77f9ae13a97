/** Models in Postgres. Every change is one statement, so it needs no lock; writes of workers carry the attempt that they belong to. */
import { randomUUID } from 'node:crypto';
import type { ModelStore } from '../../application/ports/model-store.ts';
import { MODEL_ATTEMPTS, type ModelClaim, type ModelOrigin, type ModelRecord } from '../../domain/model-record.ts';
import { Problem } from '../../errors.ts';
import { Prisma } from '../prisma-client/client.ts';
import type { Database, Statements } from './connection.ts';
import { decode, newestFirstCursor, pageOf } from './cursors.ts';
import { PUB_SUB_CHANNEL } from './pub-sub.ts';
import { storageIssue } from './quotas.ts';

interface Row {
  readonly id: string;
  readonly name: string;
  readonly project: string;
  readonly notes: string;
  readonly state: ModelRecord['state'];
  readonly attempt: number;
  readonly failure: string | null;
  readonly origin: ModelOrigin;
  readonly facts: ModelRecord['facts'];
  readonly created_at: Date;
  readonly finished_at: Date | null;
}

/** All but the document, which may be large. */
const columns = Prisma.sql`id, name, project, notes, state, attempt, failure, origin, facts, created_at, finished_at`;

export function createModelStore(database: Database): ModelStore {
  /** Runs a statement that returns the ids of the models it changes, and announces each of them. */
  const change = async (statement: Prisma.Sql, on: Statements = database): Promise<readonly string[]> => {
    const rows = await on.$queryRaw<{ id: string }[]>`
      WITH changed AS (${statement}),
      notified AS (
        SELECT id, pg_notify(${PUB_SUB_CHANNEL}, json_build_object('kind', 'model', 'modelId', id)::text) FROM changed
      )
      SELECT id FROM notified`;
    return rows.map(({ id }) => id);
  };
  return {
    create: async ({ name, project, origin }) => {
      // How large it will be is not known yet.
      const issue = await storageIssue(database, project, 0, false);
      if (issue !== undefined) throw new Problem('storageLimit', issue);
      const [row] = await database.$queryRaw<Row[]>`
        INSERT INTO models (id, name, project, state, search_id, origin)
        VALUES (${randomUUID()}::uuid, ${name}, ${project}, 'waiting', ${origin.searchId}::uuid, ${JSON.stringify(origin)}::jsonb)
        RETURNING ${columns}`;
      return recordOf(row!);
    },
    find: async (id) => {
      const [row] = await database.$queryRaw<Row[]>`SELECT ${columns} FROM models WHERE id = ${id}::uuid`;
      return row === undefined ? undefined : recordOf(row);
    },
    list: async ({ limit, cursor, searchId, project }) => {
      const after = cursor === undefined ? undefined : decode(cursor, newestFirstCursor);
      const from =
        after === undefined
          ? Prisma.empty
          : Prisma.sql`AND (created_at, id) < (${after.t}::timestamptz, ${after.i}::uuid)`;
      const of = searchId === undefined ? Prisma.empty : Prisma.sql`AND search_id = ${searchId}::uuid`;
      const within = project === undefined ? Prisma.empty : Prisma.sql`AND project = ${project}`;
      const rows = await database.$queryRaw<Row[]>`
        SELECT ${columns} FROM models WHERE true ${of} ${within} ${from} ORDER BY created_at DESC, id DESC LIMIT ${limit + 1}::int`;
      return pageOf(rows.map(recordOf), limit, ({ createdAt, id }) => ({ t: createdAt, i: id }));
    },
    document: async (id) => {
      const [row] = await database.$queryRaw<{ document: Uint8Array | null }[]>`
        SELECT document FROM models WHERE id = ${id}::uuid`;
      return row?.document ?? undefined;
    },
    change: async (id, { name, notes }) => {
      const changed = await change(Prisma.sql`
        UPDATE models SET name = coalesce(${name ?? null}::text, name), notes = coalesce(${notes ?? null}::text, notes)
        WHERE id = ${id}::uuid RETURNING id`);
      return changed.length > 0;
    },
    remove: async (id) => {
      const removed = await change(Prisma.sql`DELETE FROM models WHERE id = ${id}::uuid RETURNING id`);
      return removed.length > 0;
    },
    claim: async (id, { worker, leaseSeconds }) => {
      const [claimed] = await change(Prisma.sql`
        UPDATE models SET state = 'running', attempt = attempt + 1, worker = ${worker},
          lease_until = now() + make_interval(secs => ${leaseSeconds}::double precision)
        WHERE id = ${id}::uuid AND state = 'waiting' RETURNING id`);
      if (claimed === undefined) return undefined;
      const [row] = await database.$queryRaw<Row[]>`SELECT ${columns} FROM models WHERE id = ${id}::uuid`;
      return row === undefined ? undefined : { id, attempt: row.attempt, origin: row.origin };
    },
    renew: async (claim, leaseSeconds) => {
      const rows = await database.$executeRaw`
        UPDATE models SET lease_until = now() + make_interval(secs => ${leaseSeconds}::double precision)
        WHERE ${current(claim)}`;
      return rows > 0;
    },
    finish: (claim, { facts, document }) =>
      database.$pipeline(async (transaction) => {
        const [row] = await transaction.$queryRaw<Pick<Row, 'project'>[]>`
          SELECT project FROM models WHERE id = ${claim.id}::uuid`;
        const issue = row && (await storageIssue(transaction, row.project, document.byteLength, false));
        const ready = Prisma.sql`
          UPDATE models SET state = 'ready', facts = ${JSON.stringify(facts)}::jsonb, document = ${document}::bytea,
            failure = NULL, finished_at = now()
          WHERE ${current(claim)} RETURNING id`;
        const written = change(issue === undefined ? ready : failed(claim, issue), transaction);
        return { last: written.then((ids) => ids.length > 0) };
      }),
    fail: async (claim, failure) => {
      await change(failed(claim, failure));
    },
    release: async (claim, failure) => {
      await change(Prisma.sql`UPDATE models SET ${released(failure)} WHERE ${current(claim)} RETURNING id`);
    },
    reapExpired: async () => {
      await change(Prisma.sql`
        UPDATE models SET ${released('its worker is gone')} WHERE state = 'running' AND lease_until < now() RETURNING id`);
    },
    waiting: async () => {
      const rows = await database.$queryRaw<{ id: string }[]>`
        SELECT id FROM models WHERE state = 'waiting' ORDER BY created_at LIMIT 1000`;
      return rows.map(({ id }) => id);
    },
  };
}

function current({ id, attempt }: ModelClaim): Prisma.Sql {
  return Prisma.sql`id = ${id}::uuid AND attempt = ${attempt}::int AND state = 'running'`;
}

function failed(claim: ModelClaim, failure: string): Prisma.Sql {
  return Prisma.sql`
    UPDATE models SET state = 'failed', failure = ${failure}, finished_at = now() WHERE ${current(claim)} RETURNING id`;
}

/** It waits again, or has failed if it crashed too often; without a failure the attempt does not count. */
function released(failure: string | undefined): Prisma.Sql {
  if (failure === undefined) return Prisma.sql`state = 'waiting', attempt = attempt - 1`;
  const isLast = Prisma.sql`attempt >= ${MODEL_ATTEMPTS}::int`;
  return Prisma.sql`
    state = CASE WHEN ${isLast} THEN 'failed' ELSE 'waiting' END, failure = ${failure},
    finished_at = CASE WHEN ${isLast} THEN now() END`;
}

const BEFORE = 'the model was made by an earlier version; make it again to measure it';

/** Models that were made before there were test rows or importance say nothing of them. */
function recordOf({ created_at, finished_at, facts, ...row }: Row): ModelRecord {
  const known = facts && {
    ...facts,
    test: facts.test ?? null,
    validation: facts.validation ?? null,
    importance: facts.importance ?? { unavailable: BEFORE },
  };
  return { ...row, facts: known, createdAt: created_at.toISOString(), finishedAt: finished_at?.toISOString() ?? null };
}
