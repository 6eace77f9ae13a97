/** The best value so far of searches, over one axis. Pure. */
import { type Direction, isBetter } from '../../../src/algorithms/objective.ts';
import { quantile } from '../../../src/algorithms/quantile.ts';
import { isOpen } from '../../../src/domain/search.ts';
import type { History, Search } from '../api.ts';

export const axes = ['trials', 'epochs', 'time'] as const;
export type Axis = (typeof axes)[number];

/** One search: its history, and whether more may follow. */
export interface Member {
  readonly history: History | undefined;
  readonly open: boolean;
  /** Where it is on each axis: beyond the last trial of its history if later ones were pruned or failed. */
  readonly end: Readonly<Record<Axis, number>>;
}

export function memberOf({ history, ...search }: Search & { readonly history: History | undefined }): Member {
  const { trials, epochs, confirmation } = search;
  return {
    history,
    open: isOpen(search.state),
    end: {
      trials: trials.complete + trials.pruned + trials.failed + trials.cancelled,
      // Those of a confirmation are not part of the history.
      epochs: confirmation === undefined ? epochs : 0,
      // Not known.
      time: 0,
    },
  };
}

/** Ascending in x. */
interface Steps {
  readonly xs: readonly number[];
  readonly best: readonly number[];
}

function stepsOf({ history, end }: Member, by: Axis, direction: Direction): Steps {
  const { xs, best } = recorded(history, by, direction);
  const last = xs.at(-1);
  return last === undefined || end[by] <= last ? { xs, best } : { xs: [...xs, end[by]], best: [...best, best.at(-1)!] };
}

/** Over time, trials are in the order in which they ended. */
function recorded(history: History | undefined, by: Axis, direction: Direction): Steps {
  const points = history?.points ?? [];
  if (by !== 'time') {
    const xs = points.map(({ number, epochs }) => (by === 'trials' ? number + 1 : epochs));
    return { xs, best: points.map(({ best }) => best) };
  }
  const ended = points.toSorted((a, b) => a.seconds - b.seconds || a.number - b.number);
  let [stage, best] = [0, Number.NaN];
  const bests = ended.map((point) => {
    if (point.stage > stage || Number.isNaN(best)) [stage, best] = [point.stage, point.value];
    else if (point.stage === stage && isBetter(point.value, best, direction)) best = point.value;
    return best;
  });
  return { xs: ended.map(({ seconds }) => seconds), best: bests };
}

/** The quartiles of the members' best so far at each x; for one member all three are its own. */
export interface Band {
  readonly low: readonly (number | null)[];
  readonly median: readonly (number | null)[];
  readonly high: readonly (number | null)[];
}

export interface BestSoFar {
  readonly xs: readonly number[];
  /** One per group. */
  readonly bands: readonly Band[];
}

/** More places are thinned out evenly. */
const MAX_PLACES = 2000;

/**
 * A group begins where all its members have a value. A member that has ended keeps its best to the end of the group; one that is open ends the
 * group where it is, since its later values are not known.
 */
export function bestSoFar(groups: readonly (readonly Member[])[], by: Axis, direction: Direction): BestSoFar {
  const steps = groups.map((members) => members.map((member) => stepsOf(member, by, direction)));
  const all = [...new Set(steps.flat().flatMap(({ xs }) => xs))].sort((a, b) => a - b);
  const every = Math.ceil(all.length / MAX_PLACES);
  const ends = new Set(steps.flat().map(({ xs }) => xs.at(-1)));
  const xs = all.filter((x, i) => i % every === 0 || ends.has(x));
  return { xs, bands: steps.map((own, i) => bandOf(own, groups[i]!, xs)) };
}

function bandOf(steps: readonly Steps[], members: readonly Member[], xs: readonly number[]): Band {
  const lasts = steps.map((one) => one.xs.at(-1));
  const known = lasts.every((last) => last !== undefined);
  const first = Math.max(...steps.map((one) => one.xs[0] ?? Number.POSITIVE_INFINITY));
  const last = Math.min(
    Math.max(...lasts.map((one) => one ?? 0)),
    ...lasts.filter((_, i) => members[i]!.open).map((one) => one ?? 0),
  );
  const places = steps.map(() => -1);
  const rows = xs.map((x) => {
    const values = steps.map((one, i) => {
      while ((one.xs[places[i]! + 1] ?? Number.POSITIVE_INFINITY) <= x) places[i]!++;
      return one.best[places[i]!];
    });
    const isIn = known && x >= first && x <= last;
    return isIn ? values.filter((value) => value !== undefined) : undefined;
  });
  const column = (share: number) => rows.map((values) => (values === undefined ? null : quantile(values, share)));
  return { low: column(0.25), median: column(0.5), high: column(0.75) };
}
