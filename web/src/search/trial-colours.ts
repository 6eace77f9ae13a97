/** Colours of trials by a hyperparameter. Pure. */
import type { Value } from '../../../src/algorithms/space/space.ts';
import { unitOf } from '../charts/axis.ts';
import type { TrialRow } from './model.ts';
import type { Scored, Varied } from './space.ts';
import { columnNameOf } from './trial-columns.ts';

/** From low to high; each can be seen on a light and on a dark background. */
const gradient = [
  [88, 80, 214],
  [170, 64, 190],
  [222, 84, 122],
  [226, 130, 40],
] as const;
const choicesPalette = ['--blue', '--orange', '--green', '--purple', '--red', '--yellow'];

export const gradientCss = `linear-gradient(to right, ${gradient.map((one) => `rgb(${one.join(', ')})`).join(', ')})`;

/** `unit` from 0 to 1. */
function mixed(unit: number): string {
  const place = Math.min(Math.max(unit, 0), 1) * (gradient.length - 1);
  const i = Math.min(Math.floor(place), gradient.length - 2);
  const [from, to] = [gradient[i]!, gradient[i + 1]!];
  return `rgb(${from.map((part, k) => Math.round(part + (place - i) * (to[k]! - part))).join(', ')})`;
}

/** The custom property of each choice of a categorical hyperparameter; the colours repeat after six. */
export function choiceColours(choices: readonly Value[]): readonly { choice: Value; colour: string }[] {
  return choices.map((choice, i) => ({ choice, colour: choicesPalette[i % choicesPalette.length]! }));
}

/** The colour of a value, undefined where the hyperparameter has none. `resolve` turns a custom property into a colour. */
export function colourBy(
  { distribution }: Varied,
  resolve: (name: string) => string,
): (value: Value | undefined) => string | undefined {
  if (distribution.distribution === 'categorical') {
    const of = new Map(choiceColours(distribution.choices).map(({ choice, colour }) => [choice, resolve(colour)]));
    return (value) => (value === undefined ? undefined : of.get(value));
  }
  const { at } = unitOf(distribution);
  return (value) => (value === undefined ? undefined : mixed(at(Number(value))));
}

/** In the address, as the colour: the order of the trials. */
export const TRIAL = 'trial';

export interface Coloured extends Varied {
  readonly of: (trial: TrialRow) => Value | undefined;
}

/** What points or lines are coloured by, if not by their state: a hyperparameter, named as its column, or the order of the trials. */
export function colouredBy(
  by: string,
  varied: readonly Varied[],
  trials: readonly Scored[] = [],
): Coloured | undefined {
  if (by === TRIAL) {
    const high = trials.reduce((most, { number }) => Math.max(most, number), 1);
    const distribution = { distribution: 'int', low: 0, high, scale: 'linear' } as const;
    return { name: 'trial', distribution, of: ({ number }) => number };
  }
  const one = varied.find(({ name }) => columnNameOf(name) === by);
  return one && { ...one, of: ({ point }) => point[one.name] };
}
