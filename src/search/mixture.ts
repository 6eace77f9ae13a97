/** The Parzen mixture of some observations over a whole space, conditional hyperparameters included. */
import { log } from '../exact-math.ts';
import type { Random } from '../random.ts';
import { type Axis, axisOf, placeOf } from './axis.ts';
import {
  choiceKernel,
  drawKernel,
  logKernel,
  logMass,
  logSumExp,
  mixtureWeights,
  type NumericKernels,
  numericKernels,
  orderOf,
} from './parzen.ts';
import type { Observation } from './sampler.ts';
import { type CategoricalDistribution, decidePoint, type Point, type Space, type Value } from './space.ts';

export interface Mixture {
  draw(random: Random): Point;
  /** Over the hyperparameters that the point has. */
  logDensity(point: Point): number;
}

/** The kernels of one hyperparameter, one a component. */
interface Kernels {
  /** At u in [0, 1), of component i. */
  draw(i: number, u: number): Value;
  /** Adds the logarithm of every component's kernel at `value` to its term. */
  addTo(terms: Float64Array, value: Value): void;
}

export function createMixture(space: Space, observations: readonly Observation[]): Mixture {
  const weights = mixtureWeights(observations.length);
  const logWeights = weights.map(log);
  const kernels = space.dimensions.map(({ name, distribution }) =>
    distribution.distribution === 'categorical'
      ? categoricalKernels(
          distribution,
          observations.map(({ point }) => point[name]),
        )
      : axisKernels(
          axisOf(distribution),
          observations.map(({ point }) => point[name]),
        ),
  );
  const terms = new Float64Array(weights.length);
  return {
    draw: (random) => {
      const i = pick(weights, random.uniform());
      return decidePoint(space, (_, index) => kernels[index]!.draw(i, random.uniform()));
    },
    logDensity: (point) => {
      terms.set(logWeights);
      space.dimensions.forEach(({ name }, index) => {
        const value = point[name];
        if (value !== undefined) kernels[index]!.addTo(terms, value);
      });
      return logSumExp(terms);
    },
  };
}

/** The index at `u` of weights that sum to 1. */
function pick(weights: Float64Array, u: number): number {
  let sum = 0;
  for (let i = 0; i < weights.length; i++) {
    sum += weights[i]!;
    if (u < sum) return i;
  }
  return weights.length - 1;
}

function axisKernels(axis: Axis, values: readonly (Value | undefined)[]): Kernels {
  const places = Float64Array.from(values, (value) => (typeof value === 'number' ? axis.at(value) : Number.NaN));
  const kernels = numericKernels(axis, places, orderOf(places));
  const draw = (i: number, u: number) => axis.valueAt(drawKernel(kernels, i, u));
  return axis.cell === undefined ? { draw, addTo: continuous(kernels) } : { draw, addTo: stepped(kernels) };
}

/** ln of a normal density is a constant and a square: the constants once, the squares for every value. */
function continuous(kernels: NumericKernels): Kernels['addTo'] {
  const { axis, mu, sigma } = kernels;
  const n = mu.length;
  const constant = new Float64Array(n);
  const precision = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    constant[i] = -0.9189385332046727 - log(sigma[i]!) - logMass(kernels, i);
    precision[i] = Math.SQRT1_2 / sigma[i]!;
  }
  return (terms, value) => {
    const x = axis.at(value as number);
    for (let i = 0; i < n; i++) {
      const z = (x - mu[i]!) * precision[i]!;
      terms[i]! += constant[i]! - z * z;
    }
  };
}

/** Stepped values are few, and so are the kernels around them: each pair of kernel and value is worked out once. */
function stepped(kernels: NumericKernels): Kernels['addTo'] {
  const { mu, sigma } = kernels;
  const n = mu.length;
  const kinds = new Map<string, number>();
  const kindOf = new Uint32Array(n);
  const firstOf: number[] = [];
  for (let i = 0; i < n; i++) {
    const key = `${mu[i]} ${sigma[i]}`;
    let kind = kinds.get(key);
    if (kind === undefined) {
      kind = firstOf.length;
      kinds.set(key, kind);
      firstOf.push(i);
    }
    kindOf[i] = kind;
  }
  const masses = new Float64Array(n);
  for (const i of firstOf) masses[i] = logMass(kernels, i);
  const known = new Map<Value, Float64Array>();
  return (terms, value) => {
    let ofKinds = known.get(value);
    if (ofKinds === undefined) {
      ofKinds = Float64Array.from(firstOf, (i) => logKernel(kernels, masses, i, value as number));
      known.set(value, ofKinds);
    }
    for (let i = 0; i < n; i++) terms[i]! += ofKinds[kindOf[i]!]!;
  };
}

function categoricalKernels(distribution: CategoricalDistribution, values: readonly (Value | undefined)[]): Kernels {
  const { choices } = distribution;
  const components = values.length + 1;
  const prior = choiceKernel(choices.length, components, undefined);
  const ofChoice = choices.map((_, choice) => choiceKernel(choices.length, components, choice));
  const chosen = values.map((value) => (value === undefined ? -1 : placeOf(distribution, value)));
  const kernelOf = (i: number) => ofChoice[chosen[i] ?? -1] ?? prior;
  // The logarithm of the probability of a choice, under the kernel of another, of the same, and of the prior.
  return {
    draw: (i, u) => choices[pick(kernelOf(i), u)]!,
    addTo: (terms, value) => {
      const choice = placeOf(distribution, value);
      const ofKinds = ofChoice.map((kernel) => log(kernel[choice]!));
      const ofPrior = log(prior[choice]!);
      for (let i = 0; i < components; i++) terms[i]! += ofKinds[chosen[i] ?? -1] ?? ofPrior;
    },
  };
}
