/** The space of a study in a journal of Optuna, as Optuna 5.0.0 reads it (docs/interop.md). */
import type { Distribution, Value } from '../algorithms/space/space.ts';
import { field, isFields, listOf, maybeNumber, numberIn, plainValue, shown, textOf } from './fields.ts';
import { NoCounterpart, type Reading, type SourceSpace, SpaceBuilder, unreadable } from './imported-space.ts';
import { parseJson } from './source-text.ts';
import { choices, range, stepped, words } from './supports.ts';

/** Numbers of operations in the journal. */
export const operation = {
  createStudy: 0,
  deleteStudy: 1,
  setStudyAttribute: 2,
  setSystemAttribute: 3,
  createTrial: 4,
  setParameter: 5,
  setState: 6,
  setIntermediateValue: 7,
  setTrialAttribute: 8,
  setTrialSystemAttribute: 9,
} as const;

/** A journal: every line is an object with an `op_code`. */
export function isJournal(text: string): boolean {
  return /^\s*\{[^\n]*"op_code"\s*:/.test(text);
}

interface Study {
  readonly name: string;
  readonly directions: readonly unknown[];
  metrics: readonly unknown[];
  trials: number;
  isDeleted: boolean;
  /** Every distribution of a parameter, as written, with the number of trials that have it. */
  readonly distributions: Map<string, Map<string, number>>;
}

export function readJournal(text: string): SourceSpace {
  const studies = studiesOf(text);
  const known = studies.filter(({ isDeleted }) => !isDeleted);
  const study = known.find(({ distributions }) => distributions.size > 0);
  if (study === undefined)
    throw unreadable('', `is a journal of Optuna with ${known.length} studies, and none has a trial with parameters`);
  const space = new SpaceBuilder('optuna-journal');
  if (known.length > 1)
    space.note('', `the file has ${known.length} studies; this is ${shown(study.name)}, the first with parameters`);
  for (const [name, written] of study.distributions)
    space.parameter(name, () => parameterIn([...written], study.trials));
  readObjective(space, study);
  if (!hasEnd(text)) space.note('', noEnd);
  return space.done();
}

function readObjective(space: SpaceBuilder, { directions, metrics }: Study): void {
  if (directions.length > 1) {
    space.leaveOut('directions', `the study has ${directions.length} objectives; here a search has one`);
    return;
  }
  const direction = directions[0] === 2 ? 'maximize' : directions[0] === 1 ? 'minimize' : undefined;
  space.objective(textOf(metrics[0]), direction);
}

interface Trial {
  readonly study: Study;
  isOver: boolean;
}

function studiesOf(text: string): readonly Study[] {
  const studies: Study[] = [];
  const trials: Trial[] = [];
  for (const { record } of recordsIn(text)) take(record, studies, trials);
  return studies;
}

/** The records of a journal with their lines, from 1. */
export function* recordsIn(text: string): Generator<{ readonly line: number; readonly record: unknown }> {
  let from = 0;
  for (let line = 1; ; line++) {
    const end = text.indexOf('\n', from);
    // Optuna does not see a last line that has no end either: it is still being written.
    if (end < 0) return;
    const content = text.slice(from, end);
    from = end + 1;
    if (content.trim() === '') continue;
    const record = parseJson(content, `line ${line}`);
    if (!isFields(record) || typeof field(record, 'op_code') !== 'number')
      throw unreadable(`line ${line}`, `must be a record with an op_code, got ${shown(record)}`);
    yield { line, record };
  }
}

export const noEnd = 'the last line has no end: Optuna does not see it, and it is left out here too';

/** Whether the last line of the text has an end. */
export function hasEnd(text: string): boolean {
  return text.slice(text.lastIndexOf('\n') + 1).trim() === '';
}

/** States in which a trial goes on: it runs, it waits. */
const openStates = [0, 4];

/** As Optuna reads its journal: nothing is added to a deleted study, and a finished trial does not change. */
function take(record: unknown, studies: Study[], trials: Trial[]): void {
  const named = studies[maybeNumber(field(record, 'study_id')) ?? -1];
  const study = named?.isDeleted ? undefined : named;
  const isOver = !openStates.includes(maybeNumber(field(record, 'state')) ?? 0);
  switch (field(record, 'op_code')) {
    case operation.createStudy: {
      const name = textOf(field(record, 'study_name')) ?? '';
      // Optuna drops a second study with the name of another.
      if (studies.some((one) => one.name === name && !one.isDeleted)) return;
      const directions = listOf(field(record, 'directions'));
      studies.push({ name, directions, metrics: [], trials: 0, isDeleted: false, distributions: new Map() });
      return;
    }
    case operation.deleteStudy:
      if (study) study.isDeleted = true;
      return;
    case operation.setSystemAttribute: {
      const metrics = field(field(record, 'system_attr'), 'study:metric_names');
      if (study && metrics !== undefined) study.metrics = listOf(metrics);
      return;
    }
    case operation.createTrial: {
      if (study === undefined) return;
      trials.push({ study, isOver });
      study.trials += 1;
      const distributions = field(record, 'distributions');
      for (const [name, written] of Object.entries(isFields(distributions) ? distributions : {}))
        add(study, name, written);
      return;
    }
    case operation.setParameter: {
      const of = trials[maybeNumber(field(record, 'trial_id')) ?? -1];
      if (of?.isOver === false) add(of.study, String(field(record, 'param_name')), field(record, 'distribution'));
      return;
    }
    case operation.setState: {
      const of = trials[maybeNumber(field(record, 'trial_id')) ?? -1];
      if (of !== undefined && isOver) of.isOver = true;
    }
  }
}

function add({ distributions }: Study, name: string, written: unknown): void {
  const known = distributions.get(name) ?? new Map<string, number>();
  const text = textOf(written) ?? JSON.stringify(written) ?? '';
  known.set(text, (known.get(text) ?? 0) + 1);
  distributions.set(name, known);
}

/**
 * The distribution of a parameter from its spellings in the file, each with the number of trials that have it; NoCounterpart if it has none.
 * `trials`: of the study.
 */
export function parameterIn(written: readonly (readonly [string, number])[], trials: number): Reading {
  const [first, ...others] = written.map(([text]) => distributionOf(text));
  const notes: string[] = [];
  let setting = first!.setting;
  if (first!.note) notes.push(first!.note);
  for (const { setting: other } of others) {
    const joined = union(setting, other);
    if (joined !== undefined) {
      setting = joined;
      notes.push('its bounds differ between trials; these are the lowest and the highest');
    } else notes.push(`some trials have ${words(other)}, which Optuna drops: only bounds may differ`);
  }
  const count = written.reduce((sum, [, times]) => sum + times, 0);
  if (count < trials)
    notes.push(
      `${count} of ${trials} trials have it; a journal does not say when: it is always active here. Add a condition (when) if it has one`,
    );
  return { setting, notes: [...new Set(notes)] };
}

function union(a: Distribution, b: Distribution): Distribution | undefined {
  if (a.distribution === 'categorical' || b.distribution === 'categorical') return undefined;
  if (a.distribution !== b.distribution || a.scale !== b.scale) return undefined;
  const { step: _a, ...free } = a;
  const [low, high] = [Math.min(a.low, b.low), Math.max(a.high, b.high)];
  return a.step === b.step ? { ...a, low, high } : { ...free, low, high };
}

function distributionOf(text: string): { readonly setting: Distribution; readonly note?: string } {
  const parsed = parseJson(text, 'distribution');
  const [name, attributes] = [field(parsed, 'name'), field(parsed, 'attributes')];
  if (name === 'CategoricalDistribution')
    return { setting: choices(listOf(field(attributes, 'choices')).map(choiceOf)) };
  if (name !== 'FloatDistribution' && name !== 'IntDistribution')
    throw new NoCounterpart(`must be a Float-, Int- or CategoricalDistribution, got ${shown(name)}`);
  const kind = name === 'IntDistribution' ? 'int' : 'float';
  const [low, high] = [numberIn(attributes, 'low'), numberIn(attributes, 'high')];
  const scale = field(attributes, 'log') === true ? 'log' : 'linear';
  const step = maybeNumber(field(attributes, 'step'));
  if (step === undefined || (kind === 'int' && step === 1)) return { setting: range(kind, low, high, scale) };
  if (scale === 'log') throw new NoCounterpart('Optuna refuses a log scale with a step');
  const setting = stepped(low, high, step);
  const top = setting.distribution === 'categorical' ? high : setting.high;
  const floatStep: Distribution =
    kind === 'float' && setting.distribution === 'int' ? { ...setting, distribution: 'float' } : setting;
  return top < high
    ? { setting: floatStep, note: `${high} is not on its step of ${step}: Optuna lowers it to ${top}` }
    : { setting: floatStep };
}

function choiceOf(choice: unknown): Value {
  return plainValue(choice, 'a choice');
}
