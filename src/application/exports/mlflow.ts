/**
 * A search as a tracking store of MLflow: one experiment, a run per trial. A file of SQLite cannot be streamed as it is made, so it is written to a
 * temporary folder, page by page, and sent from there. Runs in a thread (workers/mlflow-thread.ts).
 */
import { createHash } from 'node:crypto';
import type { MessagePort } from 'node:worker_threads';
import sqlite from 'node-sqlite3-wasm';
import type { Search } from '../../domain/search.ts';
import { isOver, type TrialSummary } from '../../domain/trial.ts';
import { type BulkInsert, bulkInsert, type Value } from './bulk-insert.ts';
import { mlflowSchema } from './mlflow-schema.ts';
import {
  aimOf,
  curveNames,
  finiteValue,
  type NamedCurve,
  namedCurves,
  objectiveOf,
  VALUE_NAME,
  wholeMilliseconds,
} from './named-curves.ts';

/** MLflow's longest values; longer ones are cut. */
const LONGEST = { experimentTag: 5000, tag: 8000, param: 6000, name: 250 } as const;
const CUT = ' … (cut)';
/** The experiment 0 is MLflow's own. */
const EXPERIMENT = 1;
const DEFAULT_EXPERIMENT = 'Default';
/** The memory of SQLite's pages, in KiB. */
const CACHE_KIB = 8192;

/** Trials by number. */
export interface MlflowPage {
  readonly trials: readonly TrialSummary[];
  /** Their curves, as JSON text. */
  readonly series: ReadonlyMap<number, string>;
}

export interface MlflowTask {
  /** Does not exist yet. */
  readonly file: string;
  readonly search: Search;
  /** Pages come through it, and each is answered when it is written. The store is complete when it is closed. */
  readonly pages: MessagePort;
}

/** Writes a store until there are no more pages. Throws where the file cannot be written. */
export async function writeMlflowStore({ file, search, pages }: MlflowTask): Promise<void> {
  const database = new sqlite.Database(file);
  try {
    // Nobody else reads the file before it is complete, and after a crash it is worth nothing.
    database.exec('PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE');
    // What is written refers to its run by construction.
    database.exec(`PRAGMA foreign_keys = OFF; PRAGMA cache_size = -${CACHE_KIB}; PRAGMA page_size = 8192; BEGIN`);
    database.exec(mlflowSchema);
    writeExperiment(database, search);
    const inserts = insertsInto(database, [...Object.values(curveNames(search)), VALUE_NAME]);
    try {
      await untilClosed(pages, (page) => writePage(inserts, search, page));
    } finally {
      for (const insert of Object.values(inserts)) insert.finalize();
    }
    database.exec('COMMIT');
  } finally {
    pages.close();
    database.close();
  }
}

function untilClosed(pages: MessagePort, write: (page: MlflowPage) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    pages.on('message', (page: MlflowPage) => {
      try {
        write(page);
        pages.postMessage('written');
      } catch (error) {
        reject(error as Error);
      }
    });
    pages.once('close', resolve);
  });
}

type Inserts = Readonly<Record<'runs' | 'params' | 'tags' | 'epochs' | 'latest', BulkInsert>>;

/** Rows of metrics without a value are ignored, so that a statement does not depend on what a trial has. */
function insertsInto(database: sqlite.Database, names: readonly string[]): Inserts {
  const point = '(run_uuid, key, timestamp, step, value, is_nan)';
  const quoted = names.map((name) => `'${name.replaceAll("'", "''")}'`);
  const texts = (table: string, atOnce: number) =>
    bulkInsert(database, {
      ...{ into: `INSERT INTO ${table} (run_uuid, key, value)`, shared: 1, own: 2, atOnce },
      group: (first) => `(?1, ?${first}, ?${first + 1})`,
    });
  return {
    runs: bulkInsert(database, {
      into: `INSERT INTO runs (run_uuid, name, status, start_time, end_time, artifact_uri, source_type, source_name, entry_point_name, user_id,
        source_version, lifecycle_stage, experiment_id)`,
      ...{ shared: 0, own: 6, atOnce: 16 },
      group: (first) =>
        `(${Array.from({ length: 6 }, (_, i) => `?${first + i}`).join(', ')}, 'LOCAL', 'hypersearch', '', 'hypersearch', '', 'active', ${EXPERIMENT})`,
    }),
    params: texts('params', 32),
    tags: texts('tags', 32),
    // A group is an epoch: its time, from the start of the run on, its number, and a value of every curve.
    epochs: bulkInsert(database, {
      ...{ into: `INSERT OR IGNORE INTO metrics ${point}`, shared: 2, own: 2 + names.length, atOnce: 16 },
      group: (first) =>
        quoted.map((name, i) => `(?1, ${name}, ?2 + ?${first}, ?${first + 1}, ?${first + 2 + i}, 0)`).join(', '),
    }),
    // A group is a run: of every metric the time, the step and the value.
    latest: bulkInsert(database, {
      ...{ into: `INSERT OR IGNORE INTO latest_metrics ${point}`, shared: 2, own: 3 * names.length, atOnce: 1 },
      group: (first) =>
        quoted
          .map((name, i) => {
            const time = first + 3 * i;
            return `(?1, ${name}, ?2 + ?${time}, ?${time + 1}, ?${time + 2}, 0)`;
          })
          .join(', '),
    }),
  };
}
/** Trial by trial, by number: the keys of all tables begin with the run, so that rows are appended, which SQLite does in half the time. */
function writePage(inserts: Inserts, search: Search, { trials, series }: MlflowPage): void {
  const names = curveNames(search);
  const prefix = runPrefixOf(search);
  const runs: Value[] = [];
  for (const trial of trials) {
    const id = prefix + trial.number.toString(16).padStart(8, '0');
    const { start, end } = timesOf(search, trial);
    runs.push(id, nameOf(trial), statusOf(trial), start, isOver(trial.state) ? end : null, artifactsOf(id));
    inserts.params.insert([id], paramsOf(trial));
    inserts.tags.insert([id], tagsOf(trial));
    const { epochs, latest } = metricsOf(trial, end - start, namedCurves(names, series.get(trial.number)));
    inserts.epochs.insert([id, start], epochs);
    inserts.latest.insert([id, start], latest);
  }
  inserts.runs.insert([], runs);
}

interface Metrics {
  /** Of every epoch the milliseconds since the start of the trial, the number, the value of every curve and that of the trial, one after the other. */
  readonly epochs: readonly Value[];
  /** Of the last one of every curve, and of the value, the milliseconds, the epoch, the value. */
  readonly latest: readonly Value[];
}

function metricsOf(trial: TrialSummary, duration: number, curves: readonly NamedCurve[]): Metrics {
  const epochs: Value[] = [];
  const latest: Value[] = Array<Value>(3 * (curves.length + 1)).fill(null);
  const result = finiteValue(trial);
  const write = (epoch: number) => {
    // The time of an epoch is not stored: epochs are spread evenly over the training.
    const time = Math.round((duration * epoch) / Math.max(trial.epochs, epoch, 1));
    epochs.push(time, epoch);
    for (let i = 0; i <= curves.length; i++) {
      const value = i < curves.length ? curves[i]!.means[epoch - 1] : epoch === trial.epochs ? result : undefined;
      epochs.push(value ?? null);
      if (value == null) continue;
      latest[3 * i] = time;
      latest[3 * i + 1] = epoch;
      latest[3 * i + 2] = value;
    }
  };
  const length = Math.max(0, ...curves.map(({ means }) => means.length));
  for (let epoch = 1; epoch <= length; epoch++) write(epoch);
  // The curves may be gone, and the value is not.
  if (result !== undefined && (trial.epochs < 1 || trial.epochs > length)) write(trial.epochs);
  return { epochs, latest };
}

function paramsOf({ hyperparameters }: TrialSummary): Value[] {
  return Object.entries(hyperparameters).flatMap(([name, value]) => [
    cut(name, LONGEST.name),
    cut(String(value), LONGEST.param),
  ]);
}

function nameOf({ number }: TrialSummary): string {
  return `trial ${number}`;
}

function writeExperiment(database: sqlite.Database, search: Search): void {
  const { id, name, dataset, notes, tags, specification } = search;
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
    'mlflow.note.content': notes === '' ? aimOf(search) : notes,
    // With it the page shows runs of training rather than traces.
    'mlflow.experimentKind': 'custom_model_development',
    search: id,
    dataset: dataset.name,
    objective: objectiveOf(search),
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

/**
 * Ids of runs are 32 hexadecimal digits, as those that MLflow makes: these and eight of the number of the trial. They are the same in every export, and in the
 * order of the trials.
 */
function runPrefixOf({ id }: Search): string {
  return createHash('sha256').update(id).digest('hex').slice(0, 24);
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

/** Names and values. Lists are words; what is empty is left out. */
function tagsOf(trial: TrialSummary): Value[] {
  const { number, state, outcome, source, stage, rung, epochs, deviation, resultHash, reason } = trial;
  const all = {
    'mlflow.runName': nameOf(trial),
    'mlflow.note.content': trial.notes,
    // The column *Source* of the page shows these, and not those of the run.
    'mlflow.source.name': 'hypersearch',
    'mlflow.source.type': 'LOCAL',
    ...{ trial: number, state, outcome, source, stage, rung, epochs, durationMs: wholeMilliseconds(trial) },
    ...{ deviation, resultHash, reason },
    found: trial.found.join(' '),
    tags: trial.tags.join(' '),
  };
  const tags: Value[] = [];
  for (const [name, value] of Object.entries(all)) {
    if (value !== null && value !== '') tags.push(name, cut(String(value), LONGEST.tag));
  }
  return tags;
}

function cut(text: string, longest: number): string {
  return text.length <= longest ? text : text.slice(0, longest - CUT.length) + CUT;
}
