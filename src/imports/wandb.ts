/** Sweeps of Weights & Biases, as its package `sweeps` 0.3.0 reads them (docs/interop.md). */
import { field, isFields, listOf, maybeNumber, numberIn, plainValue, shown, textOf } from './fields.ts';
import { NoCounterpart, type Reading, type SourceSpace, SpaceBuilder } from './imported-space.ts';
import { Spelled } from './source-text.ts';
import { choices, quantized, range, words } from './supports.ts';

export function isWandb(data: unknown): boolean {
  return (
    isFields(field(data, 'parameters')) && ['method', 'program', 'metric'].some((key) => field(data, key) !== undefined)
  );
}

export function readWandb(data: unknown): SourceSpace {
  const space = new SpaceBuilder('wandb-sweep');
  const method = textOf(field(data, 'method'));
  parameters(space, field(data, 'parameters'), '', method === 'grid');
  readMethod(space, field(data, 'method'));
  const metric = field(data, 'metric');
  if (isFields(metric)) {
    const goal = field(metric, 'goal');
    if (goal === undefined) space.note('metric', 'it has no goal: W&B minimizes');
    space.objective(textOf(field(metric, 'name')), goal ?? 'minimize');
    if (field(metric, 'target') !== undefined)
      space.leaveOut('metric.target', 'is not imported; budget.target ends a search at a value');
    space.leaveOutOthers(metric, ['name', 'goal', 'target'], 'has no counterpart here', 'metric.');
  }
  readEarlyTermination(space, field(data, 'early_terminate'));
  const cap = maybeNumber(field(data, 'run_cap'));
  if (cap !== undefined) space.strategy(`run_cap: ${cap}`, 'budget', { trials: cap });
  const named = ['name', 'description'];
  for (const key of named)
    if (field(data, key) !== undefined) space.leaveOut(key, 'is that of the sweep; a search is given its own');
  const read = ['method', 'parameters', 'metric', 'early_terminate', 'run_cap', ...named];
  space.leaveOutOthers(data, read, 'says how W&B starts a program; here the service trains the networks');
  return space.done();
}

function readMethod(space: SpaceBuilder, method: unknown): void {
  if (method === 'random' || method === 'grid') space.strategy(`method: ${method}`, 'sampler', { type: method });
  else if (method === 'bayes') {
    space.strategy('method: bayes', 'sampler', { type: 'tpe' });
    space.note('method', 'bayes is W&B’s Gaussian process; tpe here also learns from results, in another way');
  } else space.leaveOut('method', `must be random, grid or bayes, got ${shown(method)}; the default sampler is used`);
}

function readEarlyTermination(space: SpaceBuilder, stop: unknown): void {
  if (stop === undefined || stop === null) return;
  const [eta, minIter, maxIter, s] = ['eta', 'min_iter', 'max_iter', 's'].map((key) => maybeNumber(field(stop, key)));
  const factor = eta ?? 3;
  if (field(stop, 'type') !== 'hyperband') {
    space.leaveOut('early_terminate', `its type must be hyperband, got ${shown(field(stop, 'type'))}`);
    return;
  }
  const known = ['type', 'eta', 'min_iter', 'max_iter', 's', 'strict'];
  space.leaveOutOthers(stop, known, 'is ignored by W&B and here', 'early_terminate.');
  if (minIter !== undefined && maxIter !== undefined && s === undefined)
    space.note(
      'early_terminate',
      'min_iter and max_iter without s pass W&B’s validation, and fail there when a run may be stopped',
    );
  const first = maxIter !== undefined && s !== undefined ? maxIter / factor ** s : minIter;
  if (first === undefined || !Number.isInteger(factor) || factor < 2 || factor > 10) {
    space.leaveOut('early_terminate', 'needs min_iter, or max_iter with s, and a whole eta from 2 to 10');
    return;
  }
  const minEpochs = Math.max(1, Math.floor(first));
  space.strategy('early_terminate: hyperband', 'pruner', {
    type: 'successiveHalving',
    minEpochs,
    reductionFactor: factor,
    reproducible: false,
  });
  const strict = field(stop, 'strict') ?? true;
  space.note(
    'early_terminate',
    `W&B compares a run at its bands (from ${minEpochs}, times ${factor}) with those that were there first; ${
      maxIter !== undefined && s !== undefined
        ? `here the bands go on to the last epoch, there up to ${maxIter / factor}; `
        : ''
    }floor(n/eta) + 1 of n go on there, floor(n/eta) here. strict is true by default in W&B and is ${String(strict)} in this file, which has no counterpart here. Its iterations are calls of log, here they are epochs`,
  );
}

function parameters(space: SpaceBuilder, all: unknown, prefix: string, isGrid: boolean): void {
  for (const [key, config] of Object.entries(isFields(all) ? all : {})) {
    const name = `${prefix}${key}`;
    if (isFields(field(config, 'parameters'))) parameters(space, field(config, 'parameters'), `${name}.`, isGrid);
    else space.parameter(name, () => parameter(config, isGrid));
  }
}

const known = ['value', 'values', 'probabilities', 'min', 'max', 'mu', 'sigma', 'q', 'distribution'];

function parameter(config: unknown, isGrid: boolean): Reading {
  if (!isFields(config))
    throw new NoCounterpart(`must be a map with value, values, or min and max, got ${shown(config)}`);
  const reading = distribution(config, isGrid);
  const unknown = Object.keys(config).filter((key) => !known.includes(key));
  const refused =
    unknown.length === 0 ? [] : [`W&B refuses a parameter with ${unknown.join(', ')}; it is ignored here`];
  return { ...reading, notes: [...(reading.notes ?? []), ...refused] };
}

function distribution(config: unknown, isGrid: boolean): Reading {
  const kind = textOf(field(config, 'distribution'));
  const [value, values] = [field(config, 'value'), field(config, 'values')];
  if (kind === 'constant' || (kind === undefined && value !== undefined)) return { setting: constant(value) };
  if (kind === 'categorical' || kind === 'categorical_w_probabilities' || (kind === undefined && values !== undefined))
    return categorical(values, field(config, 'probabilities'));
  if (kind !== undefined) return named(kind, config, isGrid);
  if (field(config, 'q') !== undefined) throw new NoCounterpart('W&B refuses min, max and q without a distribution');
  const [low, high] = bounds(config);
  const isInt = !isFloat(field(config, 'min')) && !isFloat(field(config, 'max'));
  const spelling = isInt
    ? 'both ends are written without a dot: whole numbers'
    : 'an end is written with a dot: fractions too';
  return continuous(range(isInt ? 'int' : 'float', low, high), isGrid && !isInt, [spelling]);
}

function constant(value: unknown): Reading['setting'] {
  return plainValue(value, 'value');
}

function categorical(values: unknown, probabilities: unknown): Reading {
  const list = listOf(values).map((one) => plainValue(one, 'a choice'));
  const setting = choices(list);
  const twice = setting.distribution === 'categorical' && setting.choices.length < list.length;
  const texts = list.filter((one) => typeof one === 'string' && one.trim() !== '' && Number.isFinite(Number(one)));
  const notes = [
    ...(texts.length > 0
      ? [
          `W&B’s YAML has texts among its choices: ${words(choices(texts))}; a number has no quotes, and a dot before its exponent (1.0e-5)`,
        ]
      : []),
    ...(twice
      ? ['choices that are there twice count once here and in W&B’s grid; its random search draws them twice as often']
      : []),
    ...(probabilities === undefined
      ? []
      : ['probabilities are not kept: all choices are equally likely here (W&B’s Optuna engine drops them too)']),
  ];
  return { setting, notes };
}

/** A JSON file has lost how its numbers were spelled. */
function isFloat(bound: unknown): boolean {
  return bound instanceof Spelled ? bound.isFloat : !Number.isInteger(bound);
}

function bounds(config: unknown): [low: number, high: number] {
  for (const name of ['min', 'max']) {
    const text = field(config, name);
    if (typeof text === 'string' && text !== '' && Number.isFinite(Number(text)))
      throw new NoCounterpart(
        `${name}: ${text} is a text in W&B’s YAML, which it refuses; write ${spelledForYaml(text)}, without quotes`,
      );
  }
  const [low, high] = [numberIn(config, 'min'), numberIn(config, 'max')];
  if (low >= high) throw new NoCounterpart(`W&B refuses min ${low} that is not below max ${high}`);
  return [low, high];
}

/** A number as PyYAML takes it for one: digits and a dot before an exponent, which has a sign. */
function spelledForYaml(text: string): string {
  const [, sign, whole, dot, fraction, exponent] =
    /^([-+]?)(\d*)(\.?)(\d*)(?:[eE]([-+]?\d+))?$/.exec(text.trim()) ?? [];
  if (sign === undefined) return String(Number(text));
  if (dot === '' && exponent === undefined) return `${sign}${whole}`;
  const power = exponent === undefined ? '' : `e${/^[-+]/.test(exponent) ? '' : '+'}${exponent}`;
  return `${sign}${whole || '0'}.${fraction || '0'}${power}`;
}

function continuous(setting: Reading['setting'], isGrid: boolean, notes: readonly string[] = []): Reading {
  const grid = isGrid
    ? ['W&B’s grid fails on a continuous distribution at the first run; the grid here takes 5 points']
    : [];
  return { setting, notes: [...notes, ...grid] };
}

function named(kind: string, config: unknown, isGrid: boolean): Reading {
  const engines = { rounds: 'W&B’s random search rounds multiples from 0', counts: 'its grid counts from min' };
  if (/normal|beta/.test(kind)) throw new NoCounterpart(`there is no ${kind} distribution here; give a range`);
  const [low, high] = bounds(config);
  const q = field(config, 'q') === undefined ? 1 : numberIn(config, 'q');
  const noQ = kind.startsWith('q_') && field(config, 'q') === undefined ? ['q is 1 by default in W&B'] : [];
  switch (kind) {
    case 'int_uniform': {
      if (isFloat(field(config, 'min')) || isFloat(field(config, 'max')))
        throw new NoCounterpart('W&B refuses int_uniform with ends that are written with a dot');
      return { setting: range('int', low, high) };
    }
    case 'uniform':
      return continuous(range('float', low, high), isGrid);
    case 'log_uniform_values':
      return continuous(range('float', low, high, 'log'), isGrid);
    case 'log_uniform':
      return continuous(range('float', Math.exp(low), Math.exp(high), 'log'), isGrid, [
        `min and max are exponents of e: e^${low} to e^${high}. W&B refuses log_uniform today: “Use log_uniform_values”`,
      ]);
    case 'q_uniform': {
      const reading = quantized({ low, high, q }, !isGrid, engines);
      return { ...reading, notes: [...noQ, ...(reading.notes ?? [])] };
    }
    case 'q_log_uniform_values': {
      if (low <= 0) throw new NoCounterpart(`a log scale must start above 0, got ${low}`);
      const reading = quantized({ low, high, q, scale: 'log' }, !isGrid, engines);
      return { ...reading, notes: [...noQ, ...(reading.notes ?? [])] };
    }
    default:
      throw new NoCounterpart(`there is no distribution ${shown(kind)} here; give a range`);
  }
}
