/** Fits a distribution of another tool into the limits of one of our hyperparameters. */
import type { Distribution, NumericDistribution, Value } from '../algorithms/space/space.ts';
import type { Row } from '../domain/specification/hyperparameters.ts';
import { NoCounterpart, type Setting } from './imported-space.ts';
import { valueFor } from './names.ts';
import { choices, range, stepped, words } from './supports.ts';

interface Fitted {
  readonly setting: Setting;
  readonly notes: readonly string[];
}

export function fitInto(row: Row, setting: Setting): Fitted {
  if (typeof setting !== 'object') return { setting: fixed(row, setting), notes: [] };
  if (setting.distribution === 'categorical') return chosen(row, setting.choices);
  if (row.kind === 'choice' || row.kind === 'switch')
    throw new NoCounterpart(
      `takes ${row.kind === 'switch' ? 'true or false' : row.choices.join(', ')} here, got ${words(setting)}`,
    );
  return numeric(row, setting);
}

function limitsOf(row: Row): string {
  if (row.kind === 'switch') return 'true or false';
  if (row.kind === 'choice') return `one of ${row.choices.join(', ')}`;
  return `a ${row.kind === 'int' ? 'whole ' : ''}number ${row.above ? 'above' : 'from'} ${row.min} to ${row.max}`;
}

function fixed(row: Row, value: Value): Value {
  const own = valueFor(row, value);
  if (own === undefined) throw new NoCounterpart(`must be ${limitsOf(row)} here, got ${JSON.stringify(value)}`);
  return own;
}

function chosen(row: Row, values: readonly Value[]): Fitted {
  const own = values.map((value) => valueFor(row, value));
  const lost = values.filter((_, i) => own[i] === undefined);
  const kept = own.filter((value) => value !== undefined);
  if (kept.length === 0) throw new NoCounterpart(`must be ${limitsOf(row)} here, got ${words(choices(values))}`);
  const left =
    lost.length === 0 ? [] : [`left out of its choices: ${words(choices(lost))}; here it must be ${limitsOf(row)}`];
  const same = new Set(kept).size < kept.length ? ['several of its choices are one here'] : [];
  return { setting: choices(kept), notes: [...left, ...same] };
}

type NumberRow = Extract<Row, { kind: 'float' | 'int' }>;

function numeric(row: NumberRow, given: NumericDistribution): Fitted {
  const notes: string[] = [];
  const whole = row.kind === 'int' ? toWhole(given) : given;
  if (
    whole !== given &&
    whole.distribution !== 'categorical' &&
    (given.low !== whole.low || given.high !== whole.high || given.step === undefined)
  )
    notes.push(`takes whole numbers only here: ${words(whole)} instead of ${words(given)}`);
  if (whole.distribution === 'categorical') return chosen(row, whole.choices);
  const cut = within(row, whole);
  if (cut !== whole) notes.push(`must be ${limitsOf(row)} here: ${words(cut)} instead of ${words(whole)}`);
  // As many values of a grid as the file has, if there are still so many.
  const { points } = given;
  return { setting: points === undefined || cut.distribution === 'categorical' ? cut : { ...cut, points }, notes };
}

function toWhole(given: NumericDistribution): Distribution {
  if (given.distribution === 'int') return given;
  const { low, high, step, scale } = given;
  if (step === undefined) return range('int', Math.ceil(low), Math.floor(high), scale);
  if (Number.isInteger(low) && Number.isInteger(step)) return stepped(low, high, step, scale);
  throw new NoCounterpart(`takes whole numbers only here, got ${words(given)}`);
}

function within(row: NumberRow, given: NumericDistribution): Distribution {
  const { distribution, low, high, scale, step } = given;
  const isBelow = row.above ? low <= row.min : low < row.min;
  if (!isBelow && high <= row.max) return given;
  const unit = step ?? (distribution === 'int' ? 1 : undefined);
  const top = Math.min(high, row.max);
  if (unit === undefined) {
    if (isBelow && row.above)
      throw new NoCounterpart(`must be above ${row.min} here, got ${words(given)}; give a low end`);
    return range('float', Math.max(low, row.min), top, scale);
  }
  const skipped = Math.max(0, Math.ceil((row.min - low) / unit - 1e-9));
  const first = Number((low + skipped * unit).toPrecision(15));
  const begin = row.above && first <= row.min ? Number((first + unit).toPrecision(15)) : first;
  if (begin > top) throw new NoCounterpart(`must be ${limitsOf(row)} here, got ${words(given)}`);
  return step === undefined ? range('int', begin, Math.floor(top), scale) : stepped(begin, top, step, scale);
}
