/** Searches for tests, and what must hold of any search however it came to its end. */
import pg from 'pg';
import { expect, inject } from 'vitest';
import type { ApiClient } from '../../src/cli/api-client.ts';
import type { SearchEvent } from '../../src/domain/events.ts';
import { FIRST_RUN } from '../../src/domain/runs.ts';
import { isOpen, type Search } from '../../src/domain/search.ts';
import type { TrialSummary } from '../../src/domain/trial.ts';
import { measuredNetwork } from './epoch-speed.ts';
import { eventually } from './processes.ts';

/** Trials that train for at least about `milliseconds` each, however fast the machine is: long enough to be caught in the act. */
export function lasting(milliseconds: number, trials: number, more: object = {}) {
  return {
    name: `trials of ${milliseconds} ms`,
    dataset: 'iris',
    hyperparameters: {
      learningRate: { distribution: 'float', low: 1e-5, high: 1e-3, scale: 'log' },
      activation: { distribution: 'categorical', choices: ['relu', 'tanh', 'elu'] },
      ...measuredNetwork,
      epochs: Math.min(10_000, Math.max(1, Math.round(milliseconds * inject('epochsPerMillisecond')))),
    },
    sampler: { type: 'random', seed: 7 },
    budget: { trials },
    ...more,
  };
}

/** A search with suggestions that contradict each other: it asks for the highest loss, which is at the lowest learning rates, and they learn next to nothing. */
export const contradictory = {
  dataset: 'digits',
  objective: { metric: 'validationLoss', direction: 'maximize' },
  hyperparameters: {
    learningRate: { distribution: 'float', low: 3e-7, high: 1e-2, scale: 'log' },
    initializer: 'smallNormal',
    optimizer: 'adam',
    preprocessing: 'standardize',
    hiddenUnits: 16,
    epochs: 8,
  },
  sampler: { type: 'sobol', seed: 1 },
  budget: { trials: 40 },
};

/** Waits for the end; polls, so that it depends on nothing that a test breaks. */
export async function ended(client: ApiClient, id: string, timeoutMs = 120_000): Promise<Search> {
  return eventually(
    async () => {
      const search = await client.search(id);
      return isOpen(search.state) ? undefined : search;
    },
    timeoutMs,
    'the end of the search',
    200,
  );
}

/** Waits until at least `count` trials are complete, or running. */
export function reached(client: ApiClient, id: string, state: 'complete' | 'running', count: number): Promise<Search> {
  return eventually(
    async () => {
      const search = await client.search(id);
      return search.trials[state] >= count ? search : undefined;
    },
    60_000,
    `${count} trials ${state}`,
  );
}

export async function allTrials(client: ApiClient, id: string): Promise<TrialSummary[]> {
  const text = await (await client.export(id, 'ndjson')).text();
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as TrialSummary);
}

/** number → hash of its result: equal maps mean equal bits. */
export async function hashesOf(client: ApiClient, id: string): Promise<Record<number, string | null>> {
  return Object.fromEntries((await allTrials(client, id)).map(({ number, resultHash }) => [number, resultHash]));
}

/**
 * Nothing lost, doubled or stuck: every trial exists once and has ended, the counters are the rows', the log has no gap and
 * tells of each trial's end exactly once.
 */
export async function expectSound(databaseUrl: string, id: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const [search] = (await client.query('SELECT * FROM searches WHERE id = $1', [id])).rows;
    const stored = (
      await client.query('SELECT number, state, found, confirms FROM trials WHERE search_id = $1 ORDER BY number', [id])
    ).rows;
    const [trials, runs] = [
      stored.filter(({ confirms }) => confirms === null),
      stored.filter(({ confirms }) => confirms !== null),
    ];
    const events: SearchEvent[] = (
      await client.query('SELECT seq, type, data, at FROM events WHERE search_id = $1 ORDER BY seq', [id])
    ).rows;
    expect(trials.map(({ number }) => number)).toEqual(Array.from({ length: search.planned }, (_, i) => i));
    for (const state of ['waiting', 'running', 'paused', 'complete', 'pruned', 'failed', 'cancelled']) {
      const rows = trials.filter((trial) => trial.state === state).length;
      expect({ [state]: search[state] }).toEqual({ [state]: rows });
      if (state === 'waiting' || state === 'running' || state === 'paused')
        expect({ [state]: rows }).toEqual({ [state]: 0 });
    }
    const found: Record<string, number> = {};
    for (const code of trials.flatMap((trial) => trial.found as string[])) found[code] = (found[code] ?? 0) + 1;
    expect(search.found).toEqual(found);
    const reported = new Map(
      events.flatMap((event) =>
        event.type === 'trial.pruned' ? [[event.data.number, event.data.found] as const] : [],
      ),
    );
    for (const { number, state, found: codes } of trials)
      if (state === 'pruned') expect(reported.get(number)).toEqual(codes);
    const improvements = events.flatMap((event) => {
      if (event.type !== 'trial.complete' || !event.data.best) return [];
      // Events of before there were stages have none.
      const { number, value, stage = 0 } = event.data;
      return [{ number, value, stage }];
    });
    expect(search.improvements).toEqual(improvements.slice(-100));
    expect(events.map(({ seq }) => seq)).toEqual(Array.from({ length: search.event_seq }, (_, i) => i + 1));
    const ends = events.flatMap((event) =>
      event.type === 'trial.complete' || event.type === 'trial.failed' || event.type === 'trial.pruned'
        ? [event.data.number]
        : [],
    );
    const finished = trials.filter(({ state }) => state === 'complete' || state === 'failed' || state === 'pruned');
    const ofTrials = ends.filter((number) => number < FIRST_RUN).sort((a, b) => a - b);
    expect(ofTrials).toEqual(finished.map(({ number }) => number));
    expect(runs.map(({ number }) => number)).toEqual(runs.map((_, i) => FIRST_RUN + i));
    for (const { state } of runs) expect(['complete', 'failed', 'cancelled']).toContain(state);
    const { rows: left } = await client.query('SELECT number FROM checkpoints WHERE search_id = $1', [id]);
    expect(left).toEqual([]);
  } finally {
    await client.end();
  }
}
