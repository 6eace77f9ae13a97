/** What searches have in common and in what they differ. Pure. */
import type { Direction } from '../../../src/algorithms/objective.ts';
import { plural } from '../../../src/format.ts';
import type { Search } from '../api.ts';
import { objectiveOf } from '../parts/objective.ts';

/** More searches would be neither legible nor distinguishable. */
export const MAX_COMPARED = 24;

/** What a comparison depends on. */
export type Compared = Pick<Search, 'id' | 'name' | 'dataset' | 'specification'>;

interface Difference {
  /** `pruner.type`; a hyperparameter is one setting, also if it is a distribution. */
  readonly path: string;
  /** One per search; undefined where it does not have the setting. */
  readonly values: readonly unknown[];
}

/** All settings that are not the same in all searches, except names. */
export function differences(searches: readonly Compared[]): Difference[] {
  const all = searches.map(({ specification, dataset }) => {
    const { name: _, hyperparameters, dataset: __, ...others } = specification;
    return new Map([
      ['dataset', dataset.name],
      ['dataset.version', dataset.hash],
      ...Object.entries(hyperparameters).map(([name, own]): [string, unknown] => [`hyperparameters.${name}`, own]),
      ...flat('', others),
    ]);
  });
  const paths = [...new Set(all.flatMap((one) => [...one.keys()]))];
  const parts = paths.map(partOf);
  // Settings of a part stand together, also those that the first search does not have.
  return paths
    .sort((a, b) => parts.indexOf(partOf(a)) - parts.indexOf(partOf(b)))
    .map((path) => ({ path, values: all.map((one) => one.get(path)) }))
    .filter(({ values }) => values.some((value) => canonical(value) !== canonical(values[0])));
}

/** `pruner` of `pruner.type` */
function partOf(path: string): string {
  return path.split('.')[0]!;
}

function flat(prefix: string, value: object): [path: string, value: unknown][] {
  return Object.entries(value).flatMap(([key, own]): [string, unknown][] => {
    const path = prefix === '' ? key : `${prefix}.${key}`;
    return typeof own === 'object' && own !== null && !Array.isArray(own) ? flat(path, own) : [[path, own]];
  });
}

/** Trials of another tool may have no data set: then they are comparable with no others. */
function dataOf({ id, name, dataset }: Omit<Compared, 'specification'>): Search['dataset'] {
  return dataset.name === '' ? { name: `the unknown data of ${name}`, hash: id } : dataset;
}

/** Searches whose values can be compared: they have the same rows, metric and direction. */
export interface Comparable<T> {
  readonly key: string;
  readonly metric: string;
  readonly direction: Direction;
  readonly dataset: Search['dataset'];
  readonly searches: readonly T[];
}

/** In the order of their first searches. */
export function comparables<T extends Compared>(searches: readonly T[]): Comparable<T>[] {
  const keyOf = (search: T) => {
    const { name, hash } = dataOf(search);
    const { metric, direction } = objectiveOf(search);
    return JSON.stringify([name, hash, metric, direction]);
  };
  return [...grouped(searches, keyOf)].map(([key, own]) => {
    const { metric, direction } = objectiveOf(own[0]!);
    return { key, metric, direction, dataset: dataOf(own[0]!), searches: own };
  });
}

/** Why the values of the searches cannot be compared, as sentences; empty if they can. */
export function incomparable(searches: readonly Compared[]): string[] {
  const distinct = (of: (search: Compared) => string) => [...new Set(searches.map(of))];
  const datasets = distinct((search) => dataOf(search).name);
  const metrics = distinct((search) => objectiveOf(search).metric);
  const directions = distinct(({ specification }) => specification.objective.direction);
  const versioned = datasets.filter(
    (name) =>
      new Set(
        searches
          .map(dataOf)
          .filter((data) => data.name === name)
          .map(({ hash }) => hash),
      ).size > 1,
  );
  return [
    ...(datasets.length > 1 ? [`They use different data sets, ${listed(datasets)}.`] : []),
    ...versioned.map((name) => `They use different versions of the data set ${name}.`),
    ...(metrics.length > 1 ? [`They have different metrics, ${listed(metrics)}.`] : []),
    ...(directions.length > 1 ? [`They have different directions: ${listed(directions)}.`] : []),
  ];
}

/** `a, b and c` */
function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

/** Whether all use the same validation rows, which depend on the seed; otherwise small differences are not significant. */
export function sameValidationRows(searches: readonly Compared[]): boolean {
  const rows = ({ specification: { validation, sampler, stages } }: Compared) =>
    canonical([validation, sampler.seed, stages.at(-1)?.validation ?? null]);
  return new Set(searches.map(rows)).size < 2;
}

/** Searches that differ only in their seed and their name. */
export interface Group<T> {
  readonly name: string;
  readonly searches: readonly T[];
}

/** In the order of their first searches. */
export function groupsOf<T extends Compared>(searches: readonly T[]): Group<T>[] {
  const keyOf = ({ dataset, specification: { name: _, sampler, ...others } }: T) =>
    canonical([dataset.hash, { ...others, sampler: { ...sampler, seed: 0 } }]);
  return [...grouped(searches, keyOf).values()].map((own) => ({
    name: own.length === 1 ? own[0]!.name : `${own[0]!.name} (${plural(own.length, 'seed')})`,
    searches: own,
  }));
}

function grouped<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    groups.set(key, [...(groups.get(key) ?? []), item]);
  }
  return groups;
}

/** Ignores the order of keys. */
function canonical(value: unknown): string {
  return (
    JSON.stringify(value, (_, own: unknown) =>
      typeof own === 'object' && own !== null && !Array.isArray(own)
        ? Object.fromEntries(Object.entries(own).sort(([x], [y]) => (x < y ? -1 : 1)))
        : own,
    ) ?? ''
  );
}
