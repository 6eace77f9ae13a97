/**
 * Greedy ensemble selection with replacement (Caruana, Niculescu-Mizil, Crew & Ksikes, «Ensemble selection from libraries of models», ICML 2004):
 * again and again adds the candidate with which the mean of all added ones predicts best. Greedy choice fits the rows that it looks at, so it looks at
 * one half of them, and the other half evaluates it.
 */
import { type Direction, isBetter } from '../algorithms/objective.ts';
import { randomAt } from '../random.ts';
import { type ScoredMetric, scoreOf } from './scores.ts';

export interface EnsembleOptions {
  /** How many times a candidate is added; the ensemble has at most as many members. */
  readonly size: number;
  readonly metric: ScoredMetric;
  /** Decides which rows choose and which evaluate. */
  readonly seed: number;
  /** The row of the data set that each target is of, where rows come several times: all its predictions choose, or all evaluate. */
  readonly rows?: ArrayLike<number>;
}

/** Predictions on rows that the candidate was not trained on, the same rows for all: probabilities (rows × classes) or values. */
export type CandidatePredictions = Float64Array;

export interface EnsembleChoice {
  /** By candidate, ascending; the weights sum to 1. */
  readonly members: readonly { readonly candidate: number; readonly weight: number }[];
  /** The candidate that is best alone on the rows that chose. */
  readonly single: number;
  /** On the rows that chose: too good, as is the value of a trial that is the best of many. */
  readonly chosenOn: { readonly rows: Uint32Array; readonly ensemble: number; readonly single: number };
  /** On the other rows, which chose nothing; null if the metric is undefined there. */
  readonly judgedOn: { readonly rows: Uint32Array; readonly ensemble: number | null; readonly single: number | null };
  /** Whether the ensemble is better than the single candidate on the rows that evaluate. */
  readonly better: boolean;
}

const directionOf: Readonly<Record<ScoredMetric, Direction>> = {
  accuracy: 'maximize',
  macroF1: 'maximize',
  rocAuc: 'maximize',
  loss: 'minimize',
  rmse: 'minimize',
  mae: 'minimize',
  r2: 'maximize',
};

/**
 * `targets` are class indices (Int32Array) or values. Candidates with a prediction that is not finite are left out; of equally good ones the first
 * is taken, so put the best first. Throws a RangeError if the sizes do not fit, or if no candidate has a defined score.
 */
export function selectEnsemble(
  candidates: readonly CandidatePredictions[],
  targets: Int32Array | Float64Array,
  { size, metric, seed, rows }: EnsembleOptions,
): EnsembleChoice {
  const width = checkedWidth(candidates, targets, size);
  const [choosing, evaluating] = halves(targets, seed, rows);
  const usable = candidates.map((_, c) => c).filter((c) => candidates[c]!.every(Number.isFinite));
  const chooses = createScorer(candidates, targets, choosing, width, metric);
  const evaluate = createScorer(candidates, targets, evaluating, width, metric);
  const direction = directionOf[metric];
  const alone = bestBy(usable, direction, (c) => chooses(new Map([[c, 1]])));
  if (alone === undefined) throw new RangeError('no candidate has a defined score on the rows that choose');
  const { counts, score } = grow(usable, size, direction, chooses);
  const total = [...counts.values()].reduce((a, b) => a + b, 0);
  const single = new Map([[alone.candidate, 1]]);
  const evaluated = { ensemble: defined(evaluate(counts)), single: defined(evaluate(single)) };
  return {
    members: [...counts].sort(([a], [b]) => a - b).map(([candidate, count]) => ({ candidate, weight: count / total })),
    single: alone.candidate,
    chosenOn: { rows: choosing, ensemble: score, single: alone.score },
    judgedOn: { rows: evaluating, ...evaluated },
    better: isBetter(evaluated.ensemble, evaluated.single, direction),
  };
}

function defined(score: number): number | null {
  return Number.isFinite(score) ? score : null;
}

/** How often each candidate was added. */
type Counts = ReadonlyMap<number, number>;
type Score = (counts: Counts) => number;

interface Best {
  readonly candidate: number;
  readonly score: number;
}

/** The first of the best candidates with a finite score. */
function bestBy(
  candidates: readonly number[],
  direction: Direction,
  score: (candidate: number) => number,
): Best | undefined {
  let best: Best | undefined;
  for (const candidate of candidates) {
    const own = score(candidate);
    if (Number.isFinite(own) && (best === undefined || isBetter(own, best.score, direction)))
      best = { candidate, score: own };
  }
  return best;
}

/** Adds `size` times the best candidate, and goes back to the smallest of the best ensembles on the way. */
function grow(candidates: readonly number[], size: number, direction: Direction, score: Score) {
  const counts = new Map<number, number>();
  const added = (candidate: number) => new Map(counts).set(candidate, (counts.get(candidate) ?? 0) + 1);
  let best: { counts: Counts; score: number } | undefined;
  for (let step = 0; step < size; step++) {
    const next = bestBy(candidates, direction, (candidate) => score(added(candidate)));
    if (next === undefined) break;
    counts.set(next.candidate, (counts.get(next.candidate) ?? 0) + 1);
    if (best === undefined || isBetter(next.score, best.score, direction))
      best = { counts: new Map(counts), score: next.score };
  }
  return best!;
}

function checkedWidth(
  candidates: readonly CandidatePredictions[],
  targets: Int32Array | Float64Array,
  size: number,
): number {
  if (!(Number.isInteger(size) && size > 0)) throw new RangeError(`size must be a whole number above 0, got ${size}`);
  if (candidates.length === 0) throw new RangeError('there is no candidate');
  if (targets.length < 2) throw new RangeError(`at least two rows are needed, got ${targets.length}`);
  const { length } = candidates[0]!;
  const width = length / targets.length;
  const fits = Number.isInteger(width) && (targets instanceof Int32Array ? width > 1 : width === 1);
  if (!fits || candidates.some((one) => one.length !== length)) {
    throw new RangeError(`predictions must have ${targets.length} rows of the same width`);
  }
  return width;
}

/** Rows that choose and rows that evaluate: of every class one half each, at random. */
function halves(
  targets: Int32Array | Float64Array,
  seed: number,
  rows: ArrayLike<number> | undefined,
): readonly [Uint32Array, Uint32Array] {
  const sides: [number[], number[]] = [[], []];
  const dealt = new Map<number, number>();
  const sideOf = new Map<number, number[]>();
  for (const at of randomAt({ seed, purpose: 'ensemble' }).permutation(targets.length)) {
    const row = rows?.[at] ?? at;
    let side = sideOf.get(row);
    if (side === undefined) {
      const stratum = targets instanceof Int32Array ? targets[at]! : 0;
      const before = dealt.get(stratum) ?? stratum; // classes with odd numbers of rows take turns
      dealt.set(stratum, before + 1);
      side = sides[before % 2 === 0 ? 0 : 1];
      sideOf.set(row, side);
    }
    side.push(at);
  }
  const [choosing, evaluating] = sides;
  // Classes of one row each may all be on one side.
  if (evaluating.length === 0) evaluating.push(choosing.pop()!);
  if (choosing.length === 0) choosing.push(evaluating.pop()!);
  return [Uint32Array.from(choosing.sort((a, b) => a - b)), Uint32Array.from(evaluating.sort((a, b) => a - b))];
}

/** The metric of a mean of candidates on some rows; NaN if undefined. */
function createScorer(
  candidates: readonly CandidatePredictions[],
  targets: Int32Array | Float64Array,
  rows: Uint32Array,
  width: number,
  metric: ScoredMetric,
): Score {
  const truth =
    targets instanceof Int32Array
      ? Int32Array.from(rows, (row) => targets[row]!)
      : Float64Array.from(rows, (row) => targets[row]!);
  const mixture = new Float64Array(rows.length * width);
  return (counts) => {
    mixture.fill(0);
    let total = 0;
    for (const [candidate, count] of counts) {
      const own = candidates[candidate]!;
      total += count;
      for (let i = 0; i < rows.length; i++) {
        const source = rows[i]! * width;
        for (let j = 0; j < width; j++) mixture[i * width + j]! += count * own[source + j]!;
      }
    }
    for (let i = 0; i < mixture.length; i++) mixture[i]! /= total;
    return scoreOf(metric, mixture, truth);
  };
}
