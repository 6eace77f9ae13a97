/**
 * A search as a journal of Optuna: one study, which JournalStorage(JournalFileBackend(file)) of Optuna 5 opens, and with it optuna-dashboard.
 *
 * The format was read off what Optuna 5.0 writes. What does not fit it is left out or renamed, since Optuna drops a hyperparameter whose kind
 * or choices differ between trials, and optuna-dashboard shows nothing of a study that has a value which is not finite.
 */
import type { Distribution, NumericDistribution, Point, Value } from '../algorithms/space/space.ts';
import type { Importance } from '../contract/analysis.ts';
import { meansByEpoch, type ValueSeries } from '../domain/intermediate-values.ts';
import type { Search } from '../domain/search.ts';
import { variedOf } from '../domain/specification/hyperparameters.ts';
import { stagesOf } from '../domain/stages.ts';
import type { TrialSummary } from '../domain/trial.ts';
import { wholeMilliseconds } from './exports/named-curves.ts';

/** Numbers of operations, directions and states in the journal. */
const operation = { createStudy: 0, setUserAttribute: 2, setSystemAttribute: 3, createTrial: 4 } as const;
const directions = { minimize: 1, maximize: 2 } as const;
const stateNumbers = { running: 0, complete: 1, pruned: 2, failed: 3, waiting: 4 } as const;
const WRITER = { worker_id: 'hypersearch' };
/** The only study of the file. */
const STUDY = { study_id: 0 };

/** A hyperparameter in one stage: its name and distribution in the study. */
interface Parameter {
  /** The hyperparameter. */
  readonly of: string;
  readonly name: string;
  /** As Optuna writes it. */
  readonly distribution: string;
  /** Only of a categorical one. A value is written as its place. */
  readonly choices: readonly Value[] | undefined;
}

export interface OptunaJournal {
  /** The records of the study, which come first. */
  readonly study: string;
  /** `folds`: the objective after each epoch, a series per fold. */
  trial(trial: TrialSummary, folds: readonly ValueSeries[]): string;
}

/** `importance`: that of its hyperparameters. */
export function optunaJournal(search: Search, importance: Importance): OptunaJournal {
  const stages = parametersByStage(search);
  return {
    study: studyOf(search, importance),
    trial: (trial, folds) => {
      // A stage may have begun since the search was read: it has no hyperparameters and choices but those of the one before.
      const parameters = stages[trial.stage] ?? stages.at(-1) ?? [];
      return trialRecord(search, trial, parameters, meansByEpoch(folds));
    },
  };
}

function studyOf(search: Search, importance: Importance): string {
  const { id, name, dataset, notes, tags, specification } = search;
  const { metric, direction } = { ...specification.objective, ...metricIn(specification) };
  const attributes = {
    search: id,
    dataset: dataset.name,
    specification: JSON.stringify(specification),
    ...(notes !== '' && { notes }),
    ...(tags.length > 0 && { tags: tags.join(' ') }),
    ...importanceAttributes(importance),
  };
  return [
    line({ op_code: operation.createStudy, study_name: name, directions: [directions[direction]] }),
    line({ op_code: operation.setSystemAttribute, ...STUDY, system_attr: { 'study:metric_names': [metric] } }),
    // One attribute a record.
    ...Object.entries(attributes).map(([key, value]) =>
      line({ op_code: operation.setUserAttribute, ...STUDY, user_attr: { [key]: value } }),
    ),
  ].join('');
}

/** Optuna computes its own: these are the ones of this service, by name. None where there are too few trials. */
function importanceAttributes({ shares, trials, epochs, note }: Importance): Record<string, unknown> {
  if (shares.length === 0) return {};
  return {
    'hypersearch:importance': Object.fromEntries(shares.map(({ name, share }) => [name, share])),
    'hypersearch:importanceAmongBest': Object.fromEntries(shares.map(({ name, amongBest }) => [name, amongBest])),
    'hypersearch:importanceTrials': trials,
    ...(epochs !== null && { 'hypersearch:importanceEpochs': epochs }),
    'hypersearch:importanceNote': note,
  };
}

/** The name that observed trials had for it. */
function metricIn({ observed }: Search['specification']): { readonly metric?: string } {
  return observed === undefined ? {} : { metric: observed.metric };
}

function trialRecord(
  search: Search,
  trial: TrialSummary,
  parameters: readonly Parameter[],
  means: readonly (number | null)[],
): string {
  const active = parameters.filter(({ of }) => trial.hyperparameters[of] !== undefined);
  const finite = means.flatMap((value, i) => (value === null ? [] : [[i + 1, value] as const]));
  const state = optunaState(trial);
  // Files of other tools may tell the value of a pruned trial, and no curve.
  const value = state === 'complete' ? trial.value : state === 'pruned' ? (finite.at(-1)?.[1] ?? trial.value) : null;
  return line({
    op_code: operation.createTrial,
    ...STUDY,
    state: stateNumbers[state],
    value: null,
    values: value === null ? null : [value],
    datetime_start: timeOf(trial.startedAt),
    // Optuna opens no journal with an ended trial without a time of its end; files of other tools may have told none.
    ...(isEnd(state) && { datetime_complete: timeOf(trial.finishedAt ?? search.createdAt) }),
    params: Object.fromEntries(active.map((one) => [one.name, internalValue(one, trial.hyperparameters)])),
    distributions: Object.fromEntries(active.map(({ name, distribution }) => [name, distribution])),
    user_attrs: attributesOf(trial),
    system_attrs: {},
    intermediate_values: Object.fromEntries(finite),
  });
}

/** Optuna has no trials that wait at a rung, are cancelled, or are complete without a value. */
function optunaState({ state, value }: TrialSummary): keyof typeof stateNumbers {
  if (state === 'cancelled' || (state === 'complete' && value === null)) return 'failed';
  return state === 'paused' ? 'running' : state;
}

function isEnd(state: keyof typeof stateNumbers): boolean {
  return state !== 'running' && state !== 'waiting';
}

function internalValue({ of, choices }: Parameter, point: Point): Value {
  return choices === undefined ? point[of]! : choices.indexOf(point[of]!);
}

/** What a trial has besides; lists are words, because a reader would cut JSON. */
function attributesOf(trial: TrialSummary): Record<string, string | number> {
  const { state, outcome, source, stage, rung, epochs, deviation, resultHash, reason, notes } = trial;
  // One literal: V8 keeps an object of so many spread properties as a dictionary in the old generation (2 kB a trial).
  const all = {
    // optuna-dashboard shows six without scrolling.
    state,
    outcome,
    reason,
    found: trial.found.join(' '),
    notes,
    tags: trial.tags.join(' '),
    epochs,
    durationMs: wholeMilliseconds(trial),
    source,
    stage,
    rung,
    deviation,
    resultHash,
  };
  return Object.fromEntries(
    Object.entries(all).filter((entry): entry is [string, string | number] => entry[1] !== null && entry[1] !== ''),
  );
}

/**
 * Optuna drops a parameter whose kind or choices differ between trials. A kind that differs between stages gets a name of its own; the choices
 * are those of all stages.
 */
function parametersByStage(search: Search): (readonly Parameter[])[] {
  const stages = stagesOf(search);
  const kinds = new Map<string, string>();
  const latest = new Map<string, Distribution>();
  return stages.map(({ index, hyperparameters }) => {
    for (const of of variedOf(hyperparameters)) latest.set(of, hyperparameters[of] as Distribution);
    // One that is fixed in this stage still has the distribution of an earlier one.
    const names = [...latest.keys()].filter((name) => hyperparameters[name] !== undefined);
    return names.map((of): Parameter => {
      const own = latest.get(of)!;
      const kind = own.distribution === 'categorical' ? own.distribution : `${own.distribution} ${own.scale}`;
      if (!kinds.has(of)) kinds.set(of, kind);
      const name = kinds.get(of) === kind ? of : `${of} (stage ${index + 1})`;
      if (own.distribution !== 'categorical') {
        return { of, name, distribution: numericDistribution(own), choices: undefined };
      }
      const choices = [...new Set(stages.flatMap((stage) => choicesOf(stage.hyperparameters[of])))];
      return { of, name, distribution: written('CategoricalDistribution', { choices }), choices };
    });
  });
}

function choicesOf(setting: Value | Distribution | undefined): readonly Value[] {
  return typeof setting === 'object' && setting.distribution === 'categorical' ? setting.choices : [];
}

/** Optuna refuses a step on a log scale. */
function numericDistribution({ distribution, low, high, scale, step }: NumericDistribution): string {
  const log = scale === 'log';
  return distribution === 'int'
    ? written('IntDistribution', { log, step: log ? 1 : (step ?? 1), low, high })
    : written('FloatDistribution', { log, step: log ? null : (step ?? null), low, high });
}

/** As text: Optuna refuses an object. */
function written(name: string, attributes: object): string {
  return JSON.stringify({ name, attributes });
}

/** With six digits of a second and an offset: Python 3.10 and older read no others. */
function timeOf(time: string | null): string | null {
  return time === null ? null : new Date(time).toISOString().replace('Z', '000+00:00');
}

/** A last line without a line break would not be read. */
function line(record: object): string {
  return `${JSON.stringify({ ...record, ...WRITER })}\n`;
}
