/** The trials of a chart as its table. Pure. */
import type { ChartTable } from '../charts/table.tsx';
import type { Scored, Varied } from './space.ts';
import { columnNameOf } from './trial-columns.ts';

export function trialsTable(
  trials: readonly Scored[],
  varied: readonly Varied[],
  value: string,
  search: string,
): ChartTable {
  return {
    links: { search, column: 0 },
    heads: [
      'trial',
      ...varied.map(({ name }) => columnNameOf(name)),
      value,
      'state',
      varied.some(({ name }) => name === 'epochs') ? 'epochs trained' : 'epochs',
    ],
    rows: trials.map(({ number, point, value: own, state, epochs }) => [
      number,
      ...varied.map(({ name }) => point[name]),
      own,
      state,
      epochs,
    ]),
  };
}
