/** The trials of a study in a journal of Optuna, as Optuna 5.0.0 writes it, and of our own export (application/optuna-journal.ts). */
import type { Direction } from '../../algorithms/objective.ts';
import type { Value } from '../../algorithms/space/space.ts';
import { field, isFields, listOf, maybeNumber, shown, textOf } from '../fields.ts';
import { NoCounterpart, type Reading } from '../imported-space.ts';
import { hasEnd, noEnd, operation, parameterIn, recordsIn } from '../optuna.ts';
import { parseJson } from '../source-text.ts';
import { chosenObjective, chosenStudy } from './choices.ts';
import { isOwnStudy, ownStudy, ownTrial } from './own-journal.ts';
import { type Asked, MAX_TRIALS, refusedFile, type SourceTrial, type SourceTrials } from './source-trials.ts';

const directions: Readonly<Record<number, Direction>> = { 1: 'minimize', 2: 'maximize' };
const states = ['running', 'complete', 'pruned', 'failed', 'waiting'] as const;

interface Study {
  readonly name: string;
  readonly directions: readonly (Direction | undefined)[];
  metrics: readonly string[];
  isDeleted: boolean;
  readonly attributes: Map<string, unknown>;
  readonly trials: Trial[];
}

interface Trial {
  readonly line: number;
  state: (typeof states)[number];
  values: readonly unknown[] | undefined;
  startedAt: unknown;
  finishedAt: unknown;
  /** Name → internal value and distribution. */
  readonly parameters: Map<string, readonly [value: unknown, distribution: string]>;
  readonly steps: Map<number, number | null>;
  readonly attributes: Map<string, unknown>;
}

export function readJournalTrials(text: string, asked: Asked): SourceTrials {
  const studies = studiesIn(text);
  const study = chosenStudy(
    studies.filter(({ isDeleted, trials }) => !isDeleted && trials.length > 0),
    asked.study,
  );
  const objectives = study.directions.map((direction, i) => ({
    name: study.metrics[i] ?? (study.directions.length === 1 ? 'value' : `values_${i}`),
    direction,
  }));
  const { place, metric, direction } = chosenObjective(objectives, asked);
  const distributions = new Distributions();
  const isOwn = isOwnStudy(study.attributes);
  const trials = study.trials.map((trial) => {
    const point = distributions.pointOf(trial);
    const read = trialOf(trial, place, point);
    return isOwn ? ownTrial(read, trial.attributes) : read;
  });
  return {
    format: 'optuna-journal',
    name: study.name,
    objective: { metric, direction },
    trials,
    distributions: distributions.read(),
    ...(isOwn && ownStudy(study.attributes)),
    notes: [...distributions.notes(), ...(hasEnd(text) ? [] : [{ name: '', text: noEnd }])],
  };
}

function studiesIn(text: string): readonly Study[] {
  const studies: Study[] = [];
  const trials: (Trial | undefined)[] = [];
  for (const { line, record } of recordsIn(text)) take(record, line, studies, trials);
  return studies;
}

function take(record: unknown, line: number, studies: Study[], trials: (Trial | undefined)[]): void {
  const study = studies[maybeNumber(field(record, 'study_id')) ?? -1];
  const trial = trials[maybeNumber(field(record, 'trial_id')) ?? -1];
  switch (field(record, 'op_code')) {
    case operation.createStudy:
      createStudy(record, studies);
      return;
    case operation.deleteStudy:
      if (study) study.isDeleted = true;
      return;
    case operation.setStudyAttribute:
      if (study) addAll(study.attributes, field(record, 'user_attr'));
      return;
    case operation.setSystemAttribute: {
      const metrics = field(field(record, 'system_attr'), 'study:metric_names');
      if (study && metrics !== undefined) study.metrics = listOf(metrics).map(String);
      return;
    }
    case operation.createTrial:
      if (study !== undefined) trials.push(createTrial(record, line, study));
      return;
    case operation.setParameter:
      trial?.parameters.set(String(field(record, 'param_name')), [
        field(record, 'param_value_internal'),
        String(field(record, 'distribution')),
      ]);
      return;
    case operation.setState:
      if (trial) setState(trial, record, line);
      return;
    case operation.setIntermediateValue:
      if (trial) addStep(trial, field(record, 'step'), field(record, 'intermediate_value'), line);
      return;
    case operation.setTrialAttribute:
      if (trial) addAll(trial.attributes, field(record, 'user_attr'));
  }
}

function createStudy(record: unknown, studies: Study[]): void {
  const name = textOf(field(record, 'study_name')) ?? '';
  // Optuna drops a second study with the name of another.
  if (studies.some((one) => one.name === name && !one.isDeleted)) return;
  studies.push({
    name,
    directions: listOf(field(record, 'directions')).map((code) => directions[Number(code)]),
    metrics: [],
    isDeleted: false,
    attributes: new Map(),
    trials: [],
  });
}

function createTrial(record: unknown, line: number, study: Study): Trial {
  if (study.trials.length >= MAX_TRIALS)
    throw refusedFile(`line ${line}`, `is one trial too many: at most ${MAX_TRIALS} are read`);
  const trial: Trial = {
    line,
    state: 'running',
    values: undefined,
    startedAt: undefined,
    finishedAt: undefined,
    parameters: new Map(),
    steps: new Map(),
    attributes: new Map(),
  };
  study.trials.push(trial);
  setState(trial, record, line);
  const [values, distributions] = [field(record, 'params'), field(record, 'distributions')];
  for (const [name, value] of Object.entries(isFields(values) ? values : {}))
    trial.parameters.set(name, [value, String(field(distributions, name))]);
  const steps = field(record, 'intermediate_values');
  for (const [step, value] of Object.entries(isFields(steps) ? steps : {})) addStep(trial, Number(step), value, line);
  addAll(trial.attributes, field(record, 'user_attrs'));
  return trial;
}

function setState(trial: Trial, record: unknown, line: number): void {
  const code = field(record, 'state');
  if (code !== undefined) {
    const state = states[Number(code)];
    if (state === undefined) throw refusedFile(`line ${line}`, `state must be 0 to 4, got ${shown(code)}`);
    trial.state = state;
  }
  const [value, values] = [field(record, 'value'), field(record, 'values')];
  if (Array.isArray(values)) trial.values = values;
  else if (value !== undefined && value !== null) trial.values = [value];
  trial.startedAt = field(record, 'datetime_start') ?? trial.startedAt;
  trial.finishedAt = field(record, 'datetime_complete') ?? trial.finishedAt;
}

function addStep(trial: Trial, step: unknown, value: unknown, line: number): void {
  if (!Number.isSafeInteger(step))
    throw refusedFile(`line ${line}`, `a step must be a whole number, got ${shown(step)}`);
  trial.steps.set(step as number, maybeNumber(value) ?? null);
}

function addAll(attributes: Map<string, unknown>, more: unknown): void {
  for (const [name, value] of Object.entries(isFields(more) ? more : {})) attributes.set(name, value);
}

function trialOf(trial: Trial, place: number, point: ReadonlyMap<string, Value>): SourceTrial {
  const { line, state, values, steps } = trial;
  const found = {
    place: `line ${line}`,
    point,
    steps,
    startedAt: timeOf(trial.startedAt),
    finishedAt: timeOf(trial.finishedAt),
  };
  if (state === 'running' || state === 'waiting')
    return { ...found, state: 'cancelled', value: null, reason: `it was ${state} when the file was written` };
  if (state === 'failed') return { ...found, state, value: null, reason: 'it failed in Optuna' };
  if (state === 'pruned') {
    const latest = [...steps.keys()].reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
    return { ...found, state, value: steps.get(latest) ?? null };
  }
  if (values === undefined || values.length <= place)
    throw refusedFile(`line ${line}`, 'the trial is complete, but the file has no value of it');
  // parseJson has made null of what is not finite.
  return { ...found, state, value: maybeNumber(values[place]) ?? null };
}

function timeOf(value: unknown): number | undefined {
  const time = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isFinite(time) ? time : undefined;
}

/** Values of parameters by the distributions that the file has, each parsed once. */
class Distributions {
  readonly #parsed = new Map<string, { readonly isInt: boolean; readonly choices: readonly unknown[] | undefined }>();
  readonly #written = new Map<string, Map<string, number>>();
  readonly #lost = new Map<string, string>();

  pointOf({ parameters, line }: Trial): ReadonlyMap<string, Value> {
    const point = new Map<string, Value>();
    for (const [name, [internal, distribution]] of parameters) {
      const known = this.#written.get(name) ?? new Map<string, number>();
      known.set(distribution, (known.get(distribution) ?? 0) + 1);
      this.#written.set(name, known);
      point.set(name, this.#valueOf(name, internal, distribution, line));
    }
    return point;
  }

  #valueOf(name: string, internal: unknown, distribution: string, line: number): Value {
    const { isInt, choices } = this.#parse(distribution, line);
    const number = maybeNumber(internal);
    if (number === undefined) throw refusedFile(`line ${line}`, `${name} must be a number, got ${shown(internal)}`);
    if (choices === undefined) return isInt ? Math.round(number) : number;
    if (!Object.hasOwn(choices, number))
      throw refusedFile(`line ${line}`, `${name} must be one of ${choices.length} choices, got number ${number}`);
    const choice = choices[number];
    if (typeof choice === 'string' || typeof choice === 'boolean' || typeof choice === 'number') return choice;
    return choice === null ? 'None' : JSON.stringify(choice);
  }

  #parse(distribution: string, line: number) {
    const known = this.#parsed.get(distribution);
    if (known !== undefined) return known;
    const data = parseJson(distribution, `line ${line}, distribution`);
    const choices = field(field(data, 'attributes'), 'choices');
    const parsed = {
      isInt: /^Int/.test(textOf(field(data, 'name')) ?? ''),
      choices: Array.isArray(choices) ? choices : undefined,
    };
    this.#parsed.set(distribution, parsed);
    return parsed;
  }

  /** Those that have no counterpart are left to what was observed. */
  read(): ReadonlyMap<string, Reading> {
    const read = new Map<string, Reading>();
    for (const [name, written] of this.#written) {
      try {
        // That some trials lack it is known here: each has its own.
        read.set(name, parameterIn([...written], 0));
      } catch (error) {
        if (!(error instanceof NoCounterpart)) throw error;
        this.#lost.set(name, error.message);
      }
    }
    return read;
  }

  notes() {
    return [...this.#lost].map(([name, why]) => ({
      name,
      text: `its distribution in the file is not taken over: ${why}`,
    }));
  }
}
