/**
 * CMA-ES: a normal distribution that moves, turns and stretches towards the better half of each generation (Hansen 2016, "The CMA
 * Evolution Strategy: A Tutorial", with its constants).
 *
 * It covers the numeric hyperparameters without conditions, each on an axis from 0 to 1; categorical and conditional ones are sampled at
 * random. All trials of a generation are proposed from the previous generations, so they can run in parallel.
 */
import { exp, log } from '../../../exact-math.ts';
import { type Random, randomAt } from '../../../random.ts';
import { bestFirst, type Direction } from '../../objective.ts';
import { decidePoint, type NumericDistribution, type Point, type Space, valueAt } from '../../space/space.ts';
import { axisOf, placeOn } from '../../space/transform.ts';
import { drawAt } from '../random/random.ts';
import type { Observation, Sampler } from '../sampler.ts';
import { eigen } from './eigen.ts';

export interface CmaesSettings {
  readonly seed: number;
  /** Population size; the default is 4 + ⌊3 ln d⌋ for d hyperparameters. */
  readonly generation?: number | undefined;
}

const FIRST_SIGMA = 0.25;
/** Below this the distribution has collapsed to a point. */
const MIN_SIGMA = 1e-12;

interface Learned {
  readonly mean: Float64Array;
  sigma: number;
  /** d×d, row-major. */
  readonly covariance: Float64Array;
  readonly pathSigma: Float64Array;
  readonly pathC: Float64Array;
  /** Eigenvectors in columns, and square roots of the eigenvalues. */
  axes: { readonly vectors: Float64Array; readonly roots: Float64Array };
}

export function cmaesSampler(space: Space, { seed, generation }: CmaesSettings, direction: Direction): Sampler {
  const moved = space.dimensions.flatMap(({ name, distribution }) =>
    distribution.distribution === 'categorical' || distribution.when !== undefined ? [] : [{ name, distribution }],
  );
  const d = moved.length;
  const size = generation ?? 4 + Math.floor(3 * log(Math.max(d, 1)));
  const constants = constantsOf(d, size);
  const learn = learner(moved, size, constants, direction);
  return {
    size: Number.POSITIVE_INFINITY,
    learnsFrom: (number) => (d === 0 ? 0 : Math.floor(number / size) * size),
    propose: (number, history) => {
      const places = d === 0 ? [] : sample(learn(Math.floor(number / size), history), randomOf(seed, number));
      const byName = new Map(moved.map(({ name }, k) => [name, places[k]!]));
      return decidePoint(space, ({ name, distribution }, index) => {
        const place = byName.get(name);
        return place === undefined ? drawAt(seed, number, index, distribution) : valueAt(distribution, place);
      });
    },
  };
}

function randomOf(seed: number, number: number): Random {
  return randomAt({ seed, purpose: 'sampler', trial: number, epoch: 1 });
}

/** A sample in [0, 1), reflected at the bounds. */
function sample({ mean, sigma, axes }: Learned, random: Random): number[] {
  const d = mean.length;
  const z = Float64Array.from({ length: d }, (_, k) => random.normal() * axes.roots[k]!);
  return Array.from({ length: d }, (_, i) => {
    let y = 0;
    for (let k = 0; k < d; k++) y += axes.vectors[i * d + k]! * z[k]!;
    const x = Math.abs(mean[i]! + sigma * y) % 2;
    return Math.min(x > 1 ? 2 - x : x, 1 - 2 ** -53);
  });
}

function constantsOf(d: number, size: number) {
  const half = Math.floor(size / 2);
  const raw = Array.from({ length: half }, (_, i) => log((size + 1) / 2) - log(i + 1));
  const sum = raw.reduce((a, b) => a + b, 0);
  const weights = raw.map((weight) => weight / sum);
  const mu = 1 / weights.reduce((total, weight) => total + weight * weight, 0);
  const cSigma = (mu + 2) / (d + mu + 5);
  const c1 = 2 / ((d + 1.3) ** 2 + mu);
  return {
    weights,
    mu,
    cSigma,
    dampSigma: 1 + 2 * Math.max(0, Math.sqrt((mu - 1) / (d + 1)) - 1) + cSigma,
    cC: (4 + mu / d) / (d + 4 + (2 * mu) / d),
    c1,
    cMu: Math.min(1 - c1, (2 * (mu - 2 + 1 / mu)) / ((d + 2) ** 2 + mu)),
    // The expected length of a standard normal vector.
    expected: Math.sqrt(d) * (1 - 1 / (4 * d) + 1 / (21 * d * d)),
  };
}
type Constants = ReturnType<typeof constantsOf>;

function begin(d: number): Learned {
  const identity = Float64Array.from({ length: d * d }, (_, i) => Number(i % (d + 1) === 0));
  return {
    mean: new Float64Array(d).fill(0.5),
    sigma: FIRST_SIGMA,
    covariance: identity,
    pathSigma: new Float64Array(d),
    pathC: new Float64Array(d),
    axes: { vectors: identity.slice(), roots: new Float64Array(d).fill(1) },
  };
}

/** The state after the given generations. The last one is cached, since all trials of a generation need the same. */
function learner(
  moved: readonly { readonly name: string; readonly distribution: NumericDistribution }[],
  size: number,
  constants: Constants,
  direction: Direction,
) {
  const axes = moved.map(({ name, distribution }) => ({ name, axis: axisOf(distribution) }));
  const placesOf = (point: Point) => Float64Array.from(axes, ({ name, axis }) => placeOn(axis, point[name] as number));
  let kept: { readonly history: readonly Observation[]; readonly learned: Learned } | undefined;
  return (generations: number, history: readonly Observation[]): Learned => {
    const known = history.filter(({ number }) => number < generations * size);
    const same = kept?.history.length === known.length && kept.history.every((seen, i) => seen === known[i]);
    if (kept !== undefined && same) return kept.learned;
    const learned = begin(moved.length);
    for (let g = 0; g < generations; g++) {
      const own = known.filter(({ number }) => Math.floor(number / size) === g);
      update(
        learned,
        own.sort(better(direction)).map(({ point }) => placesOf(point)),
        constants,
        g,
      );
    }
    kept = { history: known, learned };
    return learned;
  };
}

/** Complete trials before stopped ones, more epochs before fewer, better values before worse; ties by number. */
function better(direction: Direction) {
  const byValue = bestFirst(direction);
  return (a: Observation, b: Observation) =>
    Number(b.complete) - Number(a.complete) || (a.complete ? 0 : b.epochs - a.epochs) || byValue(a, b);
}

/** Updates the state with one generation, best first. If some of its trials failed, the weights go to the others. */
function update(learned: Learned, ranked: readonly Float64Array[], constants: Constants, generation: number): void {
  const { weights, mu, cSigma, dampSigma, cC, c1, cMu, expected } = constants;
  const { mean, covariance, pathSigma, pathC, axes } = learned;
  const d = mean.length;
  const best = ranked.slice(0, weights.length);
  if (best.length < weights.length || learned.sigma < MIN_SIGMA) return;
  const steps = best.map((place) => place.map((x, i) => (x - mean[i]!) / learned.sigma));
  const step = new Float64Array(d);
  steps.forEach((y, k) => {
    for (let i = 0; i < d; i++) step[i]! += weights[k]! * y[i]!;
  });
  for (let i = 0; i < d; i++) mean[i]! += learned.sigma * step[i]!;

  const whitened = whiten(axes, step);
  let length = 0;
  for (let i = 0; i < d; i++) {
    pathSigma[i] = (1 - cSigma) * pathSigma[i]! + Math.sqrt(cSigma * (2 - cSigma) * mu) * whitened[i]!;
    length += pathSigma[i]! ** 2;
  }
  length = Math.sqrt(length);
  const settled = Math.sqrt(1 - power(1 - cSigma, 2 * (generation + 1)));
  const stalled = length / settled >= (1.4 + 2 / (d + 1)) * expected;
  for (let i = 0; i < d; i++) {
    pathC[i] = (1 - cC) * pathC[i]! + (stalled ? 0 : Math.sqrt(cC * (2 - cC) * mu) * step[i]!);
  }
  const lost = stalled ? c1 * cC * (2 - cC) : 0;
  for (let i = 0; i < d; i++) {
    for (let j = 0; j < d; j++) {
      let spread = 0;
      steps.forEach((y, k) => {
        spread += weights[k]! * y[i]! * y[j]!;
      });
      const old = (1 - c1 - cMu + lost) * covariance[i * d + j]!;
      covariance[i * d + j] = old + c1 * pathC[i]! * pathC[j]! + cMu * spread;
    }
  }
  learned.sigma *= exp(Math.min(1, (cSigma / dampSigma) * (length / expected - 1)));
  const { values, vectors } = eigen(covariance, d);
  learned.axes = { vectors, roots: values.map((value) => Math.sqrt(Math.max(value, 1e-20))) };
}

/** base^n for integer n, using only multiplication. */
function power(base: number, n: number): number {
  let result = 1;
  for (let i = 0; i < n; i++) result *= base;
  return result;
}

/** C^(−½)·y */
function whiten({ vectors, roots }: Learned['axes'], y: Float64Array): Float64Array {
  const d = y.length;
  const out = new Float64Array(d);
  for (let k = 0; k < d; k++) {
    let along = 0;
    for (let i = 0; i < d; i++) along += vectors[i * d + k]! * y[i]!;
    along /= roots[k]!;
    for (let i = 0; i < d; i++) out[i]! += vectors[i * d + k]! * along;
  }
  return out;
}
