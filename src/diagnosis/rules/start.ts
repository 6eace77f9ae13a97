/** Rules for the state before the first step: loss, spread of activations, inputs. */

import { formatPercent } from '../../format.ts';
import { hiddenOf, type Rule, shown } from '../finding.ts';

/** How far the initial loss may be above the expected one: he initialization adds the variance of its outputs, in full for squared error. */
const CLASSES_LIMIT = { factor: 3.5, margin: 1 };
const QUANTITY_LIMIT = { factor: 15, margin: 0 };
/** From the first hidden layer to the last. */
const COLLAPSED = 0.05;
const GROWN = 20;
const SATURATED_AT_START = 0.4;
const OFF_CENTRE = 1;
const SCALE_RATIO = 50;

export const lossAtStart: Rule = ({ reports, expectedLoss, facts }) => {
  const initialLoss = reports[0]?.firstLoss;
  if (initialLoss === undefined) return undefined;
  const { factor, margin } = facts.classes > 0 ? CLASSES_LIMIT : QUANTITY_LIMIT;
  if (initialLoss <= factor * expectedLoss + margin) return undefined;
  const known = facts.classes > 0 ? `ln ${facts.classes} = ${shown(expectedLoss)}` : 'the variance of the target, 1';
  const cause = facts.offCentre > OFF_CENTRE ? 'inputs' : 'initialization';
  return {
    code: 'lossAtStart',
    severity: 'warning',
    layer: null,
    since: 0,
    cause,
    evidence: { initialLoss, expectedLoss },
    text: `The loss is ${shown(initialLoss)} before the first step; an untrained model should have ${known}: the network starts with confident wrong predictions.`,
    advice:
      cause === 'inputs'
        ? 'Centre or standardize the inputs.'
        : 'Start with smaller weights: xavier or he instead of a wide normal distribution.',
  };
};

export const initializationTooSmall: Rule = ({ signals, settings }) => {
  const layers = signals[0] === undefined ? [] : hiddenOf(signals[0]);
  if (layers.length < 2 || settings.batchNorm) return undefined;
  const [first, deepest] = [layers[0]!.deviation, layers.at(-1)!.deviation];
  if (!(deepest < COLLAPSED * first)) return undefined;
  return {
    code: 'initializationTooSmall',
    severity: 'fault',
    layer: layers.findIndex(({ deviation }) => deviation < COLLAPSED * first) + 1,
    since: 0,
    cause: null,
    evidence: { firstDeviation: first, lastDeviation: deepest },
    text: `The standard deviation of activations is ${shown(first)} in the first layer and ${shown(deepest)} in layer ${layers.length}: the signal vanishes, and so will the gradient.`,
    advice: 'Use xavier (sigmoid, tanh) or he (relu variants), or batch normalization.',
  };
};

export const initializationTooLarge: Rule = ({ signals, settings }) => {
  const layers = signals[0] === undefined ? [] : hiddenOf(signals[0]);
  if (layers.length === 0 || settings.batchNorm) return undefined;
  const [first, deepest] = [layers[0]!.deviation, layers.at(-1)!.deviation];
  const saturated = Math.max(...layers.slice(1).map((layer) => layer.saturated), 0);
  const grown = layers.length > 1 && deepest > GROWN * first;
  if (!grown && !(saturated > SATURATED_AT_START)) return undefined;
  return {
    code: 'initializationTooLarge',
    severity: 'fault',
    layer: grown ? layers.length : layers.findIndex((layer) => layer.saturated === saturated) + 1,
    since: 0,
    cause: null,
    evidence: { firstDeviation: first, lastDeviation: deepest, saturated },
    text: grown
      ? `The standard deviation of activations is ${shown(first)} in the first layer and ${shown(deepest)} in layer ${layers.length}: the signal explodes.`
      : `${formatPercent(saturated)} of a layer's outputs are saturated before the first step: almost no gradient passes.`,
    advice: 'Use xavier (sigmoid, tanh) or he (relu variants), or batch normalization.',
  };
};

export const inputsOffCentre: Rule = ({ facts: { offCentre } }) => {
  if (!(offCentre > OFF_CENTRE)) return undefined;
  return {
    code: 'inputsOffCentre',
    severity: 'warning',
    layer: null,
    since: 0,
    cause: null,
    evidence: { offCentre },
    text: `The mean of the inputs is ${shown(offCentre)} times their standard deviation away from zero: the gradients of a unit's weights share their sign, and steps zigzag.`,
    advice: 'Set preprocessing to center or standardize.',
  };
};

export const inputScales: Rule = ({ facts: { scaleRatio } }) => {
  if (!(scaleRatio > SCALE_RATIO)) return undefined;
  return {
    code: 'inputScales',
    severity: 'warning',
    layer: null,
    since: 0,
    cause: null,
    evidence: { scaleRatio },
    text: `Some inputs have a standard deviation ${shown(scaleRatio)} times that of others: one learning rate cannot suit both.`,
    advice: 'Set preprocessing to standardize.',
  };
};
