/** What a rule reads besides the search itself, while the search is locked. A store answers; it decides nothing. */
import { bestFirst, type Direction } from '../../algorithms/objective.ts';
import type { FoldCurves } from '../../compute/trial.ts';
import type { TrialState } from '../trial.ts';
import type { TrialRecord } from './trial-record.ts';

/** Trials that meet all that is named, by number. */
export interface TrialQuery {
  readonly numbers?: readonly number[] | undefined;
  /** Inclusive. */
  readonly from?: number | undefined;
  /** Exclusive. */
  readonly to?: number | undefined;
  readonly states?: readonly TrialState[] | undefined;
  readonly limit?: number | undefined;
}

export interface ReportQuery {
  readonly epochs: number;
  /** Inclusive. */
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
  readonly except: number;
  /** Of trials that are complete only. */
  readonly onlyComplete: boolean;
}

export interface Facts {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Changes whenever a trial that had ended begins again. */
  readonly historyVersion: number;
  /** Whether its project limits how many trials run at the same time. */
  readonly isRunningLimited: boolean;
  /** How many more trials its project lets begin, until the change is written. */
  roomForTrials(): Promise<number>;
  trials(query: TrialQuery): Promise<readonly TrialRecord[]>;
  /** Complete trials of a stage with a value, best first. */
  best(stage: number, limit: number): Promise<readonly TrialRecord[]>;
  curves(numbers: readonly number[]): Promise<ReadonlyMap<number, readonly FoldCurves[]>>;
  checkpoints(numbers: readonly number[]): Promise<ReadonlyMap<number, Uint8Array>>;
  /** Finite values that trials have reported after so many epochs. */
  reports(query: ReportQuery): Promise<readonly number[]>;
  /** Numbers of the trials that somebody cancelled one by one. */
  cancelledByHand(): Promise<readonly number[]>;
}

/** The best complete trials of a stage with a value, best first. */
export function bestOf(
  records: readonly TrialRecord[],
  stage: number,
  limit: number,
  direction: Direction,
): readonly TrialRecord[] {
  return records
    .filter(({ state, value, confirms, ...trial }) => {
      return state === 'complete' && value !== null && confirms === undefined && trial.stage === stage;
    })
    .sort(bestFirst(direction))
    .slice(0, limit);
}

export function meets(trial: Pick<TrialRecord, 'number' | 'state'>, query: TrialQuery): boolean {
  const { numbers, from, to, states } = query;
  if (numbers !== undefined && !numbers.includes(trial.number)) return false;
  if (from !== undefined && trial.number < from) return false;
  if (to !== undefined && trial.number >= to) return false;
  return states === undefined || states.includes(trial.state);
}
