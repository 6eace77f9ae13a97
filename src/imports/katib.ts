/** Experiments of Katib (v1beta1), as its services of version 0.19.0 read them (docs/interop.md). */
import { log } from '../exact-math.ts';
import { field, isFields, listOf, numberInText, shown, textOf } from './fields.ts';
import { type SourceSpace, SpaceBuilder, unreadable } from './imported-space.ts';
import { katibParameter } from './katib-parameter.ts';

export function isKatib(data: unknown): boolean {
  const version = textOf(field(data, 'apiVersion'));
  return field(data, 'kind') === 'Experiment' || version?.startsWith('kubeflow.org/') === true;
}

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
  const hyperband = algorithm === 'hyperband' ? hyperbandOf(field(spec, 'algorithm')) : undefined;
  for (const one of listOf(field(spec, 'parameters'))) {
    const name = textOf(field(one, 'name')) ?? '';
    space.parameter(name, () =>
      name === hyperband?.resource ? { setting: hyperband.most, notes: [RESOURCE] } : katibParameter(one, algorithm),
    );
  }
  if (listOf(field(spec, 'parameters')).length === 0 && field(spec, 'nasConfig') !== undefined)
    throw unreadable('spec.nasConfig', 'is a search of architectures, which has no counterpart here');
  readAlgorithm(space, field(spec, 'algorithm'), algorithm, hyperband);
  readObjective(space, field(spec, 'objective'));
  readCounts(space, spec);
  readEarlyStopping(space, field(spec, 'earlyStopping'), hyperband !== undefined);
  if (field(spec, 'nasConfig') !== undefined)
    space.leaveOut('nasConfig', 'describes a search of architectures, which has no counterpart here');
  const read = ['parameters', 'algorithm', 'objective', 'earlyStopping', 'nasConfig', ...counts.map(([name]) => name)];
  space.leaveOutOthers(spec, read, 'says how Katib starts containers; here the service trains the networks');
  space.leaveOutOthers(data, ['apiVersion', 'kind', 'spec'], 'is that of the experiment; a search is given its own');
  return space.done();
}

const counts = [
  ['maxTrialCount', 'trials'],
  ['maxFailedTrialCount', 'failures'],
] as const;

function readCounts(space: SpaceBuilder, spec: unknown): void {
  for (const [name, part] of counts) {
    const given = field(spec, name);
    if (given === undefined) continue;
    const count = numberInText(given);
    if (count === undefined) space.leaveOut(name, `must be a number, got ${shown(given)}`);
    // Katib compares the failures with it once there is one.
    else space.strategy(`${name}: ${count}`, 'budget', { [part]: part === 'failures' && count === 0 ? 1 : count });
  }
}

function readObjective(space: SpaceBuilder, objective: unknown): void {
  if (!isFields(objective)) return;
  space.objective(textOf(field(objective, 'objectiveMetricName')), field(objective, 'type'));
  if (field(objective, 'goal') !== undefined)
    space.leaveOut(
      'objective.goal',
      `${shown(field(objective, 'goal'))} is not imported; budget.target ends a search at a value`,
    );
  const read = ['type', 'objectiveMetricName', 'goal'];
  space.leaveOutOthers(objective, read, 'has no counterpart: a search has one objective', 'objective.');
}

type Settings = readonly (readonly [name: string, value: unknown])[];

function settingsOf(algorithm: unknown): Settings {
  return listOf(field(algorithm, 'algorithmSettings')).map(
    (one) => [textOf(field(one, 'name')) ?? shown(one), field(one, 'value')] as const,
  );
}

interface Hyperband {
  /** The parameter that says how long a trial trains. */
  readonly resource: string;
  readonly most: number;
  readonly eta: number;
  /** Of the first rung of its first bracket. */
  readonly least: number;
}

const RESOURCE =
  'Katib’s hyperband sets it to the resource of a rung; trials that are promoted go on to this value here';

/** As `HyperBandParam` of the service computes its brackets. */
function hyperbandOf(algorithm: unknown): Hyperband | undefined {
  const settings = new Map(settingsOf(algorithm));
  const resource = textOf(settings.get('resource_name'));
  const most = numberInText(settings.get('r_l'));
  const eta = numberInText(settings.get('eta')) ?? 3;
  if (resource === undefined || most === undefined || most < 1 || !Number.isInteger(eta) || eta < 2 || eta > 10)
    return undefined;
  // Rounded as in Python, by which 243 has one bracket less: log 243 / log 3 is 4.999….
  const brackets = Math.trunc(log(most) / log(eta));
  return { resource, most: Math.trunc(most), eta, least: Math.trunc(most * eta ** -brackets) };
}

const algorithmNotes: Readonly<Record<string, string>> = {
  tpe: 'Katib’s tpe suggests the same values to all trials that it is asked for at once, but for the first time; here each trial has its own',
  bayesianoptimization: 'tpe here also learns from results, in another way',
  cmaes:
    'Katib’s cmaes begins with one width for all parameters, a sixth of the narrowest range: wider ones hardly vary at first; here each begins with its own',
};

function readAlgorithm(space: SpaceBuilder, given: unknown, algorithm: string, hyperband: Hyperband | undefined): void {
  const sampler = Object.hasOwn(samplers, algorithm) ? samplers[algorithm] : undefined;
  if (hyperband !== undefined) {
    space.strategy('algorithm: hyperband', 'sampler', { type: 'random' });
    const { least, eta } = hyperband;
    space.strategy('algorithm: hyperband', 'pruner', { type: 'hyperband', minEpochs: least, reductionFactor: eta });
    space.note(
      'algorithm',
      `Katib’s rungs are values of ${hyperband.resource}, ${least} to ${hyperband.most}; here they are epochs. Katib begins every trial of a rung anew and counts it as one more; here trials go on`,
    );
  } else if (algorithm === 'hyperband')
    space.leaveOut('algorithm', 'hyperband needs resource_name, r_l of 1 or more, and a whole eta from 2 to 10');
  else if (sampler === undefined)
    space.leaveOut('algorithm', `there is no counterpart of ${shown(algorithm)}; the default sampler is used`);
  else space.strategy(`algorithm: ${algorithm}`, 'sampler', { type: sampler });
  if (Object.hasOwn(algorithmNotes, algorithm)) space.note('algorithm', algorithmNotes[algorithm]!);
  const read = hyperband === undefined ? [] : ['resource_name', 'r_l', 'eta'];
  for (const [name] of settingsOf(given))
    if (!read.includes(name))
      space.leaveOut(`algorithm.${name}`, 'is a setting of Katib’s services; samplers here have their own');
  space.leaveOutOthers(given, ['algorithmName', 'algorithmSettings'], 'has no counterpart here', 'algorithm.');
}

/** What the service takes where nothing is set. */
const medianStop = { min_trials_required: 3, start_step: 4 };

function readEarlyStopping(space: SpaceBuilder, stop: unknown, isPruned: boolean): void {
  if (stop === undefined || stop === null) return;
  const name = field(stop, 'algorithmName');
  if (name !== 'medianstop') {
    space.leaveOut('earlyStopping', `there is no counterpart of ${shown(name)}`);
    return;
  }
  if (isPruned) {
    space.leaveOut('earlyStopping', 'a search has one pruner, which is hyperband here');
    return;
  }
  const settings = settingsOf(stop);
  const setting = (key: keyof typeof medianStop) => {
    const given = settings.findLast(([own]) => own === key)?.[1];
    const count = numberInText(given);
    if (count !== undefined && Number.isInteger(count) && count >= 1) return count;
    if (given !== undefined)
      space.leaveOut(`earlyStopping.${key}`, `must be a whole number of 1 or more, got ${shown(given)}`);
    return medianStop[key];
  };
  const [startupTrials, warmupEpochs] = [setting('min_trials_required'), setting('start_step')];
  space.strategy('earlyStopping: medianstop', 'pruner', { type: 'median', startupTrials, warmupEpochs });
  for (const [own] of settings)
    if (!Object.hasOwn(medianStop, own)) space.leaveOut(`earlyStopping.${own}`, 'has no counterpart here');
  space.leaveOutOthers(stop, ['algorithmName', 'algorithmSettings'], 'has no counterpart here', 'earlyStopping.');
  space.note(
    'earlyStopping',
    `Katib compares with the mean of trials, not their median: each counts with the mean of its first ${warmupEpochs} values. It judges a trial once, at value ${warmupEpochs}; here from that epoch on. Its steps are reports of a metric; here they are epochs`,
  );
}
