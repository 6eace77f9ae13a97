import { expect, it, vi } from 'vitest';
import { createProposer, type ProposalTask } from '../../../src/application/proposals.ts';
import type { KnownTrial } from '../../../src/domain/commands.ts';
import { firstStageOf } from '../../../src/domain/stages.ts';
import { specified } from '../../support/search-in-memory.ts';

const specification = await specified({
  hyperparameters: { learningRate: { distribution: 'float', low: 1e-4, high: 1, scale: 'log' } },
  sampler: { type: 'tpe', seed: 1, startupTrials: 2, concurrency: 1 },
  budget: { trials: 200 },
});
const trial = (number: number): KnownTrial => ({
  ...{ number, state: 'complete', point: { learningRate: 0.01 * (number + 1) }, value: 1 / (number + 1), epochs: 3 },
});
const trials = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => trial(from + i));
const task = (key: string, since: number, from: number): ProposalTask => ({
  ...{ key, specification, stage: firstStageOf(specification), from, count: 1, since, trials: trials(since, from) },
});

it('asks for the whole history where it has forgotten it: that of the search that was asked for longest ago', () => {
  const propose = createProposer();
  expect(propose(task('first', 0, 5))).toMatchObject({ kind: 'points', since: 5 });
  expect(propose(task('second', 0, 5))).toMatchObject({ kind: 'points', since: 5 });
  const answered = propose(task('first', 5, 6));
  expect(answered).toMatchObject({ kind: 'points', since: 6 });
  // Whoever asks with the whole history is answered the same.
  expect(propose(task('another', 0, 6))).toEqual(answered);
  for (let i = 0; i < 998; i++) propose(task(`other ${i}`, 0, 3));
  expect(propose(task('second', 5, 6))).toEqual({ kind: 'incomplete', since: 0 });
  expect(propose(task('first', 6, 7))).toMatchObject({ kind: 'points', since: 7 });
});

it('forgets the history of a search for which it has proposed nothing for a minute', () => {
  const clock = vi.spyOn(performance, 'now').mockReturnValue(1000);
  const propose = createProposer();
  propose(task('first', 0, 5));
  propose(task('second', 0, 5));
  clock.mockReturnValue(60_000);
  expect(propose(task('first', 5, 6))).toMatchObject({ kind: 'points', since: 6 });
  clock.mockReturnValue(62_000);
  expect(propose(task('second', 5, 6))).toEqual({ kind: 'incomplete', since: 0 });
  expect(propose(task('first', 6, 7))).toMatchObject({ kind: 'points', since: 7 });
  clock.mockRestore();
});

it('proposes from what was sent last, also where settled trials are sent again and have other results', () => {
  const failed = (number: number): KnownTrial => ({ ...trial(number), state: 'failed', value: null });
  const propose = createProposer();
  propose({ ...task('first', 0, 12), trials: trials(0, 12).map((one) => (one.number === 5 ? failed(5) : one)) });
  const again = [trial(3), failed(4), ...trials(5, 8).map((one) => ({ ...one, value: 2 * one.value! })), failed(8)];
  const changed = { ...task('first', 3, 9), trials: again };
  const whole = { ...task('another', 0, 9), trials: [...trials(0, 3), ...again] };
  expect(propose(changed)).toEqual(createProposer()(whole));
});
