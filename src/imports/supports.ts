/** The values that quantized distributions of other tools really produce, as distributions of ours. */
import type { Distribution, Scale, Value } from '../algorithms/space/space.ts';
import { type Alternative, NoCounterpart, type Reading } from './imported-space.ts';

/** Of choices in a specification. */
const MAX_CHOICES = 1000;

export function range(distribution: 'float' | 'int', low: number, high: number, scale: Scale = 'linear'): Distribution {
  if (low > high) throw new NoCounterpart(`its lower bound ${low} is above its upper bound ${high}`);
  if (scale === 'log' && low <= 0) throw new NoCounterpart(`a log scale must start above 0, got ${low}`);
  return { distribution, low, high, scale };
}

/** Without binary rounding noise: 3 · 0.1 is 0.3. */
function decimal(value: number): number {
  return Number(value.toPrecision(15));
}

/** `low`, `low + step`, … up to `high`. */
export function stepped(low: number, high: number, step: number, scale: Scale = 'linear'): Distribution {
  if (!(step > 0)) throw new NoCounterpart(`its step must be above 0, got ${step}`);
  if (low > high) throw new NoCounterpart(`its lower bound ${low} is above its upper bound ${high}`);
  const last = Math.floor((high - low) / step + 1e-9);
  const top = decimal(low + last * step);
  const whole = [low, step].every(Number.isInteger);
  // Our steps on a log scale must begin above half a step.
  if (scale === 'log' && low - step / 2 <= 0) {
    if (last >= MAX_CHOICES) throw new NoCounterpart(`it has ${last + 1} values, more than ${MAX_CHOICES} choices`);
    return choices(Array.from({ length: last + 1 }, (_, k) => decimal(low + k * step)));
  }
  return { distribution: whole ? 'int' : 'float', low, high: top, scale, step };
}

export function choices(values: readonly Value[]): Distribution {
  const different = [...new Set(values)];
  if (different.length === 0) throw new NoCounterpart('it has no choices');
  if (different.length > MAX_CHOICES)
    throw new NoCounterpart(`it has ${different.length} choices, more than ${MAX_CHOICES}`);
  return { distribution: 'categorical', choices: different };
}

/** `round(x / q) · q` for x between low and high, which may leave the range. */
export function roundedFromZero(low: number, high: number, q: number, scale: Scale = 'linear'): Distribution {
  if (!(q > 0)) throw new NoCounterpart(`its q must be above 0, got ${q}`);
  // An end half way between two multiples is a single point: it has no probability.
  const first = Math.floor(low / q + 0.5);
  const last = Math.max(first, Math.ceil(high / q - 0.5));
  return stepped(decimal(first * q), decimal(last * q), q, scale);
}

/** The multiples of q between low and high. */
export function multiplesInside(low: number, high: number, q: number, scale: Scale = 'linear'): Distribution {
  if (!(q > 0)) throw new NoCounterpart(`its q must be above 0, got ${q}`);
  return stepped(decimal(Math.ceil(low / q - 1e-9) * q), decimal(Math.floor(high / q + 1e-9) * q), q, scale);
}

/** `round(x / q) · q`, then cut to the range: the ends are values, even if they are no multiples. */
export function roundedAndClipped(low: number, high: number, q: number, scale: Scale = 'linear'): Distribution {
  const free = roundedFromZero(low, high, q, scale);
  if (free.distribution !== 'categorical' && free.low >= low && free.high <= high) return free;
  const first = Math.floor(low / q + 0.5);
  const count = Math.ceil(high / q - 0.5) - first + 1;
  if (count > MAX_CHOICES) throw new NoCounterpart(`it has ${count} values, more than ${MAX_CHOICES} choices`);
  const values = Array.from({ length: count }, (_, k) => decimal((first + k) * q));
  return choices(values.map((value) => Math.min(Math.max(value, low), high)));
}

/** The values of a distribution in words. */
export function words(setting: Value | Distribution): string {
  if (typeof setting !== 'object') return JSON.stringify(setting);
  if (setting.distribution === 'categorical') {
    const all = setting.choices.map((one) => String(one));
    return all.length > 12 ? `${all.slice(0, 5).join(', ')}, … ${all.at(-1)}` : all.join(', ');
  }
  const { distribution, low, high, scale, step } = setting;
  const by = step === undefined ? '' : ` by ${step}`;
  return `${distribution} ${low} to ${high}${by}${scale === 'log' ? ', log' : ''}`;
}

/** A quantized range that one engine rounds from 0 and another counts from its low end: `fromZero` says which of the two is meant. */
export function quantized(
  { low, high, q, scale = 'linear' }: { low: number; high: number; q: number; scale?: Scale },
  fromZero: boolean,
  { rounds, counts }: { readonly rounds: string; readonly counts: string },
): Reading {
  const free = roundedFromZero(low, high, q, scale);
  const inside = stepped(low, high, q, scale);
  const [setting, other, about] = fromZero ? [free, inside, counts] : [inside, free, rounds];
  const same = JSON.stringify(free) === JSON.stringify(inside);
  const alternatives: Alternative[] = same ? [] : [{ about, setting: other }];
  const notes = [
    ...(same ? [] : [`${rounds}: ${words(free)}; ${counts}: ${words(inside)}`]),
    ...(fromZero ? endsNote(setting, { low, high, q, scale }) : []),
    ...weightNote(setting, scale),
  ];
  return { setting, alternatives, notes };
}

/** What is rounded to the first or the last value comes from less than a whole step. */
function endsNote(
  setting: Distribution,
  { low, high, q, scale }: { low: number; high: number; q: number; scale: Scale },
): readonly string[] {
  if (setting.distribution === 'categorical' || setting.low === setting.high) return [];
  const [first, last] = [setting.low, setting.high];
  if (scale === 'log') {
    const percent = (share: number) => `${Math.round(100 * share)} %`;
    const there = Math.log((first + q / 2) / low) / Math.log(high / low);
    const here = Math.log((first + q / 2) / (first - q / 2)) / Math.log((last + q / 2) / (first - q / 2));
    return [`${first} is ${percent(there)} of the values there, ${percent(here)} here: shares of its ends differ`];
  }
  // How many steps are rounded to each end.
  const steps = [first + q / 2 - low, high - (last - q / 2)].map((width) => decimal(width / q));
  if (steps.every((width) => width >= 1 - 1e-9)) return [];
  const isHalf = steps.every((width) => Math.abs(width - 0.5) < 1e-9);
  return [
    `the first and the last value are ${isHalf ? 'half as' : 'less'} likely ${isHalf ? 'as' : 'than'} the others there; here all are equally likely`,
  ];
}

/** What is lost where a log scale becomes a list of choices. */
export function weightNote(setting: Value | Distribution, scale: Scale): readonly string[] {
  return scale === 'log' && typeof setting === 'object' && setting.distribution === 'categorical'
    ? ['its values on a log scale are choices here, all equally likely; there small ones are more likely']
    : [];
}
