/** What planning reads and writes. Used by search-store.ts. */
import { Problem } from '../errors.ts';
import type { Added, Claim, History, Plan, TrialOutcome } from '../searches/ports.ts';
import type { Change, Search } from '../searches/records.ts';
import type { Database, Transaction } from './connection.ts';
import type { Written } from './database.ts';
import { deliveriesOf } from './deliveries.ts';
import type { SearchRow } from './rows.ts';

interface HistoryRow extends Omit<TrialOutcome, 'number' | 'point'> {
  readonly history_version: number;
  readonly event_seq: number;
  /** null where there are no trials. */
  readonly number: number | null;
  readonly hyperparameters: TrialOutcome['point'];
  readonly reported: boolean;
  readonly rung_value: number | null;
}

export async function history(
  database: Database,
  id: string,
  from: number,
  firstRung: number | undefined,
): Promise<History> {
  // One statement, one moment: the version is that of the trials.
  const rows = await database.$queryRaw<HistoryRow[]>`
    SELECT s.history_version, s.event_seq, t.number, t.state, t.hyperparameters, t.value, t.epochs, r.number IS NOT NULL AS reported, r.value AS rung_value
    FROM searches s
    LEFT JOIN trials t ON t.search_id = s.id AND t.number >= ${from}::int
    LEFT JOIN reports r ON r.search_id = s.id AND r.epochs = ${firstRung ?? null}::int AND r.number = t.number
    WHERE s.id = ${id}::uuid ORDER BY t.number`;
  const [first] = rows;
  if (first === undefined) throw new Problem('notFound', `there is no search ${id}`);
  const trials = rows.flatMap(({ number, state, hyperparameters, value, epochs, reported, rung_value }) =>
    number === null
      ? []
      : [
          {
            ...{ number, state, point: hyperparameters, value, epochs },
            ...(reported && { firstRung: { value: rung_value } }),
          },
        ],
  );
  return { version: first.history_version, seq: first.event_seq, trials };
}

/** Trials that had ended begin again: what samplers learned of them is to be learned anew. */
export async function renewHistory(tx: Transaction, id: string): Promise<void> {
  await tx.$executeRaw`UPDATE searches SET history_version = history_version + 1 WHERE id = ${id}::uuid`;
}

export async function addTrials(
  tx: Transaction,
  search: Search,
  { history_version }: Pick<SearchRow, 'history_version'>,
  { from, trials, version, begins, claimer }: Plan,
): Promise<Written<Added>> {
  const nothing: Written<Added> = { result: { added: 0, claims: [], deliveries: [] }, changes: [] };
  const { total, planned } = search.trials;
  if (search.state !== 'running' || planned < from) return nothing;
  if (begins !== undefined && planned !== from) return nothing;
  if (version !== undefined && version !== history_version) return nothing;
  const fresh = trials.slice(planned - from, (begins?.total ?? total) - from);
  if (fresh.length === 0) return nothing;
  // What a budget of epochs lets begin is for a claim to say.
  const claimed = search.specification.budget.epochs === undefined ? fresh.slice(0, claimer?.count ?? 0) : [];
  const waiting = fresh.slice(claimed.length);
  const sent = tx.$executeRaw`
    INSERT INTO trials (search_id, number, stage, job, hyperparameters, state, attempt, worker, started_at, lease_until)
    SELECT ${search.id}::uuid, number, stage, job, point, CASE WHEN claimed THEN 'running' ELSE 'waiting' END,
      claimed::int, CASE WHEN claimed THEN ${claimer?.worker ?? null} END, CASE WHEN claimed THEN now() END,
      CASE WHEN claimed THEN now() + make_interval(secs => ${claimer?.leaseSeconds ?? 0}::double precision) END
    FROM jsonb_to_recordset(${JSON.stringify(fresh)}::jsonb) AS r(number int, stage int, job text, point jsonb),
      LATERAL (SELECT number < ${planned + claimed.length}::int AS claimed) AS c`;
  const claims = claimed.map(({ number, point }): Claim => {
    return { searchId: search.id, number, attempt: 1, point, rung: 0, folds: [] };
  });
  const changes: Change[] = [
    { type: 'trials.planned', data: { from: planned, to: planned + fresh.length - 1 } },
    ...claims.map(({ number, attempt, point }): Change => {
      return { type: 'trial.started', data: { number, attempt, worker: claimer!.worker, hyperparameters: point } };
    }),
  ];
  if (begins !== undefined) {
    changes.unshift({ type: 'stage.started', data: { stage: search.stages.length, ...begins.stage } });
  }
  return {
    result: { added: fresh.length, claims, deliveries: deliveriesOf(search.id, waiting) },
    changes,
    sent,
    counters: { waiting: waiting.length, running: claims.length },
    set: {
      planned: planned + fresh.length,
      ...(begins && { stages: [...search.stages, begins.stage], total: begins.total }),
    },
  };
}
