/** What two searches have not in common. Pure. */
import type { History, Search } from '../api.ts';

interface Difference {
  readonly path: string;
  readonly left: unknown;
  readonly right: unknown;
}

/** Part by part; hyperparameters one by one. Names aside. */
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

/** What two searches are compared by. */
type Compared = Pick<Search, 'dataset' | 'specification'>;

/** Why the values of two searches do not compare, each as a sentence; empty where they do. */
export function incomparable(a: Compared, b: Compared): string[] {
  const [left, right] = [a.specification.objective, b.specification.objective];
  return [
    ...(a.dataset.name === b.dataset.name
      ? []
      : [`They are of two data sets, ${a.dataset.name} and ${b.dataset.name}.`]),
    ...(a.dataset.name === b.dataset.name && a.dataset.hash !== b.dataset.hash
      ? [`They are of two versions of the data set ${a.dataset.name}.`]
      : []),
    ...(left.metric === right.metric ? [] : [`They have two metrics, ${left.metric} and ${right.metric}.`]),
    ...(left.direction === right.direction
      ? []
      : [`They have two directions: one is to ${left.direction}, the other to ${right.direction}.`]),
  ];
}

/** Whether the same rows are held out: else small differences between the values say nothing. Seeds decide the rows. */
export function sameValidationRows(a: Compared, b: Compared): boolean {
  const rows = ({ specification: { validation, sampler, stages } }: Compared) =>
    canonical([validation, sampler.seed, stages.at(-1)?.validation ?? null]);
  return rows(a) === rows(b);
}

/** The order of keys is no difference. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, own: unknown) =>
    typeof own === 'object' && own !== null && !Array.isArray(own)
      ? Object.fromEntries(Object.entries(own).sort(([x], [y]) => (x < y ? -1 : 1)))
      : own,
  );
}

/** Both over one axis: trials that ended, or epochs that were trained; null where one has no point. */
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
