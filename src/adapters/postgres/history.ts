/** The history of a search, as samplers that learn read it. Used by search-store.ts. */

import type { History, TrialOutcome } from '../../domain/commands.ts';
import { FIRST_RUN } from '../../domain/runs.ts';
import { Problem } from '../../errors.ts';
import type { Database } from './connection.ts';

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
  // One statement, one moment: the version is that of the trials. OFFSET 0: each trial looks its report up by the key.
  const rows = await database.$queryRaw<HistoryRow[]>`
    SELECT s.history_version, s.event_seq, t.number, t.state, t.hyperparameters, t.value, t.epochs, r.number IS NOT NULL AS reported, r.value AS rung_value
    FROM searches s
    LEFT JOIN trials t ON t.search_id = s.id AND t.number >= ${from}::int AND t.number < ${FIRST_RUN}::int
    LEFT JOIN LATERAL (
      SELECT number, value FROM reports WHERE search_id = ${id}::uuid AND epochs = ${firstRung ?? null}::int AND number = t.number OFFSET 0
    ) r ON true
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
