/** Checks Parzen estimator fixtures: gamma, weights, and components, bandwidths and densities by case. */

import {
  choiceKernel,
  gamma,
  LOG_ROOT_TWO_PI,
  logKernel,
  logMass,
  logSumExp,
  mixtureWeights,
  type NumericKernels,
  observationWeights,
  setKernels,
} from '../../algorithms/samplers/tpe/parzen.ts';
import type { NumericDistribution } from '../../algorithms/space/space.ts';
import { axisOf } from '../../algorithms/space/transform.ts';
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
      ? nearAll(`weights(${n})`, observationWeights(Number(n)), expected)
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
  const weights = mixtureWeights(observations.length);
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
  const n = observations.length;
  const kernels: NumericKernels = { axis, mu: new Float64Array(n + 1), sigma: new Float64Array(n + 1) };
  const places = Float64Array.from(observations, axis.at);
  const order = Uint32Array.from(places.keys()).sort((a, b) => places[a]! - places[b]!);
  setKernels(kernels, places, order);
  const density = (x: number) => {
    const terms = weights.map((_, i) => {
      const mass = logMass(axis, kernels.mu[i]!, kernels.sigma[i]!);
      if (axis.cell !== undefined) return logKernel(kernels.mu[i]!, kernels.sigma[i]!, axis.cell(x)) - mass;
      const z = (axis.at(x) - kernels.mu[i]!) / kernels.sigma[i]!;
      return -0.5 * z * z - LOG_ROOT_TWO_PI - log(kernels.sigma[i]!) - mass;
    });
    return logSumExp(terms, weights, [[0, n + 1]]);
  };
  return [
    ...nearAll(`${name}: mu`, kernels.mu, part(one, 'mu', isNumbers)),
    ...nearAll(`${name}: sigma`, kernels.sigma, part(one, 'sigma', isNumbers)),
    ...probes.flatMap(({ x, value }) => near(`${name}: logPdf(${x})`, density(x), value)),
  ];
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
      [[0, weights.length]],
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
