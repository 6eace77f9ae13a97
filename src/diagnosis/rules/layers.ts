/** Rules for hidden layers: dead and saturated units, vanishing and exploding gradients. */

import { formatPercent } from '../../format.ts';
import { type Case, hiddenOf, holdsNow, last, medianOf, type Rule, shown } from '../finding.ts';

const DEAD = 0.35;
const SATURATED = 0.5;
const VANISHED = 6e-3;
/** Share of the expected loss: below it, small gradients only mean that the network has learned. */
const LEARNED = 0.3;
const EXPLODED = 1e3;
const OFF_CENTRE = 2.5;
const RECTIFIED = new Set(['relu']);

/** Units dead from the start are not due to the learning rate; in the first layer, inputs far from zero are the likely cause. */
function causeOfDeath({ signals, facts }: Case, index: number, dead: number): 'inputs' | 'initialization' | 'rate' {
  const atStart = signals[0]!.layers[index]!.dead;
  if (atStart < dead / 2) return 'rate';
  return index === 0 && facts.offCentre > 1 ? 'inputs' : 'initialization';
}

const remedies = {
  inputs: 'Centre the inputs: inputs far from zero make units inactive on all rows.',
  initialization: 'Initialize with he, and without negative biases.',
  rate: 'Lower the learning rate: too large a step can make units permanently inactive. leakyRelu and elu units cannot die.',
};

export const deadRelu: Rule = (one) => {
  if (!RECTIFIED.has(one.settings.activation)) return undefined;
  const held = holdsNow(one, ({ dead }) => dead > DEAD);
  if (held === undefined) return undefined;
  const { index, since, layer } = held;
  const cause = causeOfDeath(one, index, layer.dead);
  const atStart = one.signals[0]!.layers[index]!.dead;
  const when = since === 0 ? 'before the first step' : `since epoch ${since}`;
  return {
    code: 'deadRelu',
    severity: 'fault',
    layer: index + 1,
    since,
    cause,
    evidence: {
      dead: layer.dead,
      deadAtStart: atStart,
      offCentre: one.facts.offCentre,
      updateRatio: layer.updateRatio,
    },
    text: `${formatPercent(layer.dead)} of the units of layer ${index + 1} are zero on every row, ${when}: they have no gradient and will not recover.`,
    advice: remedies[cause],
  };
};

export const saturated: Rule = (one) => {
  const held = holdsNow(one, (layer) => layer.saturated > SATURATED);
  if (held === undefined) return undefined;
  const { index, since, layer } = held;
  const atStart = one.signals[0]!.layers[index]!.saturated;
  const inputs = index === 0 && one.facts.offCentre > 1;
  return {
    code: 'saturated',
    severity: 'fault',
    layer: index + 1,
    since,
    cause: atStart < layer.saturated / 2 ? 'rate' : inputs ? 'inputs' : 'initialization',
    evidence: { saturated: layer.saturated, saturatedAtStart: atStart },
    text: `${formatPercent(layer.saturated)} of the outputs of layer ${index + 1} are in the flat part of ${one.settings.activation}: almost no gradient passes.`,
    advice:
      'Smaller initial weights (xavier), standardized inputs, a lower learning rate, batch normalization, or relu.',
  };
};

export const vanishingGradients: Rule = (one) => {
  const now = last(one.signals);
  if (now === undefined || now.epoch === 0) return undefined;
  const layers = hiddenOf(now);
  if (layers.length < 3 || last(one.reports)!.trainLoss < LEARNED * one.expectedLoss) return undefined;
  const norms = one.signals.map((observed) => hiddenOf(observed).map(({ gradientNorm }) => gradientNorm));
  const ratio = medianOf(norms.map((layer) => layer[0]! / last(layer)!));
  if (!(ratio < VANISHED)) return undefined;
  const [first, top] = [layers[0]!.gradientNorm, last(layers)!.gradientNorm];
  return {
    code: 'vanishingGradients',
    severity: 'fault',
    layer: 1,
    since: now.epoch,
    cause: null,
    evidence: { firstGradient: first, lastGradient: top },
    text: `The gradient is ${shown(top)} in layer ${layers.length} and ${shown(first)} in layer 1: the first layers hardly learn.`,
    advice:
      'Use relu with he, or batch normalization; sigmoid loses at least three quarters of the gradient in every layer.',
  };
};

export const explodingGradients: Rule = (one) => {
  const at = one.reports.find(({ gradientNorm }) => !(gradientNorm < EXPLODED));
  if (at === undefined) return undefined;
  const { gradientNorm, epoch } = at;
  return {
    code: 'explodingGradients',
    severity: 'fault',
    layer: null,
    since: epoch,
    cause: null,
    evidence: { gradientNorm },
    text: `A step of epoch ${epoch} had a gradient of norm ${Number.isFinite(gradientNorm) ? shown(gradientNorm) : 'infinity'}.`,
    advice:
      'Clip the gradient (clipNorm 1), lower the learning rate, standardize the inputs, or use smaller initial weights.',
  };
};

export const notZeroCentred: Rule = (one) => {
  const held = holdsNow(one, ({ mean, deviation }) => Math.abs(mean) > OFF_CENTRE * deviation && deviation > 0);
  if (held === undefined || one.settings.batchNorm) return undefined;
  const { index, since, layer } = held;
  return {
    code: 'notZeroCentred',
    severity: 'note',
    layer: index + 1,
    since,
    cause: one.settings.activation === 'sigmoid' ? 'sigmoid' : null,
    evidence: { mean: layer.mean, deviation: layer.deviation },
    text: `The outputs of layer ${index + 1} have mean ${shown(layer.mean)} and standard deviation ${shown(layer.deviation)}: the gradients of the next layer's weights share their sign.`,
    advice: 'Use tanh or elu, which are centred around zero, or batch normalization.',
  };
};
