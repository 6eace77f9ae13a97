/** A parameter of Katib as the suggestion service of its algorithm takes it: what they do differs (docs/interop.md). */
import { field, isFields, listOf, maybeNumber, plainValue, shown, textOf } from './fields.ts';
import { NoCounterpart, type Reading } from './imported-space.ts';
import { type KatibRange, katibRange } from './katib-engines.ts';
import { Spelled } from './source-text.ts';
import { choices } from './supports.ts';

export function katibParameter(one: unknown, algorithm: string): Reading {
  const space = field(one, 'feasibleSpace');
  const type = field(one, 'parameterType');
  const isList = type === 'categorical' || type === 'discrete';
  const reading = isList
    ? listed(listOf(field(space, 'list')), type, algorithm)
    : katibRange(numbersIn(space, type, algorithm));
  const known = isList ? ['list'] : ['min', 'max', 'step', 'distribution'];
  const ignored = [
    ...unknownFields(one, ['name', 'parameterType', 'feasibleSpace']),
    ...unknownFields(space, known).map((name) => `feasibleSpace.${name}`),
  ];
  const notes = ignored.length === 0 ? [] : [`ignored here: ${ignored.join(', ')}`];
  return { ...reading, notes: [...(reading.notes ?? []), ...notes] };
}

function unknownFields(value: unknown, known: readonly string[]): readonly string[] {
  return isFields(value) ? Object.keys(value).filter((name) => !known.includes(name)) : [];
}

function listed(list: readonly unknown[], type: 'categorical' | 'discrete', algorithm: string): Reading {
  const values = list.map((value) => plainValue(value instanceof Spelled ? value.value : value, 'a choice'));
  const setting = choices(values);
  const notes: string[] = [];
  if (type === 'discrete') {
    notes.push('Katib gives its values as texts; here they are numbers');
    if (algorithm === 'hyperband')
      notes.push(
        values.every((value) => Number.isInteger(Number(value)))
          ? 'Katib’s hyperband draws evenly between the lowest and the highest and takes the nearest value, with other probabilities than here: all are equally likely'
          : 'Katib’s hyperband fails on discrete values that are not whole; here all are equally likely',
      );
  }
  if (setting.distribution === 'categorical' && setting.choices.length < values.length)
    notes.push('values that are there twice count once here; most of Katib’s services draw them twice as often');
  return { setting, notes };
}

/** Python and Go read these as numbers; what else JavaScript reads as one (`0x10`) they refuse. */
const DECIMAL = /^\s*[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?\s*$/i;

function numbersIn(space: unknown, type: unknown, algorithm: string): KatibRange {
  if (type !== 'double' && type !== 'int')
    throw new NoCounterpart(`parameterType must be double, int, discrete or categorical, got ${shown(type)}`);
  const number = (name: string) => {
    const value = field(space, name);
    const read = maybeNumber(typeof value === 'string' && DECIMAL.test(value) ? Number(value) : value);
    if (read === undefined) throw new NoCounterpart(`${name} must be a number, got ${shown(value)}`);
    return read;
  };
  const [low, high] = [number('min'), number('max')];
  // The webhook and the services take an empty text for none.
  const hasStep = ![undefined, null, ''].includes(field(space, 'step') as string | null | undefined);
  const step = hasStep ? number('step') : undefined;
  if (low > high) throw new NoCounterpart(`its lower bound ${low} is above its upper bound ${high}`);
  if (type === 'int') {
    const isHyperopt = algorithm === 'random' || algorithm === 'tpe';
    if (step !== undefined && !Number.isInteger(step))
      throw new NoCounterpart(`the step of an int must be whole, got ${step}; Katib refuses it, or cuts the values`);
    if (!isHyperopt && ![low, high].every(Number.isInteger))
      throw new NoCounterpart(`the ends of an int must be whole, got ${low} and ${high}; Katib’s ${algorithm} fails`);
  }
  return { algorithm, type, low, high, step, distribution: textOf(field(space, 'distribution')) || 'uniform' };
}
