/** The trials of a study in a SQLite database of Optuna (RDBStorage, schema 12 of Optuna 3 to 5). */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sqlite, { type Database, type SQLiteValue as SqlValue } from 'node-sqlite3-wasm';
import { messageOf, Problem } from '../../errors.ts';
import { parseJson } from '../source-text.ts';
import { type OptunaStudy, type OptunaTrial, trialStates, trialsOfStudy } from './optuna-study.ts';
import { type Asked, MAX_TRIALS, refusedFile, type SourceTrials } from './source-trials.ts';
import { timeIn } from './table.ts';

const signature = 'SQLite format 3\0';

export function isSqlite(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.subarray(0, signature.length)).toString('latin1') === signature;
}

const tables = [
  'studies',
  'study_directions',
  'trials',
  'trial_values',
  'trial_params',
  'trial_intermediate_values',
  'trial_system_attributes',
];

/** SQLite reads files alone: the bytes are in a folder of their own, which only this account may enter, until they are read. */
export function readSqliteTrials(bytes: Uint8Array, asked: Asked): SourceTrials {
  const folder = mkdtempSync(join(tmpdir(), 'hypersearch-import-'));
  try {
    const file = join(folder, 'study.db');
    writeFileSync(file, withoutLog(bytes));
    return inDatabase(file, (database) => trialsOfStudy(studiesIn(database), 'optuna-sqlite', asked));
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw refusedFile('', `the database is damaged, or not one of Optuna: ${messageOf(error)}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

type Row = Readonly<Record<string, SqlValue>>;

/** Whether it is read and written with a write-ahead log, which a file that was closed does not have any more. */
const JOURNAL_MODES = [18, 19] as const;
const ROLLBACK_JOURNAL = 1;

function withoutLog(bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice();
  for (const at of JOURNAL_MODES) copy[at] = ROLLBACK_JOURNAL;
  return copy;
}

function inDatabase<T>(file: string, read: (database: Database) => T): T {
  const database = new sqlite.Database(file, { readOnly: true, fileMustExist: true });
  try {
    refuseOther(database);
    return read(database);
  } finally {
    database.close();
  }
}

function* rowsOf(database: Database, query: string): Generator<Row> {
  const statement = database.prepare(query);
  try {
    // Without `expand` rows are not in parts.
    yield* statement.iterate() as IterableIterator<Row>;
  } finally {
    statement.finalize();
  }
}

/** A view or a virtual table could compute anything: only tables are read. */
function refuseOther(database: Database): void {
  database.exec('PRAGMA trusted_schema = OFF');
  const names = [
    ...rowsOf(database, "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table'"),
  ].map(({ name }) => name);
  const missing = tables.filter((name) => !names.includes(name));
  if (missing.length > 0)
    throw refusedFile('', `the database has no table ${missing.join(', ')}: it is not one of Optuna`);
}

const directions = { MINIMIZE: 'minimize', MAXIMIZE: 'maximize' } as const;
const states: Readonly<Record<string, (typeof trialStates)[number]>> = { FAIL: 'failed' };

function studiesIn(database: Database): readonly OptunaStudy[] {
  const studies = new Map<SqlValue, OptunaStudy>();
  for (const { study_id: id, study_name: name } of rowsOf(
    database,
    'SELECT study_id, study_name FROM studies ORDER BY 1',
  ))
    studies.set(id!, { name: String(name), directions: [], metrics: [], attributes: new Map(), trials: [] });
  for (const { study_id: id, direction } of rowsOf(
    database,
    'SELECT study_id, direction FROM study_directions ORDER BY study_id, objective',
  )) {
    const study = studies.get(id!);
    if (study) studies.set(id!, { ...study, directions: [...study.directions, directions[direction as 'MINIMIZE']] });
  }
  const trials = trialsIn(database, studies);
  addParts(database, studies, trials);
  return [...studies.values()];
}

function trialsIn(database: Database, studies: ReadonlyMap<SqlValue, OptunaStudy>): ReadonlyMap<SqlValue, OptunaTrial> {
  const trials = new Map<SqlValue, OptunaTrial>();
  const query =
    'SELECT trial_id, study_id, number, state, datetime_start, datetime_complete FROM trials ORDER BY study_id, number';
  for (const row of rowsOf(database, query)) {
    const study = studies.get(row['study_id']!);
    if (study === undefined) continue;
    const place = `trial ${row['number']} of ${study.name.slice(0, 100)}`;
    if (study.trials.length >= MAX_TRIALS) throw refusedFile(place, `exceeds the limit of ${MAX_TRIALS} trials`);
    const name = String(row['state']);
    const state = states[name] ?? trialStates.find((known) => known.toUpperCase() === name);
    if (state === undefined)
      throw refusedFile(
        place,
        `its state must be COMPLETE, PRUNED, FAIL, RUNNING or WAITING, got ${name.slice(0, 40)}`,
      );
    const trial: OptunaTrial = {
      ...{ place, state, values: undefined, parameters: new Map(), steps: new Map(), attributes: new Map() },
      systemAttributes: new Map(),
      startedAt: timeIn(String(row['datetime_start'] ?? '')),
      finishedAt: timeIn(String(row['datetime_complete'] ?? '')),
    };
    study.trials.push(trial);
    trials.set(row['trial_id']!, trial);
  }
  return trials;
}

function addParts(
  database: Database,
  studies: ReadonlyMap<SqlValue, OptunaStudy>,
  trials: ReadonlyMap<SqlValue, OptunaTrial>,
): void {
  for (const row of rowsOf(database, 'SELECT trial_id, value FROM trial_values ORDER BY trial_id, objective')) {
    const trial = trials.get(row['trial_id']!);
    // Of what is not finite there is but the kind.
    if (trial) trial.values = [...(trial.values ?? []), finite(row['value'])];
  }
  for (const row of rowsOf(
    database,
    'SELECT trial_id, param_name, param_value, distribution_json FROM trial_params ORDER BY param_id',
  ))
    trials
      .get(row['trial_id']!)
      ?.parameters.set(String(row['param_name']), [row['param_value'], String(row['distribution_json'])]);
  for (const row of rowsOf(database, 'SELECT trial_id, step, intermediate_value FROM trial_intermediate_values'))
    trials.get(row['trial_id']!)?.steps.set(Number(row['step']), finite(row['intermediate_value']));
  for (const row of rowsOf(
    database,
    "SELECT trial_id, key, value_json FROM trial_system_attributes WHERE key LIKE 'constraints%'",
  ))
    trials.get(row['trial_id']!)?.systemAttributes.set(String(row['key']), parseJson(String(row['value_json'])));
  for (const row of rowsOf(
    database,
    "SELECT study_id, value_json FROM study_system_attributes WHERE key = 'study:metric_names'",
  )) {
    const study = studies.get(row['study_id']!);
    const names = parseJson(String(row['value_json']));
    if (study && Array.isArray(names)) study.metrics = names.map(String);
  }
}

function finite(value: SqlValue | undefined): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}
