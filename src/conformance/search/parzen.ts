/** Checks Parzen estimator fixtures: gamma, weights, and components, bandwidths and densities by case. */

import {
  ageWeights,
  choiceKernel,
  gamma,
  LOG_ROOT_TWO_PI,
  logKernel,
  logMass,
  logSumExp,
  sumOfWeights,
  weightAt,
} from '../../algorithms/samplers/tpe/parzen.ts';
import { PlacedKernels } from '../../algorithms/samplers/tpe/placed-kernels.ts';
import type { NumericDistribution } from '../../algorithms/space/space.ts';
import { type Axis, axisOf } from '../../algorithms/space/transform.ts';
import { log } from '../../exact-math.ts';
import {
  isList,
  isNumber,
  isNumbers,
  isRecord,
  isText,
  type Json,
  type Mismatches,
  near,
  nearAll,
  part,
  same,
} from './compare.ts';

export function isParzen(json: Json): boolean {
  return isList(json['cases']) && isRecord(json['gamma']);
}

export function checkParzen(json: Json): Mismatches {
  const gammas = Object.entries(part(json, 'gamma', isRecord)).flatMap(([n, expected]) =>
    same(`gamma(${n})`, gamma(Number(n)), expected),
  );
  const weights = Object.entries(part(json, 'weights', isRecord)).flatMap(([n, expected]) =>
    isNumbers(expected)
      ? nearAll(
          `weights(${n})`,
          Float64Array.from({ length: Number(n) }, (_, age) => weightAt(ageWeights(Number(n)), age)),
          expected,
        )
      : [`weights(${n}) is not a list`],
  );
  return [...gammas, ...weights, ...part(json, 'cases', isList).flatMap(checkCase)];
}

interface Probe {
  readonly x: number;
  readonly value: number;
}
const isProbes = (value: unknown): value is readonly Probe[] =>
  Array.isArray(value) && value.every((one) => isRecord(one) && isNumber(one['x']) && isNumber(one['value']));

function checkCase(one: unknown): Mismatches {
  const name = part(one, 'name', isText);
  const distribution = part(one, 'distribution', isRecord);
  const observations = part(one, 'observations', isNumbers);
  const n = observations.length;
  const weights = Float64Array.from({ length: n + 1 }, (_, age) => weightAt(ageWeights(n), age) / sumOfWeights(n));
  const common = nearAll(`${name}: mixtureWeights`, weights, part(one, 'mixtureWeights', isNumbers));
  const probes = part(one, 'logPdf', isProbes);
  const own =
    part(distribution, 'kind', isText) === 'categorical'
      ? checkChoices(name, one, part(distribution, 'choices', isList).length, observations, weights, probes)
      : checkAxis(name, one, numericOf(distribution), observations, weights, probes);
  return [...common, ...own];
}

function numericOf(json: Json): NumericDistribution {
  const step = json['step'];
  return {
    distribution: json['kind'] === 'int' ? 'int' : 'float',
    low: part(json, 'low', isNumber),
    high: part(json, 'high', isNumber),
    scale: json['scale'] === 'log' ? 'log' : 'linear',
    step: isNumber(step) ? step : undefined,
  };
}

function checkAxis(
  name: string,
  one: unknown,
  distribution: NumericDistribution,
  observations: readonly number[],
  weights: Float64Array,
  probes: readonly Probe[],
): Mismatches {
  const axis = axisOf(distribution);
  const kernels = kernelsAround(axis, observations.map(axis.at));
  const density = (x: number) => {
    const terms = weights.map((_, i) => {
      const mass = logMass(axis, kernels.mu[i]!, kernels.sigma[i]!);
      if (axis.cell !== undefined) return logKernel(kernels.mu[i]!, kernels.sigma[i]!, axis.cell(x)) - mass;
      const z = (axis.at(x) - kernels.mu[i]!) / kernels.sigma[i]!;
      return -0.5 * z * z - LOG_ROOT_TWO_PI - log(kernels.sigma[i]!) - mass;
    });
    return logSumExp(terms, weights, terms.length);
  };
  return [
    ...nearAll(`${name}: mu`, kernels.mu, part(one, 'mu', isNumbers)),
    ...nearAll(`${name}: sigma`, kernels.sigma, part(one, 'sigma', isNumbers)),
    ...probes.flatMap(({ x, value }) => near(`${name}: logPdf(${x})`, density(x), value)),
  ];
}

/** The kernels around places on an axis, and the prior's, which is last. */
function kernelsAround(axis: Axis, places: readonly number[]) {
  const column = {
    kind: 'numeric',
    axis,
    places: Float64Array.of(Number.NaN, ...places),
    placed: places.length,
    known: undefined,
  } as const;
  const placed = new PlacedKernels(column, () => {});
  places.forEach((_, i) => {
    placed.add(i + 1);
  });
  placed.settle();
  const priorLast = (list: Float64Array) => Float64Array.of(...list.subarray(1, places.length + 1), list[0]!);
  return { mu: priorLast(placed.mu), sigma: priorLast(placed.sigma) };
}

function checkChoices(
  name: string,
  one: unknown,
  choices: number,
  observations: readonly number[],
  weights: Float64Array,
  probes: readonly Probe[],
): Mismatches {
  const kernels = [...observations, undefined].map((choice) => choiceKernel(choices, weights.length, choice));
  const expected = part(one, 'categoryWeights', isList);
  const density = (x: number) =>
    logSumExp(
      Float64Array.from(kernels, (kernel) => log(kernel[x]!)),
      weights,
      weights.length,
    );
  return [
    ...kernels.flatMap((kernel, i) => {
      const row = expected[i];
      return isNumbers(row)
        ? nearAll(`${name}: categoryWeights[${i}]`, kernel, row)
        : [`${name}: categoryWeights[${i}]`];
    }),
    ...probes.flatMap(({ x, value }) => near(`${name}: logPdf(${x})`, density(x), value)),
  ];
}
