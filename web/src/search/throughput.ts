/** Throughput and remaining time of a search, from the trials that ended last. */
import type { Search } from '../api.ts';
import { endedOf } from '../parts/state.tsx';
import type { TrialRow } from './model.ts';

const MEASURED = 50;

export function throughputOf(
  trials: readonly TrialRow[],
  search: Pick<Search, 'trials' | 'state' | 'confirmation'>,
  now: number,
): { perSecond: number | undefined; secondsLeft: number | undefined } {
  const unknown = { perSecond: undefined, secondsLeft: undefined };
  // While a confirmation runs, its trials have ended.
  if (search.state !== 'running' || search.confirmation?.state === 'running') return unknown;
  const ends = trials.flatMap(({ finishedAt }) => (finishedAt === null ? [] : [finishedAt]));
  if (ends.length < 2) return unknown;
  const last = ends.sort((a, b) => b - a).slice(0, MEASURED);
  // Measured up to now, not to the last end, so that a stalled search slows down.
  const seconds = (now - last.at(-1)!) / 1000;
  if (seconds <= 0) return unknown;
  const perSecond = (last.length - 1) / seconds;
  return { perSecond, secondsLeft: (search.trials.total - endedOf(search.trials)) / perSecond };
}
