/** Lists of hidden units, such as `(64, 32)` of scikit-learn: here a number of layers, and the units of each. */
import type { Distribution, Point, Value } from '../algorithms/space/space.ts';
import { layerNames } from '../domain/specification/hidden-units.ts';
import { rowOf } from '../domain/specification/hyperparameters.ts';
import type { Setting } from './imported-space.ts';
import { valueFor } from './names.ts';
import { choices } from './supports.ts';

/** The units of every layer; undefined for what is no list, or one of a network that cannot be here. */
export function layersIn(value: Value): readonly number[] | undefined {
  const list = typeof value === 'string' ? /^[[(](.*)[\])]$/s.exec(value.trim())?.[1] : undefined;
  if (list === undefined) return undefined;
  // Python writes a comma after the only one, NumPy writes np.int64(64).
  const items = list.trim().replace(/,$/, '');
  const units = items === '' ? [] : items.split(',').map((item) => /^\s*(?:np\.\w+\()?(\d+)\)?\s*$/.exec(item)?.[1]);
  const row = rowOf('hiddenUnits')!;
  const known = units.flatMap((one) => (one === undefined ? [] : (valueFor(row, Number(one)) ?? [])));
  return known.length === units.length && units.length <= layerNames.length ? known.map(Number) : undefined;
}

export interface Layers {
  /** Hyperparameters of ours: `hiddenLayers`, and `hiddenUnits` where the layers of every network are alike, or else those of each layer. */
  readonly names: readonly string[];
  pointOf(value: Value): Point;
  /** `setting` where only some networks have the layer of `name`. */
  conditional(name: string, setting: Setting): Setting;
}

/** Undefined where a value is neither a list nor a number, or all are numbers. A number among lists is a single layer. */
export function layersOf(values: readonly Value[]): Layers | undefined {
  const lists = new Map<Value, readonly number[]>();
  const row = rowOf('hiddenUnits')!;
  for (const value of new Set(values)) {
    const number = typeof value === 'number' ? valueFor(row, value) : undefined;
    const list = number === undefined ? layersIn(value) : [Number(number)];
    if (list === undefined) return undefined;
    lists.set(value, list);
  }
  if (values.every((value) => typeof value === 'number')) return undefined;
  const all = [...lists.values()];
  const counts = [...new Set(all.map(({ length }) => length))].sort((a, b) => a - b);
  const areAlike = all.every((list) => new Set(list).size < 2);
  const units = areAlike ? ['hiddenUnits'] : layerNames;
  return {
    names: ['hiddenLayers', ...units.slice(0, counts.at(-1))],
    pointOf: (value) => {
      const list = lists.get(value)!;
      const own = units.slice(0, list.length).map((name, layer) => [name, list[layer]!] as const);
      return Object.fromEntries([['hiddenLayers', list.length] as const, ...own]);
    },
    conditional: (name, setting) => {
      const enough = counts.filter((count) => count > units.indexOf(name));
      if (typeof setting !== 'object' || name === 'hiddenLayers' || enough.length === counts.length) return setting;
      return { ...setting, when: { hiddenLayers: enough } } satisfies Distribution;
    },
  };
}

interface SearchedLayers {
  readonly settings: ReadonlyMap<string, Setting>;
  readonly notes: readonly string[];
}

/** A choice of lists, or a fixed one. Undefined for what is none. */
export function searchedLayers(setting: Setting): SearchedLayers | undefined {
  if (typeof setting === 'object' && setting.distribution !== 'categorical') return undefined;
  const values = typeof setting === 'object' ? setting.choices : [setting];
  const layers = layersOf(values);
  if (layers === undefined) return undefined;
  const points = values.map((value) => layers.pointOf(value));
  const different = layers.names.map(
    (name) => [name, [...new Set(points.flatMap((point) => point[name] ?? []))]] as const,
  );
  const settings = different.map(([name, own]): [string, Setting] => {
    const [only, ...more] = own;
    return [name, layers.conditional(name, more.length > 0 ? choices(own) : only!)];
  });
  const lists = new Set(points.map((point) => JSON.stringify(point))).size;
  const possible = networks(new Map(different));
  const notes =
    possible > lists
      ? [
          `its ${lists} lists are ${possible} combinations here: the number of layers and the units of each are chosen independently`,
        ]
      : [];
  return { settings: new Map(settings), notes };
}

/** How many different networks there are. */
function networks(choicesOf: ReadonlyMap<string, readonly Value[]>): number {
  const perLayer = [...choicesOf].filter(([name]) => name !== 'hiddenLayers').map(([, own]) => own.length);
  const areAlike = choicesOf.has('hiddenUnits');
  return (choicesOf.get('hiddenLayers') ?? []).reduce<number>((sum, count) => {
    const layers = areAlike ? perLayer.slice(0, Math.min(1, Number(count))) : perLayer.slice(0, Number(count));
    return sum + layers.reduce((product, own) => product * own, 1);
  }, 0);
}
