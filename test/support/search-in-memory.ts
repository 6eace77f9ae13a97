/** A search without a database, a queue or training: results are made up, in any order, and the real planner plans. */
import { randomUUID } from 'node:crypto';
import type { Observation } from '../../src/algorithms/samplers/sampler.ts';
import type { Point } from '../../src/algorithms/space/space.ts';
import { parseSpecification } from '../../src/application/parse-specification.ts';
import { createRowWork, rowAnswerOf } from '../../src/application/row-work.ts';
import type { Added, Finished, FinishedTrial, History, Plan } from '../../src/domain/commands.ts';
import type { Search } from '../../src/domain/search.ts';
import { type DatasetFacts, type Specification, samplerOf } from '../../src/domain/specification/specification.ts';
import { bracketIn, type Stage, stagesOf } from '../../src/domain/stages.ts';
import { isOver, type TrialState } from '../../src/domain/trial.ts';
import { randomAt } from '../../src/random.ts';

export const facts: DatasetFacts = {
  name: 'few',
  task: 'classification',
  rows: 100,
  features: 4,
  classes: ['a', 'b'],
  hash: '',
};
const memory = { limitBytes: Number.POSITIVE_INFINITY, needed: () => 0 };
const rowWork = createRowWork(async (task) => rowAnswerOf(task));

export async function specified(body: object): Promise<Specification> {
  const whole = { dataset: 'few', ...body };
  const datasets = { find: async () => facts, load: async () => undefined };
  const queries = { find: async () => undefined, best: async () => [] };
  return (await parseSpecification(whole, { datasets, queries, memory, rowWork })).specification;
}

export interface SearchInMemory {
  readonly id: string;
  find(): Promise<Search>;
  history(id: string, from: number, firstRung: number | undefined): Promise<History>;
  addTrials(id: string, plan: Plan): Promise<Added & { search: Search }>;
  finish(id: string, trials: readonly FinishedTrial[], next?: Plan): Promise<Finished & { search: Search }>;
  /** Every trial that waits begins to run; how many these are. */
  start(): number;
  /** Results of trials that run, any of them: which, goes by `draw`. */
  results(draw: () => number): readonly FinishedTrial[];
  /** Something happens to one trial that has not ended: which, and what, goes by `draw`. Whether there was one. */
  step(draw: () => number): boolean;
  readonly planned: readonly Point[];
  /** What a direct call of the sampler gives for each planned trial, or a fault where its history was not there yet. */
  expected(): (Point | string)[];
}

interface Row {
  readonly point: Point;
  state: TrialState;
  value: number | null;
  epochs: number;
  firstRung?: { readonly value: number | null };
  /** How many steps had been taken when it was planned. */
  readonly plannedAt: number;
  /** The step after which its result, or its first rung, was there. */
  endedAt: number;
  atRungAt: number;
}

const madeUpResult: Omit<FinishedTrial, 'number' | 'value' | 'epochs'> = {
  ...{ attempt: 1, deviation: null, outcome: 'ok', reason: null, folds: [], findings: [] },
  ...{ resultHash: '', kernels: 'plain', durationMs: 0 },
};

export function searchInMemory(specification: Specification): SearchInMemory {
  const id = randomUUID();
  const rows: Row[] = [];
  const stages: Search['stages'][number][] = [];
  let total = specification.budget.trials;
  let steps = 0;
  const count = (state: TrialState) => rows.filter((row) => row.state === state).length;
  const search = (): Search => ({
    ...{
      id,
      name: 'in memory',
      project: 'default',
      state: 'running',
      specification,
      dataset: { name: facts.name, hash: facts.hash },
    },
    trials: {
      ...{ total, planned: rows.length, waiting: count('waiting'), running: count('running'), paused: count('paused') },
      ...{ complete: count('complete'), pruned: count('pruned'), failed: count('failed'), cancelled: 0, diverged: 0 },
    },
    ...{
      best: null,
      improvements: [],
      baselines: [],
      notes: '',
      tags: [],
      found: {},
      stages: [...stages],
      warnings: [],
      parent: null,
      epochs: 0,
      endedBy: null,
      seq: steps,
    },
    ...{
      failure: null,
      createdAt: '2026-01-01T00:00:00.000Z',
      finishedAt: null,
      removed: { signals: null, curves: null, events: null, audit: null },
    },
  });
  const stageAt = (number: number): Stage => stagesOf(search()).find(({ to }) => number < to)!;
  const bracketAt = (number: number) => bracketIn(specification, stageAt(number), number);
  /** A trial's value, which depends on its number and its epochs alone. */
  const madeUp = (number: number, epochs: number) =>
    number % 11 === 7 ? null : randomAt({ seed: 5, purpose: 'sampler', trial: number, epoch: epochs }).uniform();

  /** The bracket is over when all of it waits at the rung or has ended: the better half goes on to the end, the rest is stopped. */
  const endBracket = (number: number) => {
    const bracket = bracketAt(number);
    if (bracket === undefined || rows.length < bracket.to) return;
    const own = rows.slice(bracket.from, bracket.to);
    if (own.some(({ state }) => state === 'waiting' || state === 'running')) return;
    const resting = own.filter(({ state }) => state === 'paused');
    resting.sort((a, b) => (b.value ?? -1) - (a.value ?? -1));
    resting.forEach((row, i) => {
      row.state = i < resting.length / 2 ? 'complete' : 'pruned';
      row.endedAt = steps;
    });
  };

  const addTrials = (plan: Plan): Added => {
    const { from, trials, begins } = plan;
    if (rows.length < from || (begins !== undefined && rows.length !== from)) {
      return { added: 0, claims: [], deliveries: [] };
    }
    if (begins !== undefined) {
      stages.push(begins.stage);
      total = begins.total;
    }
    const fresh = trials.slice(rows.length - from);
    for (const { point } of fresh) {
      const times = { plannedAt: steps, endedAt: Infinity, atRungAt: Infinity };
      rows.push({ point, state: 'waiting', value: null, epochs: 0, ...times });
    }
    return { added: fresh.length, claims: [], deliveries: [] };
  };

  return {
    id,
    find: async () => search(),
    history: async (_, from) => ({
      version: 0,
      seq: steps,
      trials: rows.slice(from).map(({ point, state, value, epochs, firstRung }, i) => ({
        ...{ number: from + i, point, state, value, epochs },
        ...(firstRung && { firstRung }),
      })),
    }),
    addTrials: async (_, plan) => ({ ...addTrials(plan), search: search() }),
    finish: async (_, trials, next) => {
      const seqBefore = steps++;
      const accepted = trials.filter(({ number }) => rows[number]!.state === 'running').map(({ number }) => number);
      for (const number of accepted) {
        const { value, epochs } = trials.find((trial) => trial.number === number)!;
        Object.assign(rows[number]!, { state: 'complete', value, epochs, endedAt: steps });
      }
      const whole = next !== undefined && accepted.length === trials.length;
      return { accepted, deliveries: [], seqBefore, next: whole ? addTrials(next) : undefined, search: search() };
    },
    start: () => {
      const waiting = rows.filter(({ state }) => state === 'waiting');
      for (const row of waiting) row.state = 'running';
      return waiting.length;
    },
    results: (draw) =>
      rows.flatMap(({ state }, number) =>
        state === 'running' && bracketAt(number) === undefined && draw() < 0.5
          ? [{ ...madeUpResult, number, value: madeUp(number, 9), epochs: 9 }]
          : [],
      ),
    step: (draw) => {
      const open = rows.flatMap((row, number) => (row.state === 'waiting' || row.state === 'running' ? [number] : []));
      const number = open[Math.floor(draw() * open.length)];
      if (number === undefined) return false;
      steps++;
      const row = rows[number]!;
      const luck = draw();
      if (row.state === 'waiting' && luck < 0.7) {
        row.state = 'running';
        return true;
      }
      const bracket = bracketAt(number);
      row.epochs = bracket === undefined ? 9 : bracket.rungs[0]!.epochs;
      row.value = madeUp(number, row.epochs);
      if (luck < 0.08) {
        row.state = 'failed';
        row.endedAt = steps;
      } else if (bracket !== undefined && bracket.rungs.length > 1 && row.value !== null) {
        row.state = 'paused';
        row.firstRung = { value: row.value };
        row.atRungAt = steps;
      } else {
        row.state = luck < 0.3 && specification.pruner.type === 'median' ? 'pruned' : 'complete';
        row.endedAt = steps;
      }
      endBracket(number);
      return true;
    },
    get planned() {
      return rows.map(({ point }) => point);
    },
    expected: () =>
      rows.map((own, number) => {
        const stage = stageAt(number);
        const sampler = samplerOf(specification, stage);
        const local = number - stage.from;
        const bracket = bracketAt(number);
        const history: Observation[] = [];
        for (let other = stage.from; other < number; other++) {
          const row = rows[other]!;
          const at = { number: other - stage.from, point: row.point };
          const inBracket = bracket !== undefined && other >= bracket.from;
          if (at.number >= sampler.learnsFrom(local)) {
            history.push({ ...at, value: null, epochs: 0, complete: false, pending: true });
          } else if (inBracket && row.firstRung !== undefined) {
            if (row.atRungAt > own.plannedAt) return `trial ${number} was planned before ${other} came to its rung`;
            history.push({ ...at, value: row.firstRung.value, epochs: bracket.rungs[0]!.epochs, complete: false });
          } else if (row.endedAt > own.plannedAt) {
            return `trial ${number} was planned before ${other} had ended`;
          } else if (isOver(row.state) && row.state !== 'failed') {
            history.push({ ...at, value: row.value, epochs: row.epochs, complete: row.state === 'complete' });
          }
        }
        // One that never learns is shown nothing.
        return sampler.propose(local, sampler.learnsFrom(1_000_000) > 0 ? history : []);
      }),
  };
}
