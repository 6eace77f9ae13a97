/** Search spaces of NNI 3.0 (docs/interop.md). */
import type { Value } from '../algorithms/space/space.ts';
import { field, isFields, listOf, maybeNumber, plainValue, shown } from './fields.ts';
import { NoCounterpart, type Reading, type SourceSpace, SpaceBuilder, unreadable } from './imported-space.ts';
import { choices, range, roundedAndClipped, weightNote, words } from './supports.ts';

export function isNni(data: unknown): boolean {
  return isSpace(data) || isSpace(spaceOf(data));
}

function isSpace(data: unknown): boolean {
  return isFields(data) && Object.values(data).some((one) => field(one, '_type') !== undefined);
}

/** Of the configuration of an experiment, whose fields have either spelling. */
function spaceOf(experiment: unknown): unknown {
  return field(experiment, 'searchSpace') ?? field(experiment, 'search_space');
}

export function readNni(data: unknown): SourceSpace {
  if (!isNni(data)) throw unreadable('', 'has no hyperparameter with a _type, as search spaces of NNI have');
  const space = new SpaceBuilder('nni-search-space');
  if (isSpace(data)) {
    read(space, data, '', []);
    space.note(
      '',
      'a search space of NNI has no objective, tuner or number of trials: these have the defaults of this service',
    );
  } else {
    read(space, spaceOf(data), '', []);
    readExperiment(space, data);
  }
  return space.done();
}

function readExperiment(space: SpaceBuilder, experiment: unknown): void {
  const counts = ['maxTrialNumber', 'max_trial_number'];
  for (const name of counts) {
    const given = field(experiment, name);
    if (given === undefined || given === null) continue;
    const trials = maybeNumber(given);
    if (trials === undefined) space.leaveOut(name, `must be a number, got ${shown(given)}`);
    else space.strategy(`${name}: ${trials}`, 'budget', { trials });
  }
  const own: Readonly<Record<string, string>> = {
    tuner: 'is not imported, nor its optimize_mode: sampler and objective have the defaults of this service',
    assessor: 'is not imported: pruner ends trials early here',
  };
  for (const [name, why] of Object.entries(own)) if (field(experiment, name) !== undefined) space.leaveOut(name, why);
  const taken = ['searchSpace', 'search_space', ...counts, ...Object.keys(own)];
  space.leaveOutOthers(experiment, taken, 'says how NNI runs its trials; here the service trains the networks');
}

type When = NonNullable<Reading['when']>;

function read(space: SpaceBuilder, all: unknown, prefix: string, when: When): void {
  for (const [key, spec] of Object.entries(isFields(all) ? all : {})) {
    if (prefix !== '' && key === '_name') continue;
    const name = `${prefix}${key}`;
    const options = listOf(field(spec, '_value'));
    const isNested =
      field(spec, '_type') === 'choice' &&
      options.length > 0 &&
      options.every((one) => typeof field(one, '_name') === 'string');
    space.parameter(name, () => ({
      ...(isNested ? { setting: choices(options.map((one) => plainValue(field(one, '_name')))) } : parameter(spec)),
      when,
    }));
    if (!isNested) continue;
    for (const option of options) {
      const chosen = plainValue(field(option, '_name'));
      read(space, option, `${name}/${String(chosen)}/`, [...when, [name, [chosen]]]);
    }
  }
}

function parameter(spec: unknown): Reading {
  const [type, given] = [field(spec, '_type'), listOf(field(spec, '_value'))];
  if (type === 'choice') return { setting: choices(given.map(choiceOf)) };
  if (typeof type !== 'string') throw new NoCounterpart(`must have a _type and a _value, got ${shown(spec)}`);
  if (type.includes('normal')) throw new NoCounterpart(`there is no ${type} distribution here; give a range`);
  const [low, high, q] = given.map((one) => maybeNumber(one));
  if (low === undefined || high === undefined)
    throw new NoCounterpart(`_value must begin with two numbers, got ${shown(given)}`);
  const scale = type.includes('log') ? 'log' : 'linear';
  switch (type) {
    case 'uniform':
    case 'loguniform':
      return { setting: range('float', low, high, scale) };
    case 'randint': {
      const fractions = [low, high].every(Number.isInteger) ? [] : ['NNI raises the ends of randint to whole numbers'];
      const setting = range('int', Math.ceil(low), Math.ceil(high) - 1);
      return { setting, notes: [`NNI excludes the upper end of randint: ${words(setting)}`, ...fractions] };
    }
    case 'quniform':
    case 'qloguniform': {
      if (q === undefined) throw new NoCounterpart(`${type} needs three numbers: low, high and q, got ${shown(given)}`);
      if (scale === 'log' && low <= 0) throw new NoCounterpart(`a log scale must start above 0, got ${low}`);
      const setting = roundedAndClipped(low, high, q, scale);
      const weights =
        scale === 'log'
          ? weightNote(setting, scale)
          : ['NNI takes the first and the last value less often than the others; here all are equally likely'];
      return {
        setting,
        notes: [`NNI rounds to multiples of ${q} from 0, then cuts to ${low}..${high}: ${words(setting)}`, ...weights],
      };
    }
    default:
      throw new NoCounterpart(`there is no distribution ${shown(type)} here`);
  }
}

function choiceOf(choice: unknown): Value {
  if (isFields(choice))
    throw new NoCounterpart(
      'has objects among its choices that are not all named (_name): NNI takes such an object itself, inner space and all, as the value',
    );
  return plainValue(choice, 'a choice');
}
