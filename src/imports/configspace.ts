/** Configuration spaces of ConfigSpace in JSON: 1.x and the files of earlier versions (docs/interop.md). */
import type { Value } from '../algorithms/space/space.ts';
import { field, isFields, listOf, maybeNumber, numberIn, plainValue, shown, textOf } from './fields.ts';
import { NoCounterpart, noDefaults, type Reading, type SourceSpace, SpaceBuilder } from './imported-space.ts';
import { choices, range, stepped, weightNote, words } from './supports.ts';

export function isConfigSpace(data: unknown): boolean {
  return Array.isArray(field(data, 'hyperparameters')) && !isFields(field(data, 'hyperparameters'));
}

export function readConfigSpace(data: unknown): SourceSpace {
  const space = new SpaceBuilder('configspace');
  const parameters = listOf(field(data, 'hyperparameters'));
  const conditions = listOf(field(data, 'conditions'));
  for (const one of parameters) {
    const name = textOf(field(one, 'name')) ?? '';
    space.parameter(name, () => {
      const reading = parameter(one);
      const notes = [...(reading.notes ?? []), ...ignoredNote(one)];
      return { ...reading, notes, when: conditionsOf(name, conditions, parameters) };
    });
  }
  const forbidden = listOf(field(data, 'forbiddens')).length;
  if (forbidden > 0)
    space.leaveOut(
      'forbiddens',
      `${forbidden} forbidden clauses: here conditions say when a hyperparameter is active, not which combinations are forbidden`,
    );
  if (isSaid(field(data, 'name'))) space.leaveOut('name', 'is that of the space; a search is given its own');
  if (isSaid(field(data, 'meta'))) space.leaveOut('meta', 'is for other programs, and has no counterpart here');
  const versions = ['python_module_version', 'json_format_version', 'format_version'];
  const read = ['hyperparameters', 'conditions', 'forbiddens', 'name', 'meta', ...versions];
  space.leaveOutOthers(data, read, 'is not a known part of a configuration space');
  if (parameters.some((one) => (field(one, 'default_value') ?? field(one, 'default')) !== undefined))
    space.note('', noDefaults);
  space.note('', 'ConfigSpace has no objective, sampler or number of trials: these have the defaults of this service');
  return space.done();
}

/** ConfigSpace writes null, or nothing between braces, for what is not set. */
function isSaid(value: unknown): boolean {
  return value !== undefined && value !== null && !(isFields(value) && Object.keys(value).length === 0);
}

const known = [
  ...['type', 'name', 'default_value', 'default', 'lower', 'upper', 'log', 'q'],
  ...['choices', 'weights', 'probabilities', 'sequence', 'value'],
];

function ignoredNote(one: unknown): readonly string[] {
  const others = Object.keys(isFields(one) ? one : {}).filter((name) => !known.includes(name));
  const ignored = others.filter((name) => isSaid(field(one, name)));
  return ignored.length === 0 ? [] : [`ignored here: ${ignored.join(', ')}`];
}

type When = NonNullable<Reading['when']>;

function conditionsOf(name: string, conditions: readonly unknown[], parameters: readonly unknown[]): When {
  return conditions.filter((one) => field(one, 'child') === name).flatMap((one) => conditionOf(one, parameters));
}

function conditionOf(condition: unknown, parameters: readonly unknown[]): When {
  const type = field(condition, 'type');
  if (type === 'AND') return listOf(field(condition, 'conditions')).flatMap((one) => conditionOf(one, parameters));
  const parent = textOf(field(condition, 'parent')) ?? '';
  if (type === 'EQ') return [[parent, [plainValue(field(condition, 'value'))]]];
  if (type === 'IN') return [[parent, listOf(field(condition, 'values')).map((one) => plainValue(one))]];
  if (type === 'NEQ') {
    const all = listedOf(parameters.find((one) => field(one, 'name') === parent));
    return [[parent, all.filter((one) => one !== field(condition, 'value'))]];
  }
  throw new NoCounterpart(`its condition ${shown(type)} on ${parent} has no counterpart: conditions here list values`);
}

function listedOf(parameter: unknown): readonly Value[] {
  const list = field(parameter, 'choices') ?? field(parameter, 'sequence');
  if (!Array.isArray(list))
    throw new NoCounterpart('its condition “not equal” is on a hyperparameter without a list of choices');
  return list.map((one) => plainValue(one));
}

function parameter(one: unknown): Reading {
  const type = textOf(field(one, 'type')) ?? '';
  if (type === 'constant') return { setting: plainValue(field(one, 'value')) };
  if (type === 'ordinal')
    return {
      setting: choices(listOf(field(one, 'sequence')).map((each) => plainValue(each))),
      notes: ['the order of its values is not kept unless they are numbers'],
    };
  if (type === 'categorical') return categorical(one);
  if (type !== 'uniform_float' && type !== 'uniform_int')
    throw new NoCounterpart(`there is no ${shown(type)} here; give a range`);
  const kind = type === 'uniform_int' ? 'int' : 'float';
  const [low, high] = [numberIn(one, 'lower'), numberIn(one, 'upper')];
  if (low === high) throw new NoCounterpart(`ConfigSpace refuses a lower end that is the upper end, ${low}`);
  const scale = field(one, 'log') === true ? 'log' : 'linear';
  const q = maybeNumber(field(one, 'q'));
  if (q !== undefined) {
    const setting = stepped(low, high, q, scale);
    const about = 'without steps, as ConfigSpace 1.2 reads it';
    const notes = [
      `ConfigSpace 1.2 drops q (${q}) with a warning when it reads this file; here it is kept: ${words(setting)}`,
      ...weightNote(setting, scale),
    ];
    return { setting, alternatives: [{ about, setting: range(kind, low, high, scale) }], notes };
  }
  const notes =
    kind === 'int' && scale === 'log'
      ? [
          'ConfigSpace samples the bounds of a log range of whole numbers with other probabilities: 1 of 1..10 in 28 % of its samples, here in 36 %',
        ]
      : [];
  return { setting: range(kind, low, high, scale), notes };
}

function categorical(one: unknown): Reading {
  const weights = field(one, 'weights') ?? field(one, 'probabilities');
  const setting = choices(listOf(field(one, 'choices')).map((each) => plainValue(each, 'a choice')));
  const differ = Array.isArray(weights) && new Set(weights).size > 1;
  return { setting, notes: differ ? ['its weights are not kept: all choices are equally likely here'] : [] };
}
