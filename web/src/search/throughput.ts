/** Throughput and remaining time of a search, from what it has done so far. */
import { hasBarriers } from '../../../src/domain/pruner-rules.ts';
import { bracketIn, stagesOf } from '../../../src/domain/stages.ts';
import type { Search } from '../api.ts';
import { endedOf } from '../parts/state.tsx';
import type { TrialRow } from './model.ts';

const MEASURED = 50;

type Measured = Pick<Search, 'trials' | 'state' | 'confirmation' | 'epochs' | 'specification' | 'stages'>;

export function throughputOf(
  trials: readonly TrialRow[],
  search: Measured,
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
  return {
    perSecond,
    secondsLeft: hasBarriers(search.specification.pruner)
      ? secondsOfBrackets(trials, search, now)
      : (search.trials.total - endedOf(search.trials)) / perSecond,
  };
}

/** Most trials of a bracket end together, after a part of the epochs: what is left are epochs, at the rate of those trained so far. */
function secondsOfBrackets(trials: readonly TrialRow[], search: Measured, now: number): number | undefined {
  const starts = trials.flatMap(({ startedAt }) => (startedAt === null ? [] : [startedAt]));
  const seconds = (now - Math.min(...starts)) / 1000;
  if (!(seconds > 0) || search.epochs === 0) return undefined;
  let expected = 0;
  for (const stage of stagesOf(search)) {
    for (let from = stage.from; from < stage.to; ) {
      const bracket = bracketIn(search.specification, stage, from);
      if (bracket === undefined) return undefined;
      bracket.rungs.forEach(({ epochs, trials: own }, k) => {
        expected += own * (epochs - (bracket.rungs[k - 1]?.epochs ?? 0));
      });
      from = bracket.to;
    }
  }
  return Math.max(0, expected - search.epochs) * (seconds / search.epochs);
}
