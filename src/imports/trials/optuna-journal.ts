/** The trials of a study in a journal of Optuna, as Optuna 5.0.0 writes it, and of our own export (application/optuna-journal.ts). */
import type { Direction } from '../../algorithms/objective.ts';
import { field, isFields, listOf, maybeNumber, shown, textOf } from '../fields.ts';
import { hasEnd, noEnd, operation, recordsIn } from '../optuna.ts';
import { type OptunaStudy, type OptunaTrial, trialStates, trialsOfStudy } from './optuna-study.ts';
import { type Asked, MAX_TRIALS, refusedFile, type SourceTrials } from './source-trials.ts';
import { timeIn } from './table.ts';

const directions: Readonly<Record<number, Direction>> = { 1: 'minimize', 2: 'maximize' };

interface Study extends OptunaStudy {
  isDeleted: boolean;
}

export function readJournalTrials(text: string, asked: Asked): SourceTrials {
  const known = studiesIn(text).filter(({ isDeleted }) => !isDeleted);
  const { notes, ...source } = trialsOfStudy(known, 'optuna-journal', asked);
  return { ...source, notes: [...notes, ...(hasEnd(text) ? [] : [{ name: '', text: noEnd }])] };
}

function studiesIn(text: string): readonly Study[] {
  const studies: Study[] = [];
  const trials: (OptunaTrial | undefined)[] = [];
  for (const { line, record } of recordsIn(text)) take(record, line, studies, trials);
  return studies;
}

function take(record: unknown, line: number, studies: Study[], trials: (OptunaTrial | undefined)[]): void {
  // As Optuna reads its journal: nothing is added to a deleted study, and a finished trial does not change.
  const study = existing(studies[maybeNumber(field(record, 'study_id')) ?? -1]);
  const trial = unfinished(trials[maybeNumber(field(record, 'trial_id')) ?? -1]);
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
      return;
    case operation.setTrialSystemAttribute:
      if (trial) addAll(trial.systemAttributes, field(record, 'system_attr'));
  }
}

function existing(study: Study | undefined): Study | undefined {
  return study?.isDeleted ? undefined : study;
}

function unfinished(trial: OptunaTrial | undefined): OptunaTrial | undefined {
  return trial?.state === 'running' || trial?.state === 'waiting' ? trial : undefined;
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

function createTrial(record: unknown, line: number, study: Study): OptunaTrial {
  if (study.trials.length >= MAX_TRIALS) throw refusedFile(`line ${line}`, `exceeds the limit of ${MAX_TRIALS} trials`);
  const trial: OptunaTrial = {
    place: `line ${line}`,
    state: 'running',
    values: undefined,
    startedAt: undefined,
    finishedAt: undefined,
    parameters: new Map(),
    steps: new Map(),
    attributes: new Map(),
    systemAttributes: new Map(),
  };
  study.trials.push(trial);
  setState(trial, record, line);
  const [values, distributions] = [field(record, 'params'), field(record, 'distributions')];
  for (const [name, value] of Object.entries(isFields(values) ? values : {}))
    trial.parameters.set(name, [value, String(field(distributions, name))]);
  const steps = field(record, 'intermediate_values');
  for (const [step, value] of Object.entries(isFields(steps) ? steps : {})) addStep(trial, Number(step), value, line);
  addAll(trial.attributes, field(record, 'user_attrs'));
  addAll(trial.systemAttributes, field(record, 'system_attrs'));
  return trial;
}

function setState(trial: OptunaTrial, record: unknown, line: number): void {
  const code = field(record, 'state');
  if (code !== undefined) {
    const state = trialStates[Number(code)];
    if (state === undefined) throw refusedFile(`line ${line}`, `state must be 0 to 4, got ${shown(code)}`);
    trial.state = state;
  }
  const [value, values] = [field(record, 'value'), field(record, 'values')];
  // parseJson has made null of what is not finite; a complete trial always has a value.
  if (Array.isArray(values)) trial.values = values.map((one) => maybeNumber(one) ?? null);
  else if (value !== undefined && (value !== null || trial.state === 'complete'))
    trial.values = [maybeNumber(value) ?? null];
  trial.startedAt = timeOf(field(record, 'datetime_start')) ?? trial.startedAt;
  trial.finishedAt = timeOf(field(record, 'datetime_complete')) ?? trial.finishedAt;
}

function addStep(trial: OptunaTrial, step: unknown, value: unknown, line: number): void {
  if (!Number.isSafeInteger(step))
    throw refusedFile(`line ${line}`, `a step must be a whole number, got ${shown(step)}`);
  trial.steps.set(step as number, maybeNumber(value) ?? null);
}

function addAll(attributes: Map<string, unknown>, more: unknown): void {
  for (const [name, value] of Object.entries(isFields(more) ? more : {})) attributes.set(name, value);
}

function timeOf(value: unknown): number | undefined {
  return typeof value === 'string' ? timeIn(value) : undefined;
}
