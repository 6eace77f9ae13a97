/**
 * The tree-structured Parzen estimator computed in the straightforward way: everything anew for every proposal, from the whole history. The
 * sampler must give the same points, and its mixtures the same bits.
 */
import { bestFirst, type Direction } from '../../src/algorithms/objective.ts';
import type { Observation } from '../../src/algorithms/samplers/sampler.ts';
import { sobolSampler } from '../../src/algorithms/samplers/sobol/sobol.ts';
import {
  choiceKernel,
  drawKernel,
  gamma,
  indexAt,
  LOG_ROOT_TWO_PI,
  logKernel,
  logMass,
} from '../../src/algorithms/samplers/tpe/parzen.ts';
import type { TpeSettings } from '../../src/algorithms/samplers/tpe/tpe.ts';
import { countOf, decidePoint, type Point, type Space, type Value } from '../../src/algorithms/space/space.ts';
import { type Axis, axisOf } from '../../src/algorithms/space/transform.ts';
import { exp, log } from '../../src/exact-math.ts';
import { type Random, randomAt } from '../../src/random.ts';

/** Of one component and one hyperparameter. */
interface Kernel {
  draw(u: number): Value;
  logAt(value: Value): number;
  /** Of numeric kernels. */
  readonly mu: number;
  readonly sigma: number;
}

/** The kernels of a numeric hyperparameter: one per observation, in their order, then the prior's. */
function numericKernels(axis: Axis, members: readonly Observation[], name: string): Kernel[] {
  const range = axis.high - axis.low;
  const places = members.map(({ point }) => (typeof point[name] === 'number' ? axis.at(point[name]) : undefined));
  const order = [...places.keys()]
    .filter((i) => places[i] !== undefined)
    .sort((a, b) => places[a]! - places[b]! || a - b);
  const kernel = (mu: number, sigma: number): Kernel => ({
    mu,
    sigma,
    draw: (u) => axis.valueAt(drawKernel(axis, mu, sigma, u)),
    logAt: (value) => {
      if (axis.cell !== undefined) return logKernel(mu, sigma, axis.cell(value as number)) - logMass(axis, mu, sigma);
      const z = (axis.at(value as number) - mu) * (Math.SQRT1_2 / sigma);
      return -LOG_ROOT_TWO_PI - log(sigma) - logMass(axis, mu, sigma) - z * z;
    },
  });
  const prior = kernel((axis.low + axis.high) / 2, range);
  const kernels = [...members.map(() => prior), prior];
  order.forEach((i, k) => {
    const at = places[i]!;
    const alone = order.length === 1;
    const left = k > 0 ? places[order[k - 1]!]! : alone ? axis.low : at;
    const right = k + 1 < order.length ? places[order[k + 1]!]! : alone ? axis.high : at;
    const least = range / Math.min(100, 2 + order.length);
    kernels[i] = kernel(at, Math.min(Math.max(at - left, right - at, least), range));
  });
  return kernels;
}

function choiceKernels(choices: readonly Value[], members: readonly Observation[], name: string): Kernel[] {
  return [...members, undefined].map((observation) => {
    const value = observation?.point[name];
    const choice = value === undefined ? undefined : choices.indexOf(value);
    const weights = choiceKernel(choices.length, members.length + 1, choice);
    const logs = weights.map((weight) => log(weight));
    return {
      mu: 0,
      sigma: 0,
      draw: (u) => choices[indexAt(weights, u)]!,
      logAt: (at) => logs[choices.indexOf(at)]!,
    };
  });
}

function mixtureWeights(n: number): number[] {
  const old = Math.max(n - 25, 0);
  const rise = old === 1 ? 0 : (1 - 1 / n) / (old - 1);
  const weights = Array.from({ length: n + 1 }, (_, i) => (i < old ? 1 / n + rise * i : 1));
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / sum);
}

/** The continuous hyperparameter along which components are sorted and left out: the first that every observation has. */
export function pivotOf(space: Space, history: readonly Observation[]): string | undefined {
  return space.dimensions.find(
    ({ name, distribution }) =>
      distribution.distribution !== 'categorical' &&
      axisOf(distribution).cell === undefined &&
      history.every(({ point }) => typeof point[name] === 'number'),
  )?.name;
}

/** `members`: oldest first. */
export function plainMixture(space: Space, members: readonly Observation[], pivot: string | undefined) {
  const columns = space.dimensions.map(({ name, distribution }) =>
    distribution.distribution === 'categorical'
      ? choiceKernels(distribution.choices, members, name)
      : numericKernels(axisOf(distribution), members, name),
  );
  const weights = mixtureWeights(members.length);
  const onPivot = columns[space.dimensions.findIndex(({ name }) => name === pivot)];
  const components = [...members.keys()];
  if (onPivot !== undefined) components.sort((a, b) => onPivot[a]!.mu - onPivot[b]!.mu || a - b);
  /** Components in blocks of 32 along the pivot, without blocks that are 9 deviations of their widest kernel away. */
  const near = (point: Point): number[] => {
    if (pivot === undefined || onPivot === undefined) return components;
    const { distribution } = space.dimensions.find(({ name }) => name === pivot)!;
    if (distribution.distribution === 'categorical') return components;
    const x = axisOf(distribution).at(point[pivot] as number);
    return Array.from({ length: Math.ceil(components.length / 32) }, (_, b) =>
      components.slice(32 * b, 32 * (b + 1)),
    ).flatMap((block) => {
      const reach = 9 * Math.max(...block.map((i) => onPivot[i]!.sigma));
      return x >= onPivot[block[0]!]!.mu - reach && x <= onPivot[block.at(-1)!]!.mu + reach ? block : [];
    });
  };
  const prior = members.length;
  return {
    draw: (random: Random): Point => {
      const u = random.uniform();
      let sum = 0;
      const drawn = components.find((i) => {
        sum += weights[i]!;
        return u < sum;
      });
      return decidePoint(space, (_, k) => columns[k]![drawn ?? prior]!.draw(random.uniform()));
    },
    logDensity: (point: Point): number => {
      const chosen = [...near(point), prior];
      const terms = chosen.map((i) =>
        space.dimensions.reduce((sum, { name }, k) => {
          const value = point[name];
          return value === undefined ? sum : sum + columns[k]![i]!.logAt(value);
        }, 0),
      );
      const most = Math.max(...terms);
      const shares = terms.map((term, i) => (term - most > -50 ? weights[chosen[i]!]! * exp(term - most) : undefined));
      return most + log(shares.reduce<number>((sum, share) => (share === undefined ? sum : sum + share), 0));
    },
  };
}

function ranked(history: readonly Observation[], direction: Direction): Observation[] {
  const rank = ({ complete, value, pending }: Observation) => (pending ? 3 : value === null ? 2 : complete ? 0 : 1);
  const byValue = bestFirst(direction);
  return [...history].sort((a, b) => rank(a) - rank(b) || (rank(a) === 1 ? b.epochs - a.epochs : 0) || byValue(a, b));
}

/** The good observations of a history, and the others; both oldest first. */
export function plainSplit(history: readonly Observation[], direction: Direction) {
  const finished = history.filter(({ pending }) => pending !== true).length;
  const good = new Set(ranked(history, direction).slice(0, gamma(finished)));
  return { good: history.filter((one) => good.has(one)), others: history.filter((one) => !good.has(one)) };
}

/** The proposal for trial `number`; undefined if it is not drawn from a mixture, or may not be as a point may repeat. */
export function plainProposal(
  space: Space,
  { seed, startupTrials, candidates }: TpeSettings,
  direction: Direction,
  number: number,
  history: readonly Observation[],
): Point | undefined {
  const repeats = space.dimensions.every(
    ({ distribution }) => Number.isFinite(countOf(distribution)) || distribution.when !== undefined,
  );
  if (number < startupTrials || history.every(({ pending }) => pending)) {
    return repeats ? undefined : sobolSampler(space, seed).propose(number, []);
  }
  const { good, others } = plainSplit(history, direction);
  const pivot = pivotOf(space, history);
  const better = plainMixture(space, good, pivot);
  const worse = plainMixture(space, others, pivot);
  const drawn = Array.from({ length: candidates }, (_, i) =>
    better.draw(randomAt({ seed, purpose: 'sampler', trial: number, epoch: i + 1 })),
  );
  const keyOf = (point: Point) => JSON.stringify(Object.entries(point).sort());
  const tried = new Set(repeats ? history.map(({ point }) => keyOf(point)) : []);
  const scored = drawn.map((point) => ({ point, score: better.logDensity(point) - worse.logDensity(point) }));
  scored.sort((a, b) => b.score - a.score);
  return scored.find(({ point }) => !tried.has(keyOf(point)))?.point;
}
