/** Numbers in tables of the terminal: grouped, and aligned on the right. */
import { describe, expect, it } from 'vitest';
import { bestTable, searchTable } from '../../src/cli/format.ts';
import type { Search } from '../../src/domain/search.ts';
import type { TrialSummary } from '../../src/domain/trial.ts';

const search = {
  id: 'a',
  name: 'large',
  project: 'default',
  state: 'complete',
  trials: { total: 10_000, complete: 9_000, pruned: 1_000, failed: 0, cancelled: 0, diverged: 0, paused: 0 },
  best: { number: 7021, value: 0.9333, stage: 0 },
  baselines: [],
  epochs: 20_000,
  specification: {
    objective: { metric: 'validationAccuracy', direction: 'maximize' },
    hyperparameters: {
      learningRate: { distribution: 'float', low: 1e-5, high: 1, scale: 'log' },
      activation: { distribution: 'categorical', choices: ['relu', 'tanh'] },
    },
  },
} as unknown as Search;
const trial = (number: number, value: number, activation: string) =>
  ({
    number,
    value,
    epochs: 12,
    durationMs: 1500,
    hyperparameters: { learningRate: value / 10, activation },
  }) as unknown as TrialSummary;
const linesOf = (table: string) => table.split('\n').map((line) => line.trimEnd());

describe('a table in the terminal', () => {
  it('of searches groups thousands, and has the best as it is told elsewhere', () => {
    const confirmed = { value: 0.9612, standardError: 0.0281 };
    const others = [
      { ...search, name: 'confirmed', best: { ...search.best!, confirmed } },
      { ...search, name: 'luck', baselines: [{ measure: 'share', value: 0.93, rows: 20, effectiveRows: 20 }] },
    ] as unknown as Search[];
    const [head, first, ...rest] = linesOf(searchTable([search, ...others]));
    expect(first).toMatch(/10,000 of 10,000 +0\.9333$/);
    expect(rest[0]).toMatch(/0\.961 ± 0\.028$/);
    expect(rest[1]).toMatch(/0\.9333, no better than baseline$/);
    expect(head!.indexOf('trials') + 'trials'.length).toBe(
      first!.indexOf('10,000 of 10,000') + '10,000 of 10,000'.length,
    );
  });
  it('of trials has numbers on the right and names on the left', () => {
    const [head, ...rows] = linesOf(bestTable(search, [trial(7021, 0.9333, 'tanh'), trial(5, 0.9, 'relu')]));
    for (const name of ['trial', 'validationAccuracy', 'learningRate', 'epochs', 'duration']) {
      const end = head!.indexOf(name) + name.length;
      for (const row of rows) expect(row.slice(end - 1, end + 1)).toMatch(/^\S\s?$/);
    }
    expect(rows.map((row) => row.indexOf(row.includes('tanh') ? 'tanh' : 'relu'))).toEqual(
      rows.map(() => head!.indexOf('activation')),
    );
  });
});
