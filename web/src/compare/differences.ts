/** Differences between two searches. Pure. */
import type { History, Search } from '../api.ts';

interface Difference {
  readonly path: string;
  readonly left: unknown;
  readonly right: unknown;
}

/** Compares all settings except names; hyperparameters one by one. */
export function differences(a: Search['specification'], b: Search['specification']): Difference[] {
  const flat = ({ hyperparameters, name: _, ...others }: Search['specification']) => ({
    ...others,
    ...Object.fromEntries(Object.entries(hyperparameters).map(([name, own]) => [`hyperparameters.${name}`, own])),
  });
  const [left, right]: Record<string, unknown>[] = [flat(a), flat(b)];
  const paths = [...new Set([...Object.keys(left!), ...Object.keys(right!)])];
  return paths
    .filter((path) => canonical(left![path]) !== canonical(right![path]))
    .map((path) => ({ path, left: left![path], right: right![path] }));
}

/** What a comparison depends on. */
type Compared = Pick<Search, 'dataset' | 'specification'>;

/** Why the values of two searches are not comparable, as sentences; empty if they are. */
export function incomparable(a: Compared, b: Compared): string[] {
  const [left, right] = [a.specification.objective, b.specification.objective];
  return [
    ...(a.dataset.name === b.dataset.name
      ? []
      : [`They use different data sets, ${a.dataset.name} and ${b.dataset.name}.`]),
    ...(a.dataset.name === b.dataset.name && a.dataset.hash !== b.dataset.hash
      ? [`They use different versions of the data set ${a.dataset.name}.`]
      : []),
    ...(left.metric === right.metric ? [] : [`They have different metrics, ${left.metric} and ${right.metric}.`]),
    ...(left.direction === right.direction
      ? []
      : [`They have different directions: ${left.direction} and ${right.direction}.`]),
  ];
}

/** Whether both use the same validation rows, which depend on the seed; otherwise small differences are not significant. */
export function sameValidationRows(a: Compared, b: Compared): boolean {
  const rows = ({ specification: { validation, sampler, stages } }: Compared) =>
    canonical([validation, sampler.seed, stages.at(-1)?.validation ?? null]);
  return rows(a) === rows(b);
}

/** Ignores the order of keys. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, own: unknown) =>
    typeof own === 'object' && own !== null && !Array.isArray(own)
      ? Object.fromEntries(Object.entries(own).sort(([x], [y]) => (x < y ? -1 : 1)))
      : own,
  );
}

/** Joins both histories over one axis: ended trials or trained epochs; null for missing points. */
export function joinedHistories(
  histories: readonly [History | undefined, History | undefined],
  by: 'trials' | 'epochs',
): (number | null)[][] {
  const series = histories.map(
    (history) =>
      new Map((history?.points ?? []).map(({ number, epochs, best }) => [by === 'trials' ? number + 1 : epochs, best])),
  );
  const xs = [...new Set(series.flatMap((one) => [...one.keys()]))].sort((a, b) => a - b);
  return [xs, ...series.map((one) => xs.map((x) => one.get(x) ?? null))];
}
