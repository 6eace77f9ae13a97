/** A study for Optuna of a search that goes on while it is written. */
import { expect, it } from 'vitest';
import { optunaJournal } from '../../../src/application/optuna-journal.ts';
import type { Importance } from '../../../src/contract/analysis.ts';
import type { Search } from '../../../src/domain/search.ts';
import type { TrialSummary } from '../../../src/domain/trial.ts';

const optimizer = { distribution: 'categorical', choices: ['adam', 'sgd'] } as const;
const search = {
  id: 's',
  name: 'staged',
  createdAt: '2026-05-01T10:00:00.000Z',
  dataset: { name: 'iris' },
  notes: '',
  tags: [],
  trials: { total: 6 },
  specification: {
    hyperparameters: { optimizer },
    objective: { metric: 'validationLoss', direction: 'minimize' },
    stages: [{ epochs: 1 }, { epochs: 2 }],
  },
  stages: [{ from: 0, to: 3, hyperparameters: { optimizer, epochs: 1 } }],
} as unknown as Search;
const importance = { shares: [], trials: 0, epochs: null, note: null } as unknown as Importance;
const trial = { number: 3, state: 'running', stage: 1, value: null, hyperparameters: { optimizer: 'sgd' } };

it('has trials of a stage that begins in the meantime, with the distributions that were known', () => {
  const rest = { found: [], tags: [], startedAt: null, finishedAt: null, durationMs: null, reason: null, notes: '' };
  const line = optunaJournal(search, importance).trial({ ...rest, ...trial } as unknown as TrialSummary, []);
  const { params, distributions } = JSON.parse(line) as { params: object; distributions: { optimizer: string } };
  expect(params).toEqual({ optimizer: 1 });
  expect(JSON.parse(distributions.optimizer)).toEqual({
    name: 'CategoricalDistribution',
    attributes: { choices: ['adam', 'sgd'] },
  });
});
