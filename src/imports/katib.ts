/** Experiments of Katib (v1beta1), as its suggestion services of 2026-06-22 read them (docs/interop.md). */
import { field, isFields, listOf, numberInText, plainValue, shown, textOf } from './fields.ts';
import { NoCounterpart, type Reading, type SourceSpace, SpaceBuilder } from './imported-space.ts';
import { Spelled } from './source-text.ts';
import { choices, quantized, range } from './supports.ts';

export function isKatib(data: unknown): boolean {
  const version = textOf(field(data, 'apiVersion'));
  return field(data, 'kind') === 'Experiment' || version?.startsWith('kubeflow.org/') === true;
}

/** Their samples come from Hyperopt, which rounds from 0. */
const hyperopt = ['random', 'tpe'];
/** Theirs from Optuna, which counts steps from the low end. */
const optuna = ['grid', 'multivariate-tpe'];

const samplers: Readonly<Record<string, string>> = {
  random: 'random',
  grid: 'grid',
  tpe: 'tpe',
  'multivariate-tpe': 'tpe',
  bayesianoptimization: 'tpe',
  cmaes: 'cmaes',
  sobol: 'sobol',
};

export function readKatib(data: unknown): SourceSpace {
  const space = new SpaceBuilder('katib-experiment');
  const spec = field(data, 'spec');
  const algorithm = textOf(field(field(spec, 'algorithm'), 'algorithmName')) ?? '';
  for (const one of listOf(field(spec, 'parameters')))
    space.parameter(textOf(field(one, 'name')) ?? '', () => parameter(one, algorithm));
  const sampler = Object.hasOwn(samplers, algorithm) ? samplers[algorithm] : undefined;
  if (sampler === undefined)
    space.leaveOut('algorithm', `there is no counterpart of ${shown(algorithm)}; the default sampler is used`);
  else space.strategy(`algorithm: ${algorithm}`, 'sampler', { type: sampler });
  if (algorithm === 'bayesianoptimization')
    space.note('algorithm', 'tpe here also learns from results, in another way');
  const objective = field(spec, 'objective');
  if (isFields(objective)) {
    space.objective(textOf(field(objective, 'objectiveMetricName')), field(objective, 'type'));
    if (field(objective, 'goal') !== undefined)
      space.leaveOut(
        'objective.goal',
        `${shown(field(objective, 'goal'))} is not imported; budget.target ends a search at a value`,
      );
    const read = ['type', 'objectiveMetricName', 'goal'];
    space.leaveOutOthers(objective, read, 'has no counterpart: a search has one objective', 'objective.');
  }
  const counts = [
    ['maxTrialCount', 'trials'],
    ['maxFailedTrialCount', 'failures'],
  ] as const;
  for (const [name, part] of counts) {
    const count = numberInText(field(spec, name));
    if (count !== undefined && (part === 'trials' || count > 0))
      space.strategy(`${name}: ${count}`, 'budget', { [part]: count });
  }
  for (const one of listOf(field(field(spec, 'algorithm'), 'algorithmSettings')))
    space.leaveOut(
      `algorithm.${textOf(field(one, 'name')) ?? shown(one)}`,
      'is a setting of Katib’s services; samplers here have their own',
    );
  readEarlyStopping(space, field(spec, 'earlyStopping'));
  const read = ['parameters', 'algorithm', 'objective', 'earlyStopping', ...counts.map(([name]) => name)];
  space.leaveOutOthers(spec, read, 'says how Katib starts containers; here the service trains the networks');
  return space.done();
}

function readEarlyStopping(space: SpaceBuilder, stop: unknown): void {
  if (!isFields(stop)) return;
  const name = field(stop, 'algorithmName');
  if (name !== 'medianstop') {
    space.leaveOut('earlyStopping', `there is no counterpart of ${shown(name)}`);
    return;
  }
  const settings = listOf(field(stop, 'algorithmSettings'));
  const setting = (key: string) =>
    numberInText(
      field(
        settings.find((one) => field(one, 'name') === key),
        'value',
      ),
    );
  const [startupTrials, warmupEpochs] = [setting('min_trials_required'), setting('start_step')];
  space.strategy('earlyStopping: medianstop', 'pruner', {
    type: 'median',
    ...(startupTrials !== undefined && { startupTrials: Math.max(1, startupTrials) }),
    ...(warmupEpochs !== undefined && { warmupEpochs }),
  });
  for (const one of settings)
    if (!['min_trials_required', 'start_step'].includes(textOf(field(one, 'name')) ?? ''))
      space.leaveOut(`earlyStopping.${textOf(field(one, 'name')) ?? shown(one)}`, 'has no counterpart here');
  space.note('earlyStopping', 'steps of Katib are reports of a metric; here they are epochs');
}

function parameter(one: unknown, algorithm: string): Reading {
  const [type, space] = [field(one, 'parameterType'), field(one, 'feasibleSpace')];
  if (type === 'categorical' || type === 'discrete') {
    const values = listOf(field(space, 'list')).map((value) =>
      plainValue(value instanceof Spelled ? value.value : value, 'a choice'),
    );
    return {
      setting: choices(values),
      notes: type === 'discrete' ? ['Katib gives its values as texts; here they are numbers'] : [],
    };
  }
  if (type !== 'double' && type !== 'int')
    throw new NoCounterpart(`parameterType must be double, int, discrete or categorical, got ${shown(type)}`);
  const number = (name: string) => {
    const read = numberInText(field(space, name));
    if (read === undefined) throw new NoCounterpart(`${name} must be a number, got ${shown(field(space, name))}`);
    return read;
  };
  const distribution = textOf(field(space, 'distribution')) ?? 'uniform';
  if (/normal/i.test(distribution))
    throw new NoCounterpart(
      `there is no ${distribution} distribution here; Katib takes the middle of min and max as mean, and does not cut to them`,
    );
  const [low, high] = [number('min'), number('max')];
  const scale = distribution === 'logUniform' ? 'log' : 'linear';
  if (scale === 'log' && low <= 0) throw new NoCounterpart(`a log scale must start above 0, got ${low}`);
  const step = field(space, 'step') === undefined ? undefined : number('step');
  const checked = hyperopt.includes(algorithm) || optuna.includes(algorithm);
  const doubt =
    checked || step === undefined
      ? []
      : [`what ${algorithm} makes of a step was not checked; Katib’s random rounds from 0`];
  if (step !== undefined) {
    const reading = stepReading({ low, high, q: step, scale }, algorithm, type);
    return { ...reading, notes: [...(reading.notes ?? []), ...doubt] };
  }
  const missing = algorithm === 'grid' && type === 'double' ? ['Katib’s grid refuses a double without a step'] : [];
  const ends =
    type === 'int' && hyperopt.includes(algorithm)
      ? ['Katib takes both ends half as often as the others; here all are equally likely']
      : [];
  return { setting: range(type === 'int' ? 'int' : 'float', low, high, scale), notes: [...missing, ...ends] };
}

function stepReading(
  given: { readonly low: number; readonly high: number; readonly q: number; readonly scale: 'linear' | 'log' },
  algorithm: string,
  type: 'int' | 'double',
): Reading {
  const engines = {
    rounds: 'Katib’s random and tpe round to multiples from 0',
    counts: 'its grid and multivariate-tpe count from min',
  };
  if (given.scale === 'linear') return quantized(given, hyperopt.includes(algorithm), engines);
  if (hyperopt.includes(algorithm)) {
    const reading = quantized(given, true, { rounds: engines.rounds, counts: 'counted from min' });
    const zeros =
      given.low < given.q / 2 ? ['most of its values may be 0 in Katib (56 % for 1e-4 to 0.1 by 0.01)'] : [];
    return { ...reading, notes: [...(reading.notes ?? []), ...zeros] };
  }
  const setting = range(type === 'int' ? 'int' : 'float', given.low, given.high, 'log');
  return {
    setting,
    notes: [
      `Katib’s Optuna services ignore a step on a log scale; its random and tpe would round to multiples of ${given.q} from 0`,
    ],
  };
}
