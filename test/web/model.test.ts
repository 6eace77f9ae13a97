/** What the page knows of a search: a reader who comes late, and one who was there from the start, see the same. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Epoch, SearchEvent, Table, Trial } from '../../web/src/api.ts';
import { SearchModel } from '../../web/src/search/model.ts';

type Change = SearchEvent extends infer E ? (E extends SearchEvent ? Omit<E, 'seq' | 'at'> : never) : never;

const at = (seq: number) => new Date(Date.UTC(2026, 0, 1) + seq * 1000).toISOString();
const log = (changes: readonly Change[]): SearchEvent[] =>
  changes.map((change, i) => ({ ...change, seq: i + 1, at: at(i + 1) }) as SearchEvent);

const started = (number: number, attempt = 1): Change => ({
  type: 'trial.started',
  data: { number, attempt, worker: 'w', hyperparameters: { learningRate: 0.1 * (number + 1) } },
});
const complete = (number: number, value: number | null, attempt = 1): Change => ({
  type: 'trial.complete',
  data: {
    number,
    attempt,
    stage: 0,
    value,
    deviation: null,
    outcome: value === null ? 'diverged' : 'ok',
    reason: value === null ? 'its loss ran away' : null,
    epochs: 3,
    durationMs: 12,
    found: value === null ? ['diverged'] : [],
    best: false,
  },
});
const epoch = (number: number, n: number, more: Partial<Epoch> = {}): Epoch => ({
  number,
  attempt: 1,
  fold: 0,
  epoch: n,
  epochs: 3,
  at: 1000 + n,
  trainLoss: 1 / n,
  trainMetric: 0.5,
  validationLoss: 2 / n,
  validationMetric: 0.4,
  ...more,
});

/** The table that a service would answer which knows just these changes. */
function tableAt(events: readonly SearchEvent[]): Table {
  const model = new SearchModel();
  model.readTable(empty, events);
  return tableOf(model);
}

const empty = tableOf(new SearchModel());

function tableOf(model: SearchModel): Table {
  const column = <K extends keyof SearchModel['trials'][number]>(name: K) => model.trials.map((trial) => trial[name]);
  const names = [...new Set(model.trials.flatMap(({ point }) => Object.keys(point)))];
  return {
    seq: model.seq,
    rows: model.trials.length,
    thinned: false,
    trials: {
      number: column('number'),
      state: column('state'),
      stage: column('stage'),
      rung: column('rung'),
      attempt: column('attempt'),
      value: column('value'),
      deviation: column('deviation'),
      outcome: column('outcome'),
      epochs: column('epochs'),
      durationMs: column('durationMs'),
      worker: column('worker'),
      startedAt: column('startedAt'),
      finishedAt: column('finishedAt'),
      found: column('found'),
      reason: column('reason'),
      rule: column('rule'),
      notes: column('notes'),
      tags: column('tags'),
    },
    points: Object.fromEntries(names.map((name) => [name, model.trials.map(({ point }) => point[name] ?? null)])),
  };
}

describe('the model of a search', () => {
  it('follows a trial from its plan to its end', () => {
    const model = new SearchModel();
    model.readTable(empty, log([{ type: 'trials.planned', data: { from: 0, to: 1 } }, started(0)]));
    expect(model.trial(0)).toMatchObject({ state: 'running', worker: 'w', point: { learningRate: 0.1 } });
    expect(model.trial(1)).toMatchObject({ state: 'waiting', point: {} });
    model.onEpoch(epoch(0, 1));
    model.onEpoch(epoch(0, 2, { found: ['rateTooHigh'] }));
    expect(model.trial(0)).toMatchObject({ epochs: 2, found: ['rateTooHigh'] });
    expect(model.curveOf(0)?.validationLoss).toEqual([2, 1]);
    model.onChange({ ...complete(0, 0.9), seq: 3, at: at(3) } as SearchEvent);
    expect(model.trial(0)).toMatchObject({ state: 'complete', value: 0.9, epochs: 3, found: [] });
    expect(model.live.size).toBe(0);
    expect(model.curveOf(0)?.epochs).toEqual([1, 2]);
  });

  it('takes over notes and tags, also of a trial that runs', () => {
    const model = new SearchModel();
    const changed: Change = { type: 'trial.changed', data: { number: 0, notes: 'odd', tags: ['a', 'b'] } };
    model.readTable(empty, log([{ type: 'trials.planned', data: { from: 0, to: 1 } }, started(0), changed]));
    expect(model.trial(0)).toMatchObject({ state: 'running', notes: 'odd', tags: ['a', 'b'] });
    expect(model.trial(1)).toMatchObject({ notes: '', tags: [] });
  });

  it('applies nothing twice', () => {
    const events = log([{ type: 'trials.planned', data: { from: 0, to: 0 } }, started(0), complete(0, 0.5)]);
    const model = new SearchModel();
    model.readTable(tableAt(events), events);
    for (const event of events) model.onChange(event);
    expect(model.trials).toHaveLength(1);
    expect(model.trial(0)).toMatchObject({ state: 'complete', value: 0.5 });
  });

  it('forgets the epochs of an attempt that was taken back, and takes none of it afterwards', () => {
    const model = new SearchModel();
    const events = log([
      { type: 'trials.planned', data: { from: 0, to: 0 } },
      started(0),
      { type: 'trial.retried', data: { number: 0, attempt: 1, reason: 'the lease ran out' } },
      started(0, 2),
    ]);
    model.readTable(empty, events.slice(0, 2));
    model.onEpoch(epoch(0, 1));
    for (const event of events.slice(2)) model.onChange(event);
    model.onEpoch(epoch(0, 2));
    expect(model.curveOf(0)?.epochs).toEqual([]);
    model.onEpoch(epoch(0, 1, { attempt: 2 }));
    expect(model.curveOf(0)?.epochs).toEqual([1]);
  });

  it('shows the mean of the folds, and a gap where an epoch was missed', () => {
    const model = new SearchModel();
    model.readTable(empty, log([{ type: 'trials.planned', data: { from: 0, to: 0 } }, started(0)]));
    model.onEpoch(epoch(0, 1, { fold: 0, validationLoss: 1 }));
    model.onEpoch(epoch(0, 1, { fold: 1, validationLoss: 3 }));
    model.onEpoch(epoch(0, 3, { fold: 0, validationLoss: 5 }));
    expect(model.curveOf(0)?.validationLoss).toEqual([2, null, 5]);
  });

  it('goes on with the curve of a trial that comes back from its rung', () => {
    const model = new SearchModel();
    model.readTable(empty, log([{ type: 'trials.planned', data: { from: 0, to: 0 } }, started(0)]));
    model.onEpoch(epoch(0, 1));
    const rest: Change[] = [
      {
        type: 'trial.paused',
        data: { number: 0, attempt: 1, rung: 0, epochs: 1, value: 0.4, durationMs: 5, found: [] },
      },
      { type: 'trial.promoted', data: { number: 0, rung: 1, rank: 1, of: 3 } },
      started(0, 2),
    ];
    rest.forEach((change, i) => {
      model.onChange({ ...change, seq: 3 + i, at: at(3 + i) } as SearchEvent);
    });
    expect(model.trial(0)).toMatchObject({ state: 'running', rung: 1, epochs: 1, durationMs: 5 });
    model.onEpoch(epoch(0, 2, { attempt: 2 }));
    expect(model.curveOf(0)?.validationLoss).toEqual([2, 1]);
    model.onChange({ ...complete(0, 0.9, 2), seq: 6, at: at(6) } as SearchEvent);
    expect(model.trial(0)).toMatchObject({ state: 'complete', durationMs: 17 });
  });

  it('keeps curves of a bounded number of trials', () => {
    const model = new SearchModel();
    let seq = 0;
    const tell = (change: Change) => model.onChange({ ...change, seq: ++seq, at: at(seq) } as SearchEvent);
    tell({ type: 'trials.planned', data: { from: 0, to: 1999 } });
    for (let number = 0; number < 2000; number++) {
      tell(started(number));
      for (let n = 1; n <= 100; n++) model.onEpoch(epoch(number, n));
      tell(complete(number, 0.5));
    }
    expect(model.curves.size).toBeLessThanOrEqual(300);
    expect(Math.max(...[...model.curves.values()].map(({ epochs }) => epochs.length))).toBeLessThanOrEqual(60);
  });

  it('is the same for whoever comes at any moment', () => {
    const changes: Change[] = [{ type: 'trials.planned', data: { from: 0, to: 5 } }];
    for (let number = 0; number < 6; number++) changes.push(started(number));
    changes.push(
      complete(3, 0.3),
      { type: 'trial.retried', data: { number: 4, attempt: 1, reason: 'crashed' } },
      complete(0, null),
      started(4, 2),
      { type: 'trial.failed', data: { number: 5, attempt: 1, reason: 'no memory' } },
      { type: 'trial.cancelled', data: { number: 1 } },
      complete(4, 0.7, 2),
      { type: 'search.cancelled', data: { trials: 1 } },
    );
    const events = log(changes);
    const fromTheStart = new SearchModel();
    fromTheStart.readTable(empty, events);
    fc.assert(
      fc.property(fc.nat(events.length), fc.nat(events.length), (moment, overlap) => {
        const late = new SearchModel();
        // The stream began somewhere before the table was read: some changes are in both.
        const table = tableAt(events.slice(0, moment));
        late.readTable(table, events.slice(Math.max(0, moment - overlap)));
        expect(late.trials).toEqual(fromTheStart.trials);
      }),
    );
  });

  it('takes the running trials out of a snapshot, and drops those that have ended since', () => {
    const model = new SearchModel();
    const fold = {
      fold: 0,
      trainLoss: [1, 0.5],
      validationLoss: [1.1, 0.6],
      trainMetric: [0, 0],
      validationMetric: [0.2, 0.3],
    };
    const trial = (number: number) => ({ number, folds: [fold], settings: { epochs: 3 } }) as unknown as Trial;
    model.readRunning([trial(0), trial(1)]);
    const events = log([
      { type: 'trials.planned', data: { from: 0, to: 1 } },
      started(0),
      started(1),
      complete(1, 0.3),
    ]);
    model.readTable(tableAt(events.slice(0, 3)), events);
    expect([...model.live.keys()]).toEqual([0]);
    expect(model.curveOf(0)?.validationMetric).toEqual([0.2, 0.3]);
  });
});

it('does not take runs of a confirmation for trials, which end when it begins', () => {
  const confirms = { trial: 0, repeat: 1 };
  const run = 1_000_000_000;
  const model = new SearchModel();
  const events = log([
    { type: 'trials.planned', data: { from: 0, to: 1 } },
    started(0),
    complete(0, 0.5),
    { type: 'confirmation.started', data: { finalists: [0] } },
    { type: 'trial.started', data: { number: run, attempt: 1, confirms, worker: 'w', hyperparameters: {} } },
    { type: 'trial.failed', data: { number: run, attempt: 1, confirms, reason: 'its worker is gone' } },
  ]);
  for (const event of events) model.onChange(event);
  expect(model.trials.map(({ number, state }) => [number, state])).toEqual([
    [0, 'complete'],
    [1, 'cancelled'],
  ]);
  expect(model.live.size).toBe(0);
  expect(model.seq).toBe(events.length);
});
