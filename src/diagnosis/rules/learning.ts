/** Rules for the training loss: whether it falls, and if not, why. */

import { formatPercent, plural } from '../../format.ts';
import { type Case, type Finding, hiddenOf, last, medianOf, type Rule, shown } from '../finding.ts';

/** The loss counts as stuck while it is above this share of the initial loss. */
const STUCK = 0.97;
/** Below this update ratio, training makes no progress in any realistic number of epochs. */
const SLOW_RATIO = 1e-4;
/** Above this update ratio, steps destroy what was learned. */
const FAST_RATIO = 3e-2;
/** Share of saturated outputs, now and at the start: if few were saturated at the start, the updates are the cause. */
const SATURATED = 0.5;
const SATURATED_AT_START = 0.2;
/** Observations from this epoch on are used. */
const SOON = 4;
const MIN_RATIO = 1e-3;
/** Narrower layers may saturate because they encode yes or no. */
const MIN_UNITS = 4;
const EARLY = 3;
/** Share of the epochs in which the training loss rose. */
const ROUGH = 0.3;
const UNEVEN = 0.15;
/** A jump: the loss rose by this factor over an earlier epoch, to at least this share of the expected loss. */
const JUMP = 3;
const JUMP_PART = 0.2;
const MIN_EPOCHS = 3;
/** Units that differ by less than this share of their spread count as identical. */
const SYMMETRIC = 1e-4;
const PLATEAU_PART = 0.5;

/** The median update ratio over the observations, of the layer with the largest. */
function typicalRatio({ signals, settings }: Case): number {
  const layers = settings.hiddenUnits.map((_, l) => l).concat(settings.hiddenUnits.length);
  return Math.max(...layers.map((l) => medianOf(signals.map((observed) => observed.layers[l]!.updateRatio))));
}

function fallen({ reports, expectedLoss }: Case): number {
  const start = Math.min(reports[0]!.firstLoss, expectedLoss);
  return last(reports)!.trainLoss / start;
}

function isStuck(one: Case): boolean {
  return one.reports.length >= MIN_EPOCHS && fallen(one) > STUCK;
}

function isSymmetric({ signals, settings }: Case): number {
  const now = last(signals);
  if (now === undefined || now.epoch === 0) return -1;
  return hiddenOf(now).findIndex(
    ({ unitDeviation, mean, deviation }, l) =>
      settings.hiddenUnits[l]! > 1 &&
      // If all units output zero, they only count as symmetric if their weights are zeros.
      (deviation > 0 || mean !== 0 || settings.initializer === 'zeros') &&
      unitDeviation <= SYMMETRIC * Math.max(Math.abs(mean), deviation),
  );
}

/** The same rule as in compute/divergence.ts, also if it does not stop the trial. */
function divergedEpoch({ reports }: Case): Case['reports'][number] | undefined {
  return reports.find(
    ({ trainLoss, validationLoss }) =>
      !Number.isFinite(trainLoss) || Number.isNaN(validationLoss) || trainLoss > 3 * reports[0]!.firstLoss,
  );
}

function hasDiverged(one: Case): boolean {
  return divergedEpoch(one) !== undefined;
}

export const diverged: Rule = (one) => {
  const { reports, settings } = one;
  const epoch = divergedEpoch(one);
  if (epoch === undefined) return undefined;
  const { peakStep, peakLoss, trainLoss } = epoch;
  const what = Number.isFinite(trainLoss)
    ? `rose to ${shown(trainLoss)}, above three times the initial ${shown(reports[0]!.firstLoss)}`
    : 'was no longer a finite number';
  return {
    code: 'diverged',
    severity: 'fault',
    layer: null,
    since: epoch.epoch,
    cause: null,
    evidence: { step: peakStep, peakLoss, learningRate: settings.learningRate },
    text: `In epoch ${epoch.epoch} the loss ${what}; it was worst at step ${peakStep}.`,
    advice: 'Lower the learning rate by a factor of ten, or clip the gradient (clipNorm).',
  };
};

export const symmetricWeights: Rule = (one) => {
  const layer = isSymmetric(one);
  if (layer < 0) return undefined;
  const { unitDeviation } = last(one.signals)!.layers[layer]!;
  return {
    code: 'symmetricWeights',
    severity: 'fault',
    layer: layer + 1,
    since: 0,
    cause: one.settings.initializer === 'zeros' ? 'initialization' : null,
    evidence: { unitDeviation, units: one.settings.hiddenUnits[layer]! },
    text: `All ${one.settings.hiddenUnits[layer]} units of layer ${layer + 1} are identical: equal weights get equal gradients and stay equal.`,
    advice: 'Initialize with random weights: xavier or he.',
  };
};

export const deadNetwork: Rule = (one) => {
  const now = last(one.signals);
  const layers = now === undefined ? [] : hiddenOf(now);
  const index = layers.findIndex(({ dead }) => dead === 1);
  // With zero weights, zero outputs mean symmetry, not dead units.
  if (index < 0 || now!.epoch === 0 || one.settings.initializer === 'zeros') return undefined;
  return {
    code: 'deadNetwork',
    severity: 'fault',
    layer: index + 1,
    since: one.signals.find(({ layers: seen }) => seen[index]!.dead === 1)!.epoch,
    cause: null,
    evidence: { dead: 1 },
    text: `All units of layer ${index + 1} are zero on every row: no signal reaches the later layers, and no gradient comes back.`,
    advice: 'Use he initialization, a lower learning rate, centred inputs, or leakyRelu.',
  };
};

export const rateTooLow: Rule = (one) => {
  const { settings, reports } = one;
  if (reports.length < MIN_EPOCHS || (!isStuck(one) && !(fallen(one) > 0.8))) return undefined;
  const ratio = typicalRatio(one);
  if (!(ratio < SLOW_RATIO) || isSymmetric(one) >= 0 || ratio === 0) return undefined;
  return {
    code: 'rateTooLow',
    severity: 'fault',
    layer: null,
    since: reports.length,
    cause: null,
    evidence: { updateRatio: ratio, learningRate: settings.learningRate, lossLeft: fallen(one) },
    text: `After ${plural(reports.length, 'epoch')} ${formatPercent(fallen(one))} of the loss is left: a step changes the weights by ${shown(ratio)} of their norm; about 1e-3 is right.`,
    advice: `Raise the learning rate, at first by a factor of ten (${shown(settings.learningRate * 10)}).`,
  };
};

/** The share of epochs in which the training loss rose. */
function roughness(reports: Case['reports']): number {
  let rises = 0;
  for (let i = 1; i < reports.length; i++) if (reports[i]!.trainLoss > reports[i - 1]!.trainLoss) rises++;
  return rises / Math.max(1, reports.length - 1);
}

/** Whether a layer was saturated by the first steps, not by its initial weights, and has stayed so. */
function becameSaturated({ signals, settings }: Case): boolean {
  const start = hiddenOf(signals[0]!);
  const since = signals.filter(({ epoch }) => epoch >= SOON);
  if (since.length === 0 || start.some(({ saturated }) => saturated > SATURATED_AT_START)) return false;
  const wide = (l: number) => settings.hiddenUnits[l]! >= MIN_UNITS;
  return start.some((_, l) => wide(l) && since.every(({ layers }) => layers[l]!.saturated > SATURATED));
}

/** The largest ratio of an epoch's loss to the smallest before it, ignoring small losses. */
function jump({ reports, expectedLoss }: Case): number {
  let [lowest, highest] = [Number.POSITIVE_INFINITY, 1];
  for (const { trainLoss } of reports) {
    if (trainLoss > JUMP_PART * expectedLoss) highest = Math.max(highest, trainLoss / lowest);
    lowest = Math.min(lowest, trainLoss);
  }
  return highest;
}

/** The update ratio of the first epochs, of the hidden layer with the largest: later, saturated layers hardly change. */
function earlyRatio({ signals, settings }: Case): number {
  const seen = signals.slice(1, 1 + EARLY);
  const all = settings.hiddenUnits.length === 0;
  const ratios = seen.flatMap((observed) => (all ? observed.layers : hiddenOf(observed)).map((l) => l.updateRatio));
  return Math.max(...ratios.filter(Number.isFinite), 0);
}

export const rateTooHigh: Rule = (one) => {
  const { settings, reports } = one;
  const ratio = earlyRatio(one);
  // Neither of the two ways to find it is left.
  if (!(ratio > FAST_RATIO) && !(ratio > MIN_RATIO && becameSaturated(one))) return undefined;
  const ran = hasDiverged(one);
  if (reports.length < MIN_EPOCHS && !ran) return undefined;
  const rough = roughness(reports);
  // The first epoch is skipped because its loss may still be that of the initial weights.
  const peak = Math.max(...reports.slice(1).map(({ peakLoss }) => peakLoss)) / one.expectedLoss;
  const jumps = ratio > FAST_RATIO && (ran || rough >= ROUGH || peak > 3 || jump(one) > JUMP || isStuck(one));
  // If the loss falls smoothly, saturation was learned.
  const thrown = becameSaturated(one) && ratio > MIN_RATIO && rough >= UNEVEN;
  if (!jumps && !thrown) return undefined;
  return {
    code: 'rateTooHigh',
    severity: 'fault',
    layer: null,
    since: last(one.signals)!.epoch,
    cause: null,
    evidence: { updateRatio: ratio, learningRate: settings.learningRate, epochsThatRose: rough, peakLoss: peak },
    text: `A step changes the weights by ${shown(ratio)} of their norm; about 1e-3 is right. ${rough > 0 ? `The loss rose in ${formatPercent(rough)} of the epochs: the` : 'The'} steps overshoot the minimum.`,
    advice: `Lower the learning rate, at first by a factor of ten (${shown(settings.learningRate / 10)}), or use a decaying schedule.`,
  };
};

export const plateau: Rule = (one): Finding | undefined => {
  const { reports, over, signals } = one;
  if (!over || reports.length < 2 * MIN_EPOCHS || !isStuck(one)) return undefined;
  // A loss that still falls from a bad start is slow, not stuck.
  const firstHalf = reports.slice(0, Math.ceil(reports.length / 2)).map(({ trainLoss }) => trainLoss);
  if (last(reports)!.trainLoss < STUCK * Math.min(...firstHalf)) return undefined;
  const ratio = earlyRatio(one);
  if (ratio < SLOW_RATIO || ratio > FAST_RATIO || isSymmetric(one) >= 0) return undefined;
  if (last(signals)!.layers.some(({ dead }) => dead > PLATEAU_PART)) return undefined;
  return {
    code: 'plateau',
    severity: 'fault',
    layer: null,
    since: reports.length,
    cause: null,
    evidence: { updateRatio: ratio, lossLeft: fallen(one) },
    text: `After ${plural(reports.length, 'epoch')} ${formatPercent(fallen(one))} of the loss is left, although the steps have a normal size: the network does not learn from its inputs.`,
    advice: 'Check the inputs and the labels; use more units or another activation.',
  };
};
