/** What each of Katib's suggestion services makes of a range (docs/interop.md), as seen in runs of them. */
import type { Distribution, Scale } from '../algorithms/space/space.ts';
import { type Alternative, NoCounterpart, type Reading } from './imported-space.ts';
import { quantized, range, roundedFromZero, stepped, words } from './supports.ts';

/** The default configuration of Katib serves each algorithm with one of these. */
const engines = {
  random: byHyperopt,
  tpe: byHyperopt,
  grid: onGrid,
  'multivariate-tpe': byOptuna,
  bayesianoptimization: byScikitOptimize,
  hyperband: byHyperband,
  cmaes: byCma,
  sobol: bySobol,
  pbt: byPopulation,
} as const;

export interface KatibRange {
  readonly algorithm: string;
  readonly type: 'int' | 'double';
  readonly low: number;
  readonly high: number;
  readonly step: number | undefined;
  /** As the file says; services that ignore it draw evenly. */
  readonly distribution: string;
}

export function katibRange(given: KatibRange): Reading {
  const { algorithm } = given;
  const read = Object.hasOwn(engines, algorithm) ? engines[algorithm as keyof typeof engines] : asWritten;
  return read(given);
}

const kindOf = ({ type }: KatibRange) => (type === 'int' ? 'int' : 'float');
const scaleOf = ({ distribution }: KatibRange): Scale => (distribution === 'logUniform' ? 'log' : 'linear');

function refuseNormal({ distribution }: KatibRange, why: string): void {
  if (/normal/i.test(distribution)) throw new NoCounterpart(`there is no ${distribution} distribution here; ${why}`);
}

function refuseLogFromZero({ low }: KatibRange): void {
  if (low <= 0) throw new NoCounterpart(`a log scale must start above 0, got ${low}`);
}

/** What the file says, if the setting is something else; nothing if we have none. */
function written(given: KatibRange, about: string, setting: Distribution): readonly Alternative[] {
  const { low, high, step, distribution } = given;
  const isLog = distribution === 'logUniform';
  if (/normal/i.test(distribution) || (isLog && low <= 0)) return [];
  const own =
    step === undefined || isLog
      ? range(kindOf(given), low, high, scaleOf(given))
      : withoutDefault(stepped(low, high, step), given);
  return JSON.stringify(own) === JSON.stringify(setting) ? [] : [{ about, setting: own }];
}

/** Without the step that whole numbers have by themselves. */
function withoutDefault(setting: Distribution, { type }: KatibRange): Distribution {
  if (setting.distribution === 'categorical' || setting.step !== 1 || type !== 'int') return setting;
  return range('int', setting.low, setting.high, setting.scale);
}

const WRITTEN = 'as the file says';

const ENGINES = {
  rounds: 'Katib’s random and tpe round to multiples from 0',
  counts: 'its other services count from min',
};

function byHyperopt(given: KatibRange): Reading {
  const { type, low, high, step } = given;
  refuseNormal(given, 'Katib takes the middle of min and max as mean, and does not cut to them');
  const scale = scaleOf(given);
  if (scale === 'log') refuseLogFromZero(given);
  const same = low === high ? [`Katib’s ${given.algorithm} fails where min is max`] : [];
  const q = step ?? (type === 'int' ? 1 : undefined);
  if (q === undefined) return { setting: range('float', low, high, scale), notes: same };
  if (type === 'int' && ![low, high].every(Number.isInteger)) {
    const setting = withoutDefault(roundedFromZero(low, high, q, scale), given);
    return { setting, notes: [`${ENGINES.rounds}: ${words(setting)}`, ...same] };
  }
  const reading = quantized({ low, high, q, scale }, true, ENGINES);
  const zeros = scale === 'log' && low < q / 2 && high > low ? [zerosOf(given, q)] : [];
  return {
    ...reading,
    setting: withoutDefault(reading.setting as Distribution, given),
    notes: [...(reading.notes ?? []), ...zeros, ...same],
  };
}

function zerosOf({ low, high }: KatibRange, q: number): string {
  const share = Math.log(Math.min(high, q / 2) / low) / Math.log(high / low);
  return `${Math.round(100 * share)} % of its values are 0 in Katib`;
}

/** `numpy.arange(min, max + step, step)` as Katib calls it, whose last value it drops if it is above max: how many there are. */
function gridCount({ type, low, high }: KatibRange, step: number): number {
  if (type === 'int') return Math.floor((high - low) / step) + 1;
  const count = Math.ceil((high + step - low) / step);
  const unit = low + step - low;
  return low + (count - 1) * unit > high ? count - 1 : count;
}

/** Of a specification, for one hyperparameter; and how many it takes where none are given. */
const POINTS = { most: 10_000, byDefault: 5 };

function onGrid(given: KatibRange): Reading {
  const { type, low, high, distribution } = given;
  const step = given.step ?? (type === 'int' ? 1 : undefined);
  if (step === undefined) {
    refuseNormal(given, 'Katib’s grid refuses a double without a step');
    return {
      setting: range('float', low, high, scaleOf(given)),
      notes: ['Katib’s grid refuses a double without a step'],
    };
  }
  refuseNormal(given, 'Katib’s grid suggests no value of it');
  const count = gridCount(given, step);
  const all = withoutDefault(stepped(low, high, step), given);
  const end = decimal(low + (count - 1) * step);
  const isShort = type === 'double' && all.distribution !== 'categorical' && end < all.high;
  const setting = isShort ? stepped(low, end, step) : all;
  const points = count > POINTS.byDefault ? { points: Math.min(count, POINTS.most) } : {};
  const alternatives = [
    ...(isShort ? [{ about: 'with its end', setting: { ...all, points: Math.min(count + 1, POINTS.most) } }] : []),
    ...(distribution === 'logUniform'
      ? written(given, WRITTEN, setting)
      : (quantized({ low, high, q: step }, false, ENGINES).alternatives ?? [])),
  ];
  const notes = [
    ...(isShort ? [`Katib’s grid misses its end, ${high}, by rounding: ${words(setting)}`] : []),
    ...(distribution === 'logUniform' ? ['Katib’s grid is even, also where the distribution is logUniform'] : []),
    ...(distribution === 'logUniform' && low <= 0 ? ['Katib’s grid fails where logUniform is not above 0'] : []),
    ...(count > POINTS.most ? [`Katib’s grid has ${count} of its values, here it has ${POINTS.most}`] : []),
    ...(distribution === 'logUniform' ? [] : roundingNotes(given, step)),
  ];
  return { setting: { ...setting, ...points } as Distribution, alternatives, notes };
}

function roundingNotes({ low, high }: KatibRange, q: number): readonly string[] {
  return quantized({ low, high, q }, false, ENGINES).notes ?? [];
}

function decimal(value: number): number {
  return Number(value.toPrecision(15));
}

function byOptuna(given: KatibRange): Reading {
  const { type, low, high, step } = given;
  refuseNormal(given, 'Katib’s multivariate-tpe suggests no value of it');
  if (given.distribution !== 'logUniform') return counted(given);
  const from = Math.max(low, type === 'int' ? 1 : 1e-10);
  if (from > high) throw new NoCounterpart(`a log scale must start above 0, got ${low}`);
  const notes = [
    ...(from > low ? [`Katib’s multivariate-tpe begins a log scale at ${from}, not at ${low}`] : []),
    ...(step === undefined
      ? []
      : ['Katib’s multivariate-tpe ignores a step on a log scale; its random and tpe round to multiples from 0']),
  ];
  return { setting: range(kindOf(given), from, high, 'log'), notes };
}

/** Steps are counted from min; all values are equally likely. */
function counted(given: KatibRange): Reading {
  const { low, high, step } = given;
  if (step === undefined) return { setting: range(kindOf(given), low, high) };
  const reading = quantized({ low, high, q: step }, false, ENGINES);
  return { ...reading, setting: withoutDefault(reading.setting as Distribution, given) };
}

function halfNote({ type, algorithm, low, high }: KatibRange): readonly string[] {
  return type === 'int' && low < high
    ? [`Katib’s ${algorithm} takes both ends half as often as the others; here all are equally likely`]
    : [];
}

/** What a service passes over in silence. */
function ignoredNote({ algorithm, step, distribution }: KatibRange): readonly string[] {
  const ignored = [
    ...(step === undefined ? [] : ['a step']),
    ...(['uniform', 'unknown'].includes(distribution) ? [] : [`the distribution (${distribution})`]),
  ];
  return ignored.length === 0 ? [] : [`Katib’s ${algorithm} ignores ${ignored.join(' and ')}`];
}

function byScikitOptimize(given: KatibRange): Reading {
  const { type, low, high } = given;
  const fails = low === high ? [`Katib’s ${given.algorithm} fails where min is max`] : [];
  if (type === 'double' && low <= 0) {
    refuseNormal(
      given,
      'Katib’s bayesianoptimization draws a double on a log scale, and fails where it is not above 0',
    );
    const note = 'Katib’s bayesianoptimization draws every double on a log scale, and fails where it is not above 0';
    const reading = asWritten(given);
    return { ...reading, notes: [note, ...(reading.notes ?? [])] };
  }
  const setting = range(kindOf(given), low, high, type === 'double' ? 'log' : 'linear');
  const scale =
    type === 'double' && given.distribution !== 'logUniform'
      ? ['Katib’s bayesianoptimization draws every double on a log scale']
      : [];
  return {
    setting,
    alternatives: written(given, WRITTEN, setting),
    notes: [...scale, ...ignoredNote(given), ...halfNote(given), ...fails],
  };
}

function byHyperband(given: KatibRange): Reading {
  const setting = range(kindOf(given), given.low, given.high);
  return {
    setting,
    alternatives: written(given, WRITTEN, setting),
    notes: [...ignoredNote(given), ...halfNote(given)],
  };
}

/** Goptuna knows no distributions besides steps; `last`: how many steps after the first value it goes. */
function byGoptuna(given: KatibRange, last: (steps: number) => number, told: readonly string[]): Reading {
  const { algorithm, type, low, high } = given;
  const ignored = ignoredNote({ ...given, step: undefined });
  const step = given.step ?? (type === 'int' ? 1 : undefined);
  if (step === undefined) {
    const setting = range('float', low, high);
    return { setting, alternatives: written(given, WRITTEN, setting), notes: [...told, ...ignored] };
  }
  const steps = (high - low) / step;
  const end = decimal(low + Math.max(0, last(steps)) * step);
  const setting = withoutDefault(stepped(low, end, step), given);
  const over = end > high ? [`Katib’s ${algorithm} goes beyond max, by less than a step: ${words(setting)}`] : [];
  return { setting, alternatives: written(given, WRITTEN, setting), notes: [...over, ...told, ...ignored] };
}

function bySobol(given: KatibRange): Reading {
  const { type, low, high, step } = given;
  if (type === 'int') {
    const misses = low < high ? ['Katib’s sobol never suggests the last value of an int'] : [];
    return byGoptuna(given, (steps) => Math.floor(steps + 1e-9) - 1, misses);
  }
  const steps = step === undefined ? 0 : (high - low) / step;
  const share = Number((steps - Math.floor(steps + 0.5 + 1e-9) + 1).toFixed(2));
  const ends = share === 1 ? [] : [`Katib’s sobol suggests the last value ${share} times as often as the others`];
  return byGoptuna(given, (all) => Math.floor(all + 0.5 + 1e-9), ends);
}

function byCma(given: KatibRange): Reading {
  const fails = given.low === given.high ? ['Katib’s cmaes fails where min is max'] : [];
  return byGoptuna(given, (steps) => Math.ceil(steps - 0.5 - 1e-9), fails);
}

/** `numpy.arange(min, max + step / 2, step)`: its first population; later ones multiply by 0.8 or 1.2. */
function byPopulation(given: KatibRange): Reading {
  const { type, low, high } = given;
  const step = given.step ?? (type === 'int' ? 1 : undefined);
  const ignored = ignoredNote({ ...given, step: undefined });
  if (step === undefined)
    return { setting: range('float', low, high), notes: ['Katib’s pbt fails on a double without a step', ...ignored] };
  const last = decimal(low + (Math.ceil((high + step / 2 - low) / step - 1e-9) - 1) * step);
  const setting = withoutDefault(stepped(low, Math.max(low, last), step), given);
  const over = last > high ? [`Katib’s pbt goes beyond max, by less than half a step: ${words(setting)}`] : [];
  return { setting, alternatives: written(given, WRITTEN, setting), notes: [...over, ...ignored] };
}

/** For algorithms that are not Katib’s own. */
function asWritten(given: KatibRange): Reading {
  const { step, distribution, low, high } = given;
  refuseNormal(given, 'give a range');
  if (distribution !== 'logUniform') return counted(given);
  refuseLogFromZero(given);
  const notes = step === undefined ? [] : ['a step on a log scale is not imported'];
  return { setting: range(kindOf(given), low, high, 'log'), notes };
}
