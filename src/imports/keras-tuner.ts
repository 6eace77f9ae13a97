/** Spaces in `oracle.json` and `trial.json` of Keras Tuner 1.4.8 (docs/interop.md). */
import type { Distribution } from '../algorithms/space/space.ts';
import { field, listOf, maybeNumber, numberIn, plainValue, shown, textOf } from './fields.ts';
import { NoCounterpart, type Reading, type SourceSpace, SpaceBuilder } from './imported-space.ts';
import { choices, range, stepped, words } from './supports.ts';

function spaceIn(data: unknown): unknown {
  return field(field(data, 'hyperparameters'), 'space') ?? field(data, 'space');
}

export function isKerasTuner(data: unknown): boolean {
  const list = spaceIn(data);
  return Array.isArray(list) && (list.length === 0 || list.some((one) => field(one, 'class_name') !== undefined));
}

export function readKerasTuner(data: unknown): SourceSpace {
  const space = new SpaceBuilder('keras-tuner');
  for (const one of listOf(spaceIn(data))) {
    const config = field(one, 'config');
    space.parameter(textOf(field(config, 'name')) ?? '', () => ({
      ...parameter(field(one, 'class_name'), config),
      when: conditionsOf(config),
    }));
  }
  space.note(
    '',
    'the file says neither the objective nor the tuner: these have the defaults of this service, and what it has of trials is not imported. Keras Tuner tries all defaults first, which are the lowest values and first choices unless the model says otherwise',
  );
  return space.done();
}

function conditionsOf(config: unknown): NonNullable<Reading['when']> {
  return listOf(field(config, 'conditions')).map((condition) => {
    const own = field(condition, 'config');
    const name = textOf(field(own, 'name'));
    if (field(condition, 'class_name') !== 'Parent' || name === undefined)
      throw new NoCounterpart(`its condition ${shown(field(condition, 'class_name'))} has no counterpart`);
    return [name, listOf(field(own, 'values')).map((value) => plainValue(value))] as const;
  });
}

function parameter(type: unknown, config: unknown): Reading {
  switch (type) {
    case 'Fixed':
      return { setting: plainValue(field(config, 'value')) };
    case 'Boolean':
      return { setting: choices([true, false]) };
    case 'Choice':
      return { setting: choices(listOf(field(config, 'values')).map((one) => plainValue(one, 'a choice'))) };
    case 'Int':
    case 'Float':
      return numeric(type === 'Int' ? 'int' : 'float', config);
    default:
      throw new NoCounterpart(`must be Int, Float, Choice, Boolean or Fixed, got ${shown(type)}`);
  }
}

const MAX_MULTIPLIED = 1000;

function numeric(kind: 'int' | 'float', config: unknown): Reading {
  const [low, high] = [numberIn(config, 'min_value'), numberIn(config, 'max_value')];
  const sampling = textOf(field(config, 'sampling')) ?? 'linear';
  const step = maybeNumber(field(config, 'step'));
  if (sampling === 'reverse_log') throw new NoCounterpart('there is no reversed log scale here; give a range');
  if (sampling === 'log') return logarithmic(kind, low, high, step);
  if (sampling !== 'linear')
    throw new NoCounterpart(`sampling must be linear, log or reverse_log, got ${shown(sampling)}`);
  if (step === undefined || (kind === 'int' && step === 1)) return { setting: range(kind, low, high) };
  const whole = stepped(low, high, step);
  if (kind === 'int' || whole.distribution === 'categorical') return { setting: whole };
  const reached = lastOfFloats(low, high, step);
  if (reached >= whole.high) return { setting: whole };
  const missing = stepped(low, reached, step);
  return {
    setting: missing,
    alternatives: [{ about: `with its end ${high}`, setting: whole }],
    notes: [`Keras Tuner misses the end ${high} by rounding: ${words(missing)}`],
  };
}

/** The last value of a linear Float with a step: its count comes from an integer division of floats. */
function lastOfFloats(low: number, high: number, step: number): number {
  // Python's float floor division is exact: 1.0 // 0.1 is 9.
  const rest = (high - low) % step;
  const count = Math.round((high - low - rest) / step);
  return Number((low + count * step).toPrecision(15));
}

function logarithmic(kind: 'int' | 'float', low: number, high: number, step: number | undefined): Reading {
  if (low <= 0) throw new NoCounterpart(`a log scale must start above 0, got ${low}`);
  const shares =
    kind === 'int'
      ? [
          'Keras Tuner samples the bounds of a log range of whole numbers with other probabilities: 1 of 1..10 in 28 % of its samples, here in 36 %',
        ]
      : [];
  if (step === undefined || (kind === 'int' && step === 1))
    return { setting: range(kind, low, high, 'log'), notes: shares };
  if (step <= 1)
    throw new NoCounterpart(
      `Keras Tuner refuses the step ${step} on a log scale, which multiplies: it must be above 1`,
    );
  const values: number[] = [];
  for (let value = low; value <= high * (1 + 1e-12); value *= step) {
    values.push(Number(value.toPrecision(12)));
    if (values.length > MAX_MULTIPLIED) throw new NoCounterpart(`it has more than ${MAX_MULTIPLIED} values`);
  }
  const setting: Distribution = choices(values);
  return { setting, notes: [`a step on a log scale multiplies in Keras Tuner: ${words(setting)}`] };
}
