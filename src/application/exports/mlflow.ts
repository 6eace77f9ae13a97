/**
 * A search as a tracking store of MLflow: one experiment, a run per trial. A file of SQLite cannot be streamed as it is made, so it is written to a
 * temporary folder, page by page, and sent from there.
 */
import { createHash } from 'node:crypto';
import sqlite from 'node-sqlite3-wasm';
import type { FoldSeries } from '../../domain/curves.ts';
import type { Search } from '../../domain/search.ts';
import { isOver, type TrialSummary } from '../../domain/trial.ts';
import { mlflowSchema } from './mlflow-schema.ts';
import { curveNames, finiteValue, namedCurves, VALUE_NAME } from './named-curves.ts';

/** MLflow's longest values; longer ones are cut. */
const LONGEST = { experimentTag: 5000, tag: 8000, param: 6000, name: 250 } as const;
const CUT = ' … (cut)';
/** The experiment 0 is MLflow's own. */
const EXPERIMENT = 1;
const DEFAULT_EXPERIMENT = 'Default';
/** So many rows are written before other requests have their turn. */
const ROWS_PER_TURN = 4000;
/** The memory of SQLite's pages, in KiB. */
const CACHE_KIB = 32_768;

type Row = (number | string | null)[];

export interface MlflowStore {
  /** `series`: the curves of these trials. */
  write(trials: readonly TrialSummary[], series: ReadonlyMap<number, readonly FoldSeries[]>): Promise<void>;
  /** Releases it, complete or not. */
  close(): void;
}

/** Creates the store in a new file. Throws where the file cannot be written. */
export function createMlflowStore(file: string, search: Search): MlflowStore {
  const database = new sqlite.Database(file);
  try {
    // Nobody else reads the file before it is complete, and after a crash it is worth nothing.
    database.exec('PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE');
    database.exec(`PRAGMA cache_size = -${CACHE_KIB}; PRAGMA page_size = 8192`);
    database.exec(mlflowSchema);
    writeExperiment(database, search);
    return storeIn(database, search);
  } catch (error) {
    database.close();
    throw error;
  }
}

function storeIn(database: sqlite.Database, search: Search): MlflowStore {
  const insert = {
    run: database.prepare(
      `INSERT INTO runs (run_uuid, name, source_type, source_name, entry_point_name, user_id, status, start_time, end_time, source_version,
         lifecycle_stage, artifact_uri, experiment_id) VALUES (?, ?, 'LOCAL', 'hypersearch', '', 'hypersearch', ?, ?, ?, '', 'active', ?, ${EXPERIMENT})`,
    ),
    param: database.prepare('INSERT INTO params (run_uuid, key, value) VALUES (?, ?, ?)'),
    tag: database.prepare('INSERT INTO tags (run_uuid, key, value) VALUES (?, ?, ?)'),
    metric: database.prepare(
      'INSERT INTO metrics (run_uuid, key, value, timestamp, step, is_nan) VALUES (?, ?, ?, ?, ?, 0)',
    ),
    latest: database.prepare(
      'INSERT INTO latest_metrics (run_uuid, key, value, timestamp, step, is_nan) VALUES (?, ?, ?, ?, ?, 0)',
    ),
  };
  const names = curveNames(search);
  let rows = 0;
  const put = (into: keyof typeof insert, values: Row) => {
    insert[into].run(values);
    rows++;
  };
  const writeTrial = async (trial: TrialSummary, folds: readonly FoldSeries[]) => {
    const id = runIdOf(search, trial);
    const { start, end } = timesOf(search, trial);
    const name = `trial ${trial.number}`;
    put('run', [id, name, statusOf(trial), start, isOver(trial.state) ? end : null, artifactsOf(id)]);
    for (const [key, value] of Object.entries(trial.hyperparameters)) {
      put('param', [id, cut(key, LONGEST.name), cut(String(value), LONGEST.param)]);
    }
    for (const [key, value] of Object.entries({ 'mlflow.runName': name, ...tagsOf(trial) })) {
      put('tag', [id, key, cut(value, LONGEST.tag)]);
    }
    for (const curve of namedCurves(names, folds)) {
      let last: Row | undefined;
      for (const { epoch, value } of curve.points) {
        // The time of an epoch is not stored: epochs are spread evenly over the training.
        const time = Math.round(start + ((end - start) * epoch) / Math.max(trial.epochs, epoch));
        last = [id, curve.name, value, time, epoch];
        put('metric', last);
        if (rows >= ROWS_PER_TURN) {
          rows = 0;
          await turn();
        }
      }
      if (last !== undefined) put('latest', last);
    }
    const value = finiteValue(trial);
    if (value === undefined) return;
    const row: Row = [id, VALUE_NAME, value, end, trial.epochs];
    put('metric', row);
    put('latest', row);
  };
  return {
    write: async (trials, series) => {
      database.exec('BEGIN');
      for (const trial of trials) await writeTrial(trial, series.get(trial.number) ?? []);
      database.exec('COMMIT');
      await turn();
    },
    close: () => {
      for (const statement of Object.values(insert)) statement.finalize();
      database.close();
    },
  };
}

function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

function writeExperiment(database: sqlite.Database, search: Search): void {
  const { id, name, dataset, notes, tags, specification } = search;
  const { metric, direction } = specification.objective;
  const experiments = [
    { number: 0, title: DEFAULT_EXPERIMENT },
    { number: EXPERIMENT, title: name === DEFAULT_EXPERIMENT ? `${name} (search)` : name },
  ];
  for (const { number, title } of experiments) {
    database.run(
      `INSERT INTO experiments (experiment_id, name, artifact_location, lifecycle_stage) VALUES (?, ?, ?, 'active')`,
      [number, title, `mlflow-artifacts:/${number}`],
    );
  }
  const described = {
    'mlflow.note.content': notes === '' ? `${direction} ${metric} of ${dataset.name}` : notes,
    // With it the page shows runs of training rather than traces.
    'mlflow.experimentKind': 'custom_model_development',
    search: id,
    dataset: dataset.name,
    objective: `${direction} ${metric}`,
    specification: JSON.stringify(specification),
    ...(tags.length > 0 && { tags: tags.join(' ') }),
  };
  for (const [key, value] of Object.entries(described)) {
    database.run('INSERT INTO experiment_tags (experiment_id, key, value) VALUES (?, ?, ?)', [
      EXPERIMENT,
      key,
      cut(value, LONGEST.experimentTag),
    ]);
  }
}

/** The same in every export, as MLflow writes them: 32 hexadecimal digits. */
function runIdOf({ id }: Search, { number }: TrialSummary): string {
  return createHash('sha256').update(`${id}/${number}`).digest('hex').slice(0, 32);
}

function artifactsOf(run: string): string {
  return `mlflow-artifacts:/${EXPERIMENT}/${run}/artifacts`;
}

/** In whole milliseconds since 1970, which MLflow takes. A trial that has not started has the time of its search. */
function timesOf(search: Search, { startedAt, finishedAt, durationMs }: TrialSummary): { start: number; end: number } {
  const start = Date.parse(startedAt ?? search.createdAt);
  return { start, end: finishedAt === null ? Math.round(start + (durationMs ?? 0)) : Date.parse(finishedAt) };
}

function statusOf({ state, outcome, value }: TrialSummary): string {
  switch (state) {
    case 'complete':
      return outcome === 'diverged' || value === null ? 'FAILED' : 'FINISHED';
    case 'failed':
      return 'FAILED';
    case 'pruned':
    case 'cancelled':
      return 'KILLED';
    case 'waiting':
      return 'SCHEDULED';
    default:
      return 'RUNNING';
  }
}

/** Lists are words. What is empty is left out. */
function tagsOf(trial: TrialSummary): Record<string, string> {
  const { number, state, outcome, source, stage, rung, epochs, durationMs, deviation, resultHash, reason } = trial;
  const all = {
    'mlflow.note.content': trial.notes,
    ...{ trial: number, state, outcome, source, stage, rung, epochs, durationMs, deviation, resultHash, reason },
    found: trial.found.join(' '),
    tags: trial.tags.join(' '),
  };
  return Object.fromEntries(
    Object.entries(all).flatMap(([key, value]) => (value === null || value === '' ? [] : [[key, String(value)]])),
  );
}

function cut(text: string, longest: number): string {
  return text.length <= longest ? text : text.slice(0, longest - CUT.length) + CUT;
}
