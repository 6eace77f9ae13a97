/** Our own JSON of distributions that only exist in Python: of Ray Tune, Hyperopt and scikit-learn (docs/interop.md). */
import type { Value } from '../algorithms/space/space.ts';
import { field, isFields, listOf, maybeNumber, numberIn, plainValue, shown, textOf } from './fields.ts';
import { NoCounterpart, type Reading, type SourceSpace, SpaceBuilder, unreadable } from './imported-space.ts';
import { scikitNotes } from './names.ts';
import { choices, multiplesInside, range, roundedFromZero, weightNote, words } from './supports.ts';

const OWN_FORMAT = 'hypersearch-space';

export function isOwn(data: unknown): boolean {
  return field(data, 'format') === OWN_FORMAT;
}

const tools: Readonly<Record<string, (type: string, given: unknown) => Reading>> = {
  'ray-tune': ray,
  hyperopt,
  'scikit-learn': scikit,
};

export function readOwn(data: unknown): SourceSpace {
  const tool = textOf(field(data, 'tool'));
  const read = tool !== undefined && Object.hasOwn(tools, tool) ? tools[tool] : undefined;
  if (read === undefined)
    throw unreadable('tool', `must be one of ${Object.keys(tools).join(', ')}, got ${shown(field(data, 'tool'))}`);
  const hyperparameters = field(data, 'hyperparameters');
  if (!isFields(hyperparameters))
    throw unreadable('hyperparameters', `must be an object, got ${shown(hyperparameters)}`);
  const space = new SpaceBuilder(OWN_FORMAT);
  for (const [name, given] of Object.entries(hyperparameters)) space.parameter(name, () => parameter(given, read));
  if (tool === 'scikit-learn')
    for (const [name, given] of Object.entries(hyperparameters))
      for (const text of scikitNotes(name, (value) => JSON.stringify(given).includes(`"${value}"`)))
        space.note(name, text);
  const metric = textOf(field(data, 'metric'));
  if (metric !== undefined) space.objective(metric, field(data, 'direction'));
  const trials = maybeNumber(field(data, 'trials'));
  if (trials !== undefined) space.strategy(`trials: ${trials}`, 'budget', { trials });
  const known = ['format', 'tool', 'metric', 'direction', 'trials', 'hyperparameters'];
  space.leaveOutOthers(data, known, 'is not a field of this format');
  return space.done();
}

const fields = ['type', 'when', 'values', 'low', 'high', 'q', 'loc', 'scale'];

function parameter(given: unknown, read: (type: string, given: unknown) => Reading): Reading {
  if (Array.isArray(given)) return { setting: choices(given.map((one) => plainValue(one, 'a choice'))) };
  if (!isFields(given)) return { setting: plainValue(given) };
  const type = textOf(field(given, 'type'));
  if (type === undefined) throw new NoCounterpart(`must have a type, got ${shown(given)}`);
  const when = field(given, 'when');
  const conditions = Object.entries(isFields(when) ? when : {}).map(
    ([name, values]) => [name, listOf(values).map((one) => plainValue(one))] as const,
  );
  if (/norm|randn/.test(type)) throw new NoCounterpart(`there is no ${type} distribution here; give a range`);
  const reading = read(type, given);
  const unknown = Object.keys(given).filter((key) => !fields.includes(key));
  const ignored = unknown.length === 0 ? [] : [`${unknown.join(', ')} is ignored here`];
  return { ...reading, notes: [...(reading.notes ?? []), ...ignored], when: conditions };
}

function listed(given: unknown): readonly Value[] {
  return listOf(field(given, 'values')).map((one) => plainValue(one, 'a choice'));
}

const HALF = 'the first and the last value are half as likely as the others there; here all are equally likely';

function ray(type: string, given: unknown): Reading {
  if (type === 'choice' || type === 'grid_search') return { setting: choices(listed(given)) };
  const [low, high] = [numberIn(given, 'low'), numberIn(given, 'high')];
  const q = maybeNumber(field(given, 'q')) ?? 1;
  const scale = type.includes('log') ? 'log' : 'linear';
  switch (type) {
    case 'uniform':
    case 'loguniform':
      return { setting: range('float', low, high, scale) };
    case 'quniform':
    case 'qloguniform': {
      const off = [low, high].find((end) => !isMultiple(end, q));
      if (off !== undefined)
        throw new NoCounterpart(`Ray refuses an end of ${type} that is no multiple of q: ${off} of ${q}`);
      const setting = multiplesInside(low, high, q, scale);
      return { setting, notes: [...(scale === 'linear' ? [HALF] : []), ...weightNote(setting, scale)] };
    }
    case 'randint':
    case 'lograndint': {
      const shares =
        scale === 'log'
          ? ['Ray rounds a log range of whole numbers down, so the shares of its ends differ from ours']
          : [];
      const setting = range('int', low, high - 1, scale);
      return { setting, notes: [`Ray excludes the upper end of ${type}: ${words(setting)}`, ...shares] };
    }
    case 'qrandint':
    case 'qlograndint': {
      const setting = q === 1 ? range('int', low, high - 1, scale) : multiplesInside(low, high, q, scale);
      const end =
        q === 1
          ? `excludes the upper end of ${type} where q is 1`
          : `includes the upper end of ${type} where q is not 1, and moves the ends inwards to multiples of ${q}`;
      return { setting, notes: [`Ray ${end}: ${words(setting)}`, ...weightNote(setting, scale)] };
    }
    default:
      throw new NoCounterpart(`there is no distribution ${shown(type)} of Ray Tune`);
  }
}

function isMultiple(value: number, q: number): boolean {
  return Math.abs(value / q - Math.round(value / q)) < 1e-9;
}

function hyperopt(type: string, given: unknown): Reading {
  if (type === 'choice') return { setting: choices(listed(given)) };
  const [low, high] = [
    maybeNumber(field(given, 'low')) ?? (type === 'randint' ? 0 : Number.NaN),
    numberIn(given, 'high'),
  ];
  if (Number.isNaN(low)) throw new NoCounterpart('low must be a finite number, got nothing');
  const q = maybeNumber(field(given, 'q')) ?? 1;
  switch (type) {
    case 'uniform':
      return { setting: range('float', low, high) };
    case 'loguniform':
      return {
        setting: range('float', Math.exp(low), Math.exp(high), 'log'),
        notes: ['low and high are exponents of e'],
      };
    case 'randint':
      return { setting: range('int', low, high - 1), notes: ['Hyperopt excludes the upper end of randint'] };
    case 'uniformint':
      return {
        setting: range('int', low, high),
        notes: [`Hyperopt’s uniformint is not uniform: ${HALF}. Its q is ignored`],
      };
    case 'quniform': {
      const setting = roundedFromZero(low, high, q);
      return {
        setting,
        notes: [
          `Hyperopt rounds to multiples of ${q} from 0 and does not cut to ${low}..${high}: ${words(setting)}`,
          HALF,
        ],
      };
    }
    case 'qloguniform': {
      const setting = roundedFromZero(Math.exp(low), Math.exp(high), q, 'log');
      return {
        setting,
        notes: [
          `low and high are exponents of e; Hyperopt rounds to multiples of ${q} from 0: ${words(setting)}`,
          ...weightNote(setting, 'log'),
        ],
      };
    }
    default:
      throw new NoCounterpart(`there is no distribution ${shown(type)} of Hyperopt`);
  }
}

function scikit(type: string, given: unknown): Reading {
  switch (type) {
    case 'choice':
      return { setting: choices(listed(given)) };
    case 'uniform': {
      const [loc, scale] = [maybeNumber(field(given, 'loc')) ?? 0, maybeNumber(field(given, 'scale')) ?? 1];
      return {
        setting: range('float', loc, loc + scale),
        notes: [`SciPy’s uniform goes from loc to loc + scale: ${loc} to ${loc + scale}`],
      };
    }
    case 'loguniform':
      return { setting: range('float', numberIn(given, 'low'), numberIn(given, 'high'), 'log') };
    case 'randint': {
      const [low, high] = [numberIn(given, 'low'), numberIn(given, 'high')];
      return { setting: range('int', low, high - 1), notes: ['SciPy excludes the upper end of randint'] };
    }
    default:
      throw new NoCounterpart(`there is no distribution ${shown(type)} of SciPy here`);
  }
}
