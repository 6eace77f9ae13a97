/**
 * A search as a log folder of TensorBoard: a run per trial, with its curves and its row in the table of HParams, and one for the search, which
 * says what the columns of that table are. What does not fit was found by running TensorBoard 2.21: docs/interop.md.
 */
import type { Distribution, Value } from '../../algorithms/space/space.ts';
import { seriesOf } from '../../domain/intermediate-values.ts';
import type { Search } from '../../domain/search.ts';
import { variedOf } from '../../domain/specification/hyperparameters.ts';
import { stagesOf } from '../../domain/stages.ts';
import { isOver, type TrialSummary } from '../../domain/trial.ts';
import { type SeriesName, seriesNames } from '../../nn/training/series.ts';
import { EventFiles } from './event-file.ts';
import {
  type Cell,
  type Column,
  experimentEvent,
  type Status,
  sessionEndEvent,
  sessionStartEvent,
  tagField,
  versionEvent,
} from './event-messages.ts';
import { aimOf, curveNames, finiteValue, namedCurves, VALUE_NAME } from './named-curves.ts';

export interface LogFile {
  /** Below the log folder. */
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly time: Date;
}

export interface TensorBoardLog {
  /** The run that describes the search. */
  readonly experiment: LogFile;
  /** The run of a trial. `folds`: its curves, as JSON text. */
  trial(trial: TrialSummary, folds: string | undefined): LogFile;
}

/** Trials of other tools have at most the curve of their objective: columns of the others would stay empty. */
function measuredSeries({ specification, epochs }: Search): readonly SeriesName[] {
  if (specification.observed === undefined) return seriesNames;
  return epochs === 0 ? [] : [seriesOf(specification.objective.metric)];
}

export function tensorBoardLog(search: Search): TensorBoardLog {
  const names = curveNames(search);
  const tags = new Map([VALUE_NAME, ...Object.values(names)].map((name) => [name, tagField(name)]));
  const columns = columnsOf(search);
  const created = secondsOf(search.createdAt);
  const files = new EventFiles();
  files.event(versionEvent(created));
  files.event(
    experimentEvent({
      name: search.name,
      description: `${search.name}: ${aimOf(search)}`,
      created,
      columns,
      metrics: [VALUE_NAME, ...measuredSeries(search).map((name) => names[name])],
    }),
  );
  return {
    experiment: { path: eventFile('', created), bytes: files.end(), time: new Date(created * 1000) },
    trial: (trial, folds) => {
      const start = trial.startedAt === null ? created : secondsOf(trial.startedAt);
      const end = trial.finishedAt === null ? start + (trial.durationMs ?? 0) / 1000 : secondsOf(trial.finishedAt);
      const name = `trial-${String(trial.number).padStart(5, '0')}`;
      files.event(versionEvent(start));
      files.event(sessionStartEvent(start, name, cellsOf(columns, trial)));
      for (const curve of namedCurves(names, folds)) {
        const tag = tags.get(curve.name)!;
        for (const [i, value] of curve.means.entries()) {
          const epoch = i + 1;
          // The time of an epoch is not stored: epochs are spread evenly over the training.
          const time = start + ((end - start) * epoch) / Math.max(trial.epochs, epoch);
          if (value !== null) files.scalar(time, epoch, tag, value);
        }
      }
      const value = finiteValue(trial);
      if (value !== undefined) files.scalar(end, trial.epochs, tags.get(VALUE_NAME)!, value);
      if (trial.state !== 'waiting') files.event(sessionEndEvent(end, statusOf(trial)));
      return { path: eventFile(`${name}/`, start), bytes: files.end(), time: new Date(end * 1000) };
    },
  };
}

function eventFile(folder: string, seconds: number): string {
  return `${folder}events.out.tfevents.${Math.floor(seconds)}.hypersearch`;
}

function secondsOf(time: string): number {
  return Date.parse(time) / 1000;
}

/** TensorBoard has no word for stopped ones: pruned and cancelled trials are unknown, so that a filter for success keeps whole trials alone. */
function statusOf({ state, outcome, value }: TrialSummary): Status {
  if (state === 'complete') return outcome === 'diverged' || value === null ? 'failure' : 'success';
  if (state === 'failed') return 'failure';
  return isOver(state) ? 'unknown' : 'running';
}

/** A column has one type: numbers and texts in one would be shown as texts, so it is made of texts where stages or choices differ. */
function columnsOf(search: Search): Column[] {
  const settings = stagesOf(search).map(({ hyperparameters }) => hyperparameters);
  const varied = [...new Set(settings.flatMap((stage) => variedOf(stage)))];
  return varied.map((name): Column => {
    const all = settings.flatMap((stage): Distribution[] => {
      const setting = stage[name];
      return typeof setting === 'object' ? [setting] : [];
    });
    const choices = all.every(({ distribution }) => distribution === 'categorical')
      ? [...new Set(all.flatMap((one) => (one.distribution === 'categorical' ? one.choices : [])))]
      : undefined;
    const numeric = all.flatMap((one) => (one.distribution === 'categorical' ? [] : [one]));
    const kinds = new Set(
      all.flatMap((one) =>
        one.distribution === 'categorical' ? one.choices.map((choice) => typeof choice) : 'number',
      ),
    );
    const [kind] = kinds;
    const type = kinds.size > 1 || kind === 'string' ? 'string' : kind === 'boolean' ? 'bool' : 'number';
    if (choices !== undefined) return { name, type, choices: choices.map((choice) => cellOf(type, choice)) };
    if (numeric.length < all.length) return { name, type };
    const low = Math.min(...numeric.map((one) => one.low));
    const high = Math.max(...numeric.map((one) => one.high));
    return { name, type, interval: { low, high } };
  });
}

/** Only those that are active. */
function cellsOf(columns: readonly Column[], { hyperparameters }: TrialSummary): Record<string, Cell> {
  return Object.fromEntries(
    columns.flatMap(({ name, type }) => {
      const value = hyperparameters[name];
      return value === undefined ? [] : [[name, cellOf(type, value)] as const];
    }),
  );
}

function cellOf(type: Column['type'], value: Value): Cell {
  return type === 'string' ? String(value) : value;
}
