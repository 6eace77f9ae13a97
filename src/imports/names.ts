/** Which of our hyperparameters a name of another tool means, and which of our values its values are. */
import type { Value } from '../algorithms/space/space.ts';
import { sameName } from '../domain/did-you-mean.ts';
import { MAX_HIDDEN_LAYERS } from '../domain/specification/hidden-units.ts';
import { hyperparameterNames, type Row } from '../domain/specification/hyperparameters.ts';

/** Source name → our hyperparameter; null leaves it out. Other names are matched by their words. */
export type NameMapping = Readonly<Record<string, string | null>>;

/** Names of scopes (`sub/x`, `model.lr`) and of steps of a pipeline (`mlp__alpha`) come before the name. */
function lastPart(name: string): string {
  return name.split(/[/.]|__/).at(-1)!;
}

const numbered = /^(.*?)[_-]?l?(\d+)$/i;

/** The names of `all` that are meant, those of layers (`units_0`, `n_units_l1`) by their number, from the lowest. */
export function matchNames(
  all: readonly string[],
  mapping: NameMapping,
): ReadonlyMap<string, string | null | undefined> {
  return new Map(all.map((name) => [name, Object.hasOwn(mapping, name) ? mapping[name] : guess(name, all)]));
}

function guess(name: string, all: readonly string[]): string | undefined {
  const own = lastPart(name);
  const whole = sameName(own, hyperparameterNames);
  if (whole !== undefined) return whole;
  const [, stem = '', digits] = numbered.exec(own) ?? [];
  if (digits === undefined || sameName(stem, hyperparameterNames) !== 'hiddenUnits') return undefined;
  const isFromZero = all.some((other) => /\D0$/.test(lastPart(other)) && numbered.exec(lastPart(other))?.[1] === stem);
  const layer = Number(digits) + (isFromZero ? 1 : 0);
  return layer >= 1 && layer <= MAX_HIDDEN_LAYERS ? `hiddenUnits${layer}` : undefined;
}

/** What means something else in scikit-learn 1.9.1. `name`: of a parameter. `hasValue`: whether it may be that. */
export function scikitNotes(name: string, hasValue: (value: string) => boolean): readonly string[] {
  const own = name.split('__').at(-1);
  if (own === 'alpha')
    return [
      'alpha of MLPClassifier and MLPRegressor is divided by the rows of a batch, l2 here is not: 0.1 with batches of 200 rows is an l2 of 0.0005',
    ];
  if (own === 'solver' && hasValue('sgd'))
    return [
      'sgd of MLPClassifier and MLPRegressor has by default a Nesterov momentum of 0.9, which is the optimizer nesterov here; sgd here has none',
    ];
  return [];
}

/** What other libraries call our choices, in lower case without signs. */
const otherChoices: Readonly<Record<string, string>> = {
  logistic: 'sigmoid',
  kaiming: 'he',
  henormal: 'he',
  heuniform: 'he',
  kaimingnormal: 'he',
  kaiminguniform: 'he',
  glorot: 'xavier',
  glorotnormal: 'xavier',
  glorotuniform: 'xavier',
  xaviernormal: 'xavier',
  xavieruniform: 'xavier',
};

function plain(text: string): string {
  return text.toLowerCase().replace(/[^a-z0-9]/g, '');
}

/** Our value for a value of another tool; undefined if there is none. */
export function valueFor(row: Row, value: Value): Value | undefined {
  if (row.kind === 'switch') {
    if (typeof value === 'boolean') return value;
    return { true: true, false: false }[String(value).toLowerCase()];
  }
  if (row.kind === 'choice') {
    const short = plain(String(value));
    const other = Object.hasOwn(otherChoices, short) ? otherChoices[short] : undefined;
    return row.choices.find((one) => plain(one) === short) ?? row.choices.find((one) => one === other);
  }
  if (typeof value === 'boolean' || value === '') return undefined;
  const number = Number(value);
  const isIn = number <= row.max && (row.above ? number > row.min : number >= row.min);
  return isIn && (row.kind === 'float' || Number.isInteger(number)) ? number : undefined;
}
