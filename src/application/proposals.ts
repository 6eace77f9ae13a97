/**
 * Proposes trials: each from exactly the history that invariant 6 makes visible to it.
 *
 * A pure function of the task: state kept between tasks of a search only avoids sending a long history again. It runs in a thread
 * (workers/proposal-thread.ts), since a proposal may take a second.
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
  /** Identifies the history: equal keys have equal settled trials. */
  readonly key: string;
  readonly specification: Specification;
  readonly stage: Stage;
  /** The first trial to propose, and the maximum number; all within one stage and one bracket. */
  readonly from: number;
  readonly count: number;
  /** Trials `since` … from − 1; earlier ones of the stage are settled and were sent before. Empty for samplers that do not learn. */
  readonly since: number;
  readonly trials: readonly KnownTrial[];
}

export type ProposalAnswer =
  | {
      readonly kind: 'points';
      /** For trials `from`, `from` + 1, …: as many as their history and the time slice allow. */
      readonly points: readonly Point[];
      /** Whether the time slice ended the list: ask again for the rest. */
      readonly more: boolean;
      /** Trials before this one do not need to be sent again. */
      readonly since: number;
    }
  /** Trials sent earlier were evicted: those from `since` on must be sent again. */
  | { readonly kind: 'incomplete'; readonly since: number };

/** Proposes trials, off the event loop. */
export type Propose = (task: ProposalTask) => Promise<ProposalAnswer>;

/** A task takes about this time at most, or returns one point, so that other searches do not wait. */
const SLICE_MS = 50;
/** Limits of the cache: searches, and trials of all of them. */
const MAX_SEARCHES = 1000;
const MAX_TRIALS = 300_000;
/**
 * What a sampler keeps of a search takes up to megabytes: it is forgotten this long after the last proposal, since most such searches have ended.
 * The others are sent again, which takes milliseconds.
 */
const KEPT_MS = 60_000;
const PURGE_EVERY_MS = 5000;

/** `now` only limits how many points are returned at once, never which. */
export function createProposer(
  now: () => number = () => performance.now(),
  sliceMs = SLICE_MS,
): (task: ProposalTask) => ProposalAnswer {
  const histories = new LRUCache<string, StageHistory>({
    max: MAX_SEARCHES,
    maxSize: MAX_TRIALS,
    // A history larger than the limit is cached too, as the only one.
    sizeCalculation: ({ length }) => Math.min(Math.max(length, 1), MAX_TRIALS),
    ttl: KEPT_MS,
    // By default a timer says when to read the clock again, and none fires between tasks (findings/lru-cache-ttl-in-piscina.sh).
    ttlResolution: 0,
  });
  let purgedAt = Number.NEGATIVE_INFINITY;
  /** With each task, because timers do not run in a thread that waits for tasks. */
  const forgetUnused = () => {
    if (performance.now() - purgedAt < PURGE_EVERY_MS) return;
    purgedAt = performance.now();
    histories.purgeStale();
  };
  return (task) => {
    forgetUnused();
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
    // Set again because the cache measures the size on set.
    histories.delete(key);
    histories.set(key, history);
    return { kind: 'points', points, more, since: history.settled };
  };
}

/** The trials of one stage. Those before `settled` have ended and never change. */
class StageHistory {
  readonly sampler: Sampler;
  readonly #from: number;
  #trials: KnownTrial[] = [];
  /** The result of each trial of the stage; undefined if not known yet, null if the trial failed. */
  #results: (Observation | null | undefined)[] = [];
  #settled = 0;
  /** The results of settled trials, without failed ones. */
  readonly #settledResults: Observation[] = [];

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

  /** Replaces the trials from `since` on by `trials`. Ended trials before `limit` become settled. */
  update(since: number, trials: readonly KnownTrial[], limit: number): void {
    const kept = Math.min(this.#trials.length, since - this.#from);
    while (this.#settled > kept) {
      this.#settled--;
      if (this.#results[this.#settled] !== null) this.#settledResults.pop();
    }
    this.#trials.length = kept;
    this.#results.length = kept;
    for (const trial of trials) this.append(trial);
    for (let result = this.#results[this.#settled]; this.settled < limit && result !== undefined; ) {
      if (result !== null) this.#settledResults.push(result);
      this.#settled++;
      result = this.#results[this.#settled];
    }
  }

  append(trial: KnownTrial): void {
    this.#trials.push(trial);
    this.#results.push(isOver(trial.state) ? resultOf(trial, this.#from) : undefined);
  }

  /**
   * The results that trial `number` is proposed from, followed by pending trials; undefined while one of these results is missing. Trials of
   * its own bracket only end with the bracket, so their value at the first rung is used; earlier trials have their final value.
   */
  visibleTo(number: number, bracket: Bracket | undefined): readonly Observation[] | undefined {
    const local = number - this.#from;
    const needed = this.sampler.learnsFrom(local);
    const first = Math.min(needed, this.#settled);
    // Most of a long history is settled: it is copied at once.
    const later = this.#results.slice(first, this.#settled).filter((result) => result !== null).length;
    const visible = this.#settledResults.slice(0, this.#settledResults.length - later);
    for (let i = first; i < needed; i++) {
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

/** null for a trial that failed or was cancelled. */
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
