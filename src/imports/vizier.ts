/** Studies of Vizier in JSON, as google-vizier 0.1.24 writes them (docs/interop.md). */
import type { Value } from '../algorithms/space/space.ts';
import { field, isFields, listOf, numberInText, plainValue, shown, textOf } from './fields.ts';
import { MAX_NAME, NoCounterpart, noDefaults, type Reading, type SourceSpace, SpaceBuilder } from './imported-space.ts';
import { choices, range } from './supports.ts';

function specOf(data: unknown): unknown {
  return field(data, 'studySpec') ?? field(data, 'study_spec') ?? data;
}

/** A field in the spelling of protobuf’s JSON, or with the names of the .proto file. */
function either(value: unknown, name: string): unknown {
  return field(value, name) ?? field(value, snakeCase(name));
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

export function isVizier(data: unknown): boolean {
  return listOf(field(specOf(data), 'parameters')).some((one) => either(one, 'parameterId') !== undefined);
}

const samplers: Readonly<Record<string, string>> = {
  RANDOM_SEARCH: 'random',
  GRID_SEARCH: 'grid',
  QUASI_RANDOM_SEARCH: 'sobol',
  CMA_ES: 'cmaes',
};

export function readVizier(data: unknown): SourceSpace {
  const space = new SpaceBuilder('vizier-study');
  const spec = specOf(data);
  for (const one of listOf(field(spec, 'parameters'))) read(space, one, []);
  const metrics = listOf(field(spec, 'metrics'));
  if (metrics.length > 1)
    space.leaveOut('metrics', `the study has ${metrics.length} metrics; here a search has one objective`);
  else if (metrics.length === 1) {
    const [metric] = metrics;
    const goal = field(metric, 'goal');
    const direction = goal === 'MAXIMIZE' ? 'maximize' : goal === 'MINIMIZE' ? 'minimize' : undefined;
    space.objective(textOf(either(metric, 'metricId')), direction);
    space.leaveOutOthers(metric, ['metricId', 'metric_id', 'goal'], 'has no counterpart here', 'metrics.');
  }
  const algorithm = textOf(field(spec, 'algorithm'));
  if (algorithm !== undefined && Object.hasOwn(samplers, algorithm))
    space.strategy(`algorithm: ${algorithm}`, 'sampler', { type: samplers[algorithm]! });
  else if (algorithm !== undefined)
    space.leaveOut('algorithm', `there is no counterpart of ${algorithm}; the default sampler is used`);
  // A study is also known without its specification in a field of its own.
  const fields = Object.keys(isFields(data) ? data : {});
  const outer = fields.filter((name) => (spec === data ? ofStudy.includes(name) : !/^study_?spec$/i.test(name)));
  for (const name of outer) space.leaveOut(name.slice(0, MAX_NAME), 'is that of the study; a search is given its own');
  const taken = ['parameters', 'metrics', 'algorithm', ...(spec === data ? outer : [])];
  space.leaveOutOthers(spec, taken, 'has no counterpart that was checked');
  return space.done();
}

const ofStudy = ['name', 'displayName', 'display_name', 'state', 'createTime', 'create_time'];

type When = NonNullable<Reading['when']>;

function read(space: SpaceBuilder, parameter: unknown, when: When): void {
  const name = textOf(either(parameter, 'parameterId')) ?? '';
  const specs = ['doubleValueSpec', 'integerValueSpec', 'discreteValueSpec', 'categoricalValueSpec'];
  if (specs.some((kind) => either(either(parameter, kind), 'defaultValue') !== undefined)) space.note(name, noDefaults);
  // Values are given the types of ours, whatever they are in Python.
  const known = ['parameterId', 'scaleType', 'externalType', 'conditionalParameterSpecs', ...specs];
  const others = Object.keys(isFields(parameter) ? parameter : {}).filter(
    (key) => !known.some((one) => key === one || key === snakeCase(one)),
  );
  if (others.length > 0) space.note(name, `ignored here: ${others.join(', ')}`);
  space.parameter(name, () => ({ ...reading(parameter), when }));
  for (const { child, values } of childrenOf(parameter)) read(space, child, [...when, [name, values]]);
}

interface Child {
  readonly child: unknown;
  /** Of its parent. */
  readonly values: readonly Value[];
}

/** Vizier writes a parameter that is there for several values of its parent once for each: those that are the same are one. */
function childrenOf(parameter: unknown): readonly Child[] {
  const children = new Map<string, Child>();
  for (const conditional of listOf(either(parameter, 'conditionalParameterSpecs'))) {
    const child = either(conditional, 'parameterSpec');
    const key = JSON.stringify(child);
    const known = children.get(key)?.values ?? [];
    children.set(key, { child, values: [...new Set([...known, ...parentValues(conditional)])] });
  }
  return [...children.values()];
}

function parentValues(conditional: unknown): readonly Value[] {
  return ['parentCategoricalValues', 'parentIntValues', 'parentDiscreteValues']
    .flatMap((kind) => listOf(field(either(conditional, kind), 'values')))
    .map((value) =>
      either(conditional, 'parentCategoricalValues') === undefined
        ? (numberInText(value) ?? String(value))
        : String(value),
    );
}

function reading(parameter: unknown): Reading {
  const [categorical, discrete] = [either(parameter, 'categoricalValueSpec'), either(parameter, 'discreteValueSpec')];
  const notes = ['Vizier sorts choices as texts; their order has no meaning here'];
  if (isFields(categorical))
    return { setting: choices(listOf(field(categorical, 'values')).map((one) => plainValue(one))), notes };
  if (isFields(discrete)) {
    const values = listOf(field(discrete, 'values')).map((one) => {
      const number = numberInText(one);
      if (number === undefined) throw new NoCounterpart(`a discrete value must be a number, got ${shown(one)}`);
      return number;
    });
    return { setting: choices(values) };
  }
  const [double, integer] = [either(parameter, 'doubleValueSpec'), either(parameter, 'integerValueSpec')];
  if (!isFields(double) && !isFields(integer))
    throw new NoCounterpart('must have a doubleValueSpec, integerValueSpec, discreteValueSpec or categoricalValueSpec');
  const spec = isFields(double) ? double : integer;
  const [low, high] = [bound(spec, 'minValue'), bound(spec, 'maxValue')];
  const scaleType = textOf(either(parameter, 'scaleType')) ?? 'UNIT_LINEAR_SCALE';
  if (scaleType === 'UNIT_REVERSE_LOG_SCALE')
    throw new NoCounterpart('there is no reversed log scale here; give a range');
  const scale = scaleType === 'UNIT_LOG_SCALE' ? 'log' : 'linear';
  const setting = range(isFields(double) ? 'float' : 'int', low.value, high.value, scale);
  return { setting, notes: [low, high].flatMap(({ note }) => (note === undefined ? [] : [note])) };
}

/** Whole numbers are texts in protobuf’s JSON, and a zero is not written. */
function bound(spec: unknown, name: string): { readonly value: number; readonly note?: string } {
  const given = either(spec, name);
  if (given === undefined) return { value: 0, note: `${name} is not there: Vizier leaves out a 0` };
  const value = numberInText(given);
  if (value === undefined) throw new NoCounterpart(`${name} must be a number, got ${shown(given)}`);
  return { value };
}
