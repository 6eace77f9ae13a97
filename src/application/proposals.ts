/**
 * What a search tries next: each trial is proposed from exactly the history that law 6 lets it see.
 *
 * A pure function of the task, whatever was asked before: what is kept between two tasks of one search only saves reading a long history
 * again. It runs in a thread (workers/proposal-thread.ts), since a proposal may take a second.
 */
import { LRUCache } from 'lru-cache';
import { isLearning } from '../algorithms/samplers/create-sampler.ts';
import type { Observation, Sampler } from '../algorithms/samplers/sampler.ts';
import type { Point } from '../algorithms/space/space.ts';
import type { Bracket } from '../domain/brackets.ts';
import type { KnownTrial } from '../domain/commands.ts';
import { type Specification, samplerOf } from '../domain/specification/specification.ts';
import { bracketIn, type Stage } from '../domain/stages.ts';
import { isOver } from '../domain/trial.ts';

export interface ProposalTask {
  /** Names the history: equal keys, equal settled trials. */
  readonly key: string;
  readonly specification: Specification;
  readonly stage: Stage;
  /** The first trial to propose, and how many at most; all within the stage, and within one bracket. */
  readonly from: number;
  readonly count: number;
  /** Trials `since` … from − 1; those of the stage before `since` are settled, and were sent earlier. Empty for samplers that do not learn. */
  readonly since: number;
  readonly trials: readonly KnownTrial[];
}

export type ProposalAnswer =
  | {
      readonly kind: 'points';
      /** Of trials `from`, `from` + 1, …: as many as may be known and there was time for. */
      readonly points: readonly Point[];
      /** Whether it was time that ended the list: ask again for the rest. */
      readonly more: boolean;
      /** Trials before this one need not be sent again. */
      readonly since: number;
    }
  /** What was sent earlier is no longer there: the trials from `since` on must be sent. */
  | { readonly kind: 'incomplete'; readonly since: number };

/** Proposes trials, off the event loop. */
export type Propose = (task: ProposalTask) => Promise<ProposalAnswer>;

/** A task is answered within about this time, or with one point: other searches wait behind it. */
const SLICE_MS = 50;
/** Searches whose trials are kept, and trials over all of them; the search that was asked for longest ago is forgotten first. */
const MAX_SEARCHES = 1000;
const MAX_TRIALS = 300_000;

/** `now` limits how much is answered at once, never what. */
export function createProposer(
  now: () => number = () => performance.now(),
  sliceMs = SLICE_MS,
): (task: ProposalTask) => ProposalAnswer {
  const histories = new LRUCache<string, StageHistory>({
    max: MAX_SEARCHES,
    maxSize: MAX_TRIALS,
    // One that is larger than the whole is kept too, alone.
    sizeCalculation: ({ length }) => Math.min(Math.max(length, 1), MAX_TRIALS),
  });
  return (task) => {
    const { key, specification, stage, from, count, since } = task;
    const history = histories.get(key) ?? new StageHistory(samplerOf(specification, stage), stage.from);
    if (since > history.settled) return { kind: 'incomplete', since: history.settled };
    const learns = isLearning(specification.sampler);
    const bracket = bracketIn(specification, stage, from);
    if (learns) history.update(since, task.trials, bracket?.from ?? stage.to);
    const end = now() + sliceMs;
    const points: Point[] = [];
    let more = false;
    for (let number = from; number < from + count; number++) {
      const visible = learns ? history.visibleTo(number, bracket) : [];
      if (visible === undefined) break;
      more = points.length > 0 && now() >= end;
      if (more) break;
      const point = history.sampler.propose(number - stage.from, visible);
      points.push(point);
      if (learns) history.append({ number, state: 'waiting', point, value: null, epochs: 0 });
    }
    // Its size is taken when it is set anew.
    histories.delete(key);
    histories.set(key, history);
    return { kind: 'points', points, more, since: history.settled };
  };
}

/** The trials of one stage. Those before `settled` have ended for good and never change. */
class StageHistory {
  readonly sampler: Sampler;
  readonly #from: number;
  #trials: KnownTrial[] = [];
  /** By trial of the stage: what it taught; undefined where it is not known yet, null where it failed. */
  #results: (Observation | null | undefined)[] = [];
  #settled = 0;

  constructor(sampler: Sampler, from: number) {
    this.sampler = sampler;
    this.#from = from;
  }

  get length(): number {
    return this.#trials.length;
  }

  get settled(): number {
    return this.#from + this.#settled;
  }

  /** The trials from `since` on are exactly `trials`. Those before `limit`, if they have ended, will not be seen otherwise again. */
  update(since: number, trials: readonly KnownTrial[], limit: number): void {
    this.#trials.length = Math.min(this.#trials.length, since - this.#from);
    this.#results.length = this.#trials.length;
    this.#settled = Math.min(this.#settled, this.#trials.length);
    for (const trial of trials) this.append(trial);
    while (this.settled < limit && this.#results[this.#settled] !== undefined) this.#settled++;
  }

  append(trial: KnownTrial): void {
    this.#trials.push(trial);
    this.#results.push(isOver(trial.state) ? resultOf(trial, this.#from) : undefined);
  }

  /**
   * The results that trial `number` is proposed from, then the points of the trials between; undefined while one of these results is not
   * there. Trials of its own bracket end only with the bracket: they are seen at its first rung, all earlier ones where they ended.
   */
  visibleTo(number: number, bracket: Bracket | undefined): readonly Observation[] | undefined {
    const local = number - this.#from;
    const needed = this.sampler.learnsFrom(local);
    const visible: Observation[] = [];
    for (let i = 0; i < needed; i++) {
      const trial = this.#trials[i]!;
      const atRung = bracket !== undefined && trial.number >= bracket.from ? trial.firstRung : undefined;
      const result = atRung === undefined ? this.#results[i] : atFirstRung(trial, atRung, bracket!, this.#from);
      if (result === undefined) return undefined;
      if (result !== null) visible.push(result);
    }
    for (let i = needed; i < local; i++) {
      const { point } = this.#trials[i]!;
      visible.push({ number: i, point, value: null, epochs: 0, complete: false, pending: true });
    }
    return visible;
  }
}

/** null for a trial that failed or was cancelled: it taught nothing. */
function resultOf({ number, state, point, value, epochs }: KnownTrial, from: number): Observation | null {
  if (state !== 'complete' && state !== 'pruned') return null;
  return { number: number - from, point, value, epochs, complete: state === 'complete' };
}

function atFirstRung(
  { number, point }: KnownTrial,
  { value }: { readonly value: number | null },
  { rungs }: Bracket,
  from: number,
): Observation {
  return { number: number - from, point, value, epochs: rungs[0]!.epochs, complete: false };
}
