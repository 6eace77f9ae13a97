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
