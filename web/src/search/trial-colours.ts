/** Colours of trials by a hyperparameter. Pure. */
import type { Value } from '../../../src/algorithms/space/space.ts';
import { unitOf } from '../charts/axis.ts';
import type { Varied } from './space.ts';

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
