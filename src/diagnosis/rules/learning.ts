/** Whether the loss falls, and if not, why. */
import { type Case, type Finding, hiddenOf, last, medianOf, percent, type Rule, shown } from '../finding.ts';

/** The loss has not fallen while it is above this part of the first. */
const STUCK = 0.97;
/** Steps that move the weights by less get nowhere in any budget. */
const SLOW_RATIO = 1e-4;
/** Steps that move them by more tear down what was learned. */
const FAST_RATIO = 3e-2;
/** Of a layer's outputs that became saturated though few were at the start: steps threw them there. */
const SATURATED = 0.5;
const SATURATED_AT_START = 0.2;
/** After the first epochs they may also be what was learned. */
const SOON = 4;
const MIN_RATIO = 1e-3;
/** Fewer cannot but answer yes or no. */
const MIN_UNITS = 4;
const EARLY = 3;
/** Share of the epochs in which the training loss rose. */
const ROUGH = 0.3;
const UNEVEN = 0.15;
/** From one epoch to a later one the mean loss rose so many times, to at least this part of the expected. */
const JUMP = 3;
const JUMP_PART = 0.2;
const MIN_EPOCHS = 3;
/** Units that differ by less than this part of their spread all do the same. */
const SYMMETRIC = 1e-4;
const PLATEAU_PART = 0.5;

/** What a step moves: the median over the observations after the start, of the layer that is moved most. */
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
      // Units that are all silent have nothing to differ in, unless their weights are zeros.
      (deviation > 0 || mean !== 0 || settings.initializer === 'zeros') &&
      unitDeviation <= SYMMETRIC * Math.max(Math.abs(mean), deviation),
  );
}

/** The rule that stops a trial (compute/divergence.ts), whether it was asked to or not. */
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
    ? `rose to ${shown(trainLoss)}, above three times the ${shown(reports[0]!.firstLoss)} it began with`
    : 'was no longer a finite number';
  return {
    code: 'diverged',
    severity: 'fault',
    layer: null,
    since: epoch.epoch,
    cause: null,
    evidence: { step: peakStep, peakLoss, learningRate: settings.learningRate },
    text: `In epoch ${epoch.epoch} the loss ${what}; it was worst at step ${peakStep}.`,
    advice: 'Lower the learning rate tenfold; clip the gradient (clipNorm) if it must stay.',
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
    text: `All ${one.settings.hiddenUnits[layer]} units of layer ${layer + 1} do the same: equal weights get equal gradients, and stay equal.`,
    advice: 'Initialize with random weights: xavier or he.',
  };
};

export const deadNetwork: Rule = (one) => {
  const now = last(one.signals);
  const layers = now === undefined ? [] : hiddenOf(now);
  const index = layers.findIndex(({ dead }) => dead === 1);
  // Of zeros nothing can be dead: that is symmetry.
  if (index < 0 || now!.epoch === 0 || one.settings.initializer === 'zeros') return undefined;
  return {
    code: 'deadNetwork',
    severity: 'fault',
    layer: index + 1,
    since: one.signals.find(({ layers: seen }) => seen[index]!.dead === 1)!.epoch,
    cause: null,
    evidence: { dead: 1 },
    text: `No unit of layer ${index + 1} answers to any row: nothing reaches what lies behind it, and no gradient comes back.`,
    advice: 'Use he initialization, a lower learning rate, centred inputs, or leakyRelu.',
  };
};

export const rateTooLow: Rule = (one) => {
  const { settings, reports } = one;
  const ratio = typicalRatio(one);
  if (!isStuck(one) && !(fallen(one) > 0.8)) return undefined;
  if (reports.length < MIN_EPOCHS || !(ratio < SLOW_RATIO) || isSymmetric(one) >= 0 || ratio === 0) return undefined;
  return {
    code: 'rateTooLow',
    severity: 'fault',
    layer: null,
    since: reports.length,
    cause: null,
    evidence: { updateRatio: ratio, learningRate: settings.learningRate, lossLeft: fallen(one) },
    text: `After ${reports.length} epochs ${percent(fallen(one))} of the loss is left: a step moves the weights by ${shown(ratio)} of themselves, where about 1e-3 is right.`,
    advice: `Raise the learning rate, ten times to begin with (${shown(settings.learningRate * 10)}).`,
  };
};

/** How often the training loss rose from one epoch to the next. */
function roughness(reports: Case['reports']): number {
  const rises = reports.slice(1).filter(({ trainLoss }, i) => trainLoss > reports[i]!.trainLoss).length;
  return rises / Math.max(1, reports.length - 1);
}

/** Some layer was thrown on its flat part by the first steps, not by the first weights, and has not come back. */
function becameSaturated({ signals, settings }: Case): boolean {
  const start = hiddenOf(signals[0]!);
  const since = signals.filter(({ epoch }) => epoch >= SOON);
  if (since.length === 0 || start.some(({ saturated }) => saturated > SATURATED_AT_START)) return false;
  const wide = (l: number) => settings.hiddenUnits[l]! >= MIN_UNITS;
  return start.some((_, l) => wide(l) && since.every(({ layers }) => layers[l]!.saturated > SATURATED));
}

/** How far an epoch's loss rose above the least before it, where that is not merely a little above nothing. */
function jump({ reports, expectedLoss }: Case): number {
  let [least, highest] = [Number.POSITIVE_INFINITY, 1];
  for (const { trainLoss } of reports) {
    if (trainLoss > JUMP_PART * expectedLoss) highest = Math.max(highest, trainLoss / least);
    least = Math.min(least, trainLoss);
  }
  return highest;
}

/** What a step moves at first, of the hidden layer that is moved most: later, saturated layers hardly move any more. */
function earlyRatio({ signals, settings }: Case): number {
  const seen = signals.slice(1, 1 + EARLY);
  const all = settings.hiddenUnits.length === 0;
  const ratios = seen.flatMap((observed) => (all ? observed.layers : hiddenOf(observed)).map((l) => l.updateRatio));
  return Math.max(...ratios.filter(Number.isFinite), 0);
}

export const rateTooHigh: Rule = (one) => {
  const { settings, reports } = one;
  const ratio = earlyRatio(one);
  const ran = hasDiverged(one);
  if (reports.length < MIN_EPOCHS && !ran) return undefined;
  const rough = roughness(reports);
  // In the first epoch the loss may still be that of the first weights.
  const peak = Math.max(...reports.slice(1).map(({ peakLoss }) => peakLoss)) / one.expectedLoss;
  const jumps = ratio > FAST_RATIO && (ran || rough >= ROUGH || peak > 3 || jump(one) > JUMP || isStuck(one));
  // A layer that lies flat while the loss falls epoch by epoch has learned to.
  const thrown = becameSaturated(one) && ratio > MIN_RATIO && rough >= UNEVEN;
  if (!jumps && !thrown) return undefined;
  return {
    code: 'rateTooHigh',
    severity: 'fault',
    layer: null,
    since: last(one.signals)!.epoch,
    cause: null,
    evidence: { updateRatio: ratio, learningRate: settings.learningRate, epochsThatRose: rough, peakLoss: peak },
    text: `A step moves the weights by ${shown(ratio)} of themselves, where about 1e-3 is right, and the loss rose in ${percent(rough)} of the epochs: it jumps over what it looks for.`,
    advice: `Lower the learning rate, ten times to begin with (${shown(settings.learningRate / 10)}), or let it decay.`,
  };
};

export const plateau: Rule = (one): Finding | undefined => {
  const { reports, over, signals } = one;
  if (!over || reports.length < 2 * MIN_EPOCHS || !isStuck(one)) return undefined;
  // Falling from a bad start is slow, not stuck.
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
    text: `After ${reports.length} epochs ${percent(fallen(one))} of the loss is left, though steps are of a good size: the network learns nothing of what it is shown.`,
    advice: 'Look at the inputs and the labels; give the network more units, or another activation.',
  };
};
