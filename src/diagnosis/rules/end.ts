/** Rules for the end of training: generalization, regularization, and the reliability of the metrics. */

import { formatPercent, plural } from '../../format.ts';
import type { EpochReport } from '../../nn/training/epochs.ts';
import { last, type Rule, shown } from '../finding.ts';

const MIN_EPOCHS = 5;
/** Validation loss relative to its own best, and to the training loss. */
const RISEN = 1.25;
const GAP = 1.5;
const GAP_OF_ACCURACY = 0.1;
const GAP_OF_LOSS = 2.5;
const NEGLIGIBLE = 0.1;
/** Share of the expected loss that remains when training no longer improves. */
const POOR = 0.6;
const POOR_ACCURACY = 0.85;
const AT_REST = 0.05;
/** The share by which the validation loss must have fallen in the last fifth of the epochs. */
const STILL = 0.04;
const SMALL_BATCH = 8;
/** The last batch of an epoch updates the statistics like any other; with so few rows they are very noisy. */
const RAGGED_BATCH = 3;
const STANDARD_ERROR = 0.03;

export const overfitting: Rule = ({ reports, over, facts, settings, expectedLoss }) => {
  if (!over || reports.length < MIN_EPOCHS || facts.validationRows === 0 || settings.patience > 0) return undefined;
  const end = last(reports)!;
  const best = reports.reduce((a, b) => (b.validationLoss < a.validationLoss ? b : a));
  const risen = end.validationLoss > RISEN * best.validationLoss && end.validationLoss > GAP * end.trainLoss;
  const apart =
    facts.classes > 0
      ? end.trainMetric - end.validationMetric > GAP_OF_ACCURACY
      : end.validationLoss > Math.max(GAP_OF_LOSS * end.trainLoss, 0.3 * expectedLoss);
  if (!(risen || apart) || end.validationLoss < NEGLIGIBLE * expectedLoss) return undefined;
  return {
    code: 'overfitting',
    severity: 'warning',
    layer: null,
    since: best.epoch,
    cause: null,
    evidence: { trainLoss: end.trainLoss, validationLoss: end.validationLoss, bestValidationLoss: best.validationLoss },
    text: `${risen ? riseOf(best, end) : gapOf(end, facts.classes)}: the network memorizes the training rows.`,
    advice: 'Stop earlier (patience), more l2 or dropout, fewer units, or more data.',
  };
};

function riseOf(best: EpochReport, end: EpochReport): string {
  return `Since epoch ${best.epoch} the validation loss has risen from ${shown(best.validationLoss)} to ${shown(end.validationLoss)} while the training loss fell to ${shown(end.trainLoss)}`;
}

/** Of classification in the metric, of regression, which has no classes, in the loss. */
function gapOf({ trainMetric, validationMetric, trainLoss, validationLoss }: EpochReport, classes: number): string {
  return classes > 0
    ? `The metric is ${shown(trainMetric)} on the training rows and ${shown(validationMetric)} on the validation rows`
    : `The loss is ${shown(trainLoss)} on the training rows and ${shown(validationLoss)} on the validation rows`;
}

export const underfitting: Rule = (one) => {
  const { reports, over, expectedLoss, settings, facts } = one;
  if (!over || reports.length < MIN_EPOCHS) return undefined;
  const end = last(reports)!;
  const before = reports[Math.floor(reports.length * 0.75)]!;
  const flat = end.trainLoss > (1 - AT_REST) * before.trainLoss;
  const learned = end.trainLoss < 0.97 * expectedLoss;
  const poor = facts.classes > 0 ? end.trainMetric < POOR_ACCURACY : end.trainLoss > POOR * expectedLoss;
  if (!(learned && flat && poor && end.validationLoss < 1.2 * end.trainLoss)) return undefined;
  if (end.regularizationLoss > end.trainLoss) return undefined;
  return {
    code: 'underfitting',
    severity: 'warning',
    layer: null,
    since: before.epoch,
    cause: null,
    evidence: { trainLoss: end.trainLoss, validationLoss: end.validationLoss, expectedLoss },
    text: `The training loss has levelled off at ${shown(end.trainLoss)}, ${formatPercent(end.trainLoss / expectedLoss)} of the loss of an untrained model; the validation loss is no worse: the network is too small to learn more.`,
    advice: `Give it more units or layers (it has ${settings.hiddenUnits.join(', ') || 'none hidden'}), less l2, less dropout.`,
  };
};

export const regularizationDominates: Rule = ({ reports, settings, expectedLoss }) => {
  const end = last(reports);
  if (end === undefined || settings.l2 === 0 || reports.length < 2) return undefined;
  if (!(end.regularizationLoss > 2 * end.trainLoss || (settings.l2 >= 0.1 && end.trainLoss > 0.7 * expectedLoss)))
    return undefined;
  if (!(end.trainLoss > 0.3 * expectedLoss)) return undefined;
  return {
    code: 'regularizationDominates',
    severity: 'fault',
    layer: null,
    since: end.epoch,
    cause: null,
    evidence: { regularizationLoss: end.regularizationLoss, trainLoss: end.trainLoss, l2: settings.l2 },
    text: `The penalty on the weights is ${shown(end.regularizationLoss)}, the loss on the data ${shown(end.trainLoss)}: training shrinks weights instead of learning.`,
    advice: `Lower l2, at first by a factor of 100 (${shown(settings.l2 / 100)}).`,
  };
};

export const batchTooSmall: Rule = ({ settings, facts }) => {
  if (!settings.batchNorm) return undefined;
  const { batchSize } = settings;
  const ragged = facts.trainRows % batchSize;
  const least = ragged === 0 || batchSize > facts.trainRows ? Math.min(batchSize, facts.trainRows) : ragged;
  if (batchSize >= SMALL_BATCH && least > RAGGED_BATCH) return undefined;
  return {
    code: 'batchTooSmall',
    severity: 'warning',
    layer: null,
    since: 0,
    cause: null,
    evidence: { batchSize, least },
    text:
      batchSize < SMALL_BATCH
        ? `Batch normalization takes mean and variance from ${batchSize} rows: they are mostly noise.`
        : `The last batch of every epoch has ${least} of ${facts.trainRows} rows: batch normalization takes mean and variance from only these.`,
    advice: 'Use a batch size of at least 16 that leaves no small last batch, or no batch normalization.',
  };
};

export const validationTooSmall: Rule = ({ facts, reports, over }) => {
  const { classes, validationRows } = facts;
  if (!over || classes === 0 || validationRows === 0) return undefined;
  const accuracy = last(reports)?.validationMetric ?? Number.NaN;
  // Agresti & Coull 1998: add two right and two wrong rows, so that few rows without an error do not mean certainty.
  const smoothed = (accuracy * validationRows + 2) / (validationRows + 4);
  const error = Math.sqrt((smoothed * (1 - smoothed)) / (validationRows + 4));
  if (!(error > STANDARD_ERROR)) return undefined;
  return {
    code: 'validationTooSmall',
    severity: 'note',
    layer: null,
    since: 0,
    cause: null,
    evidence: { validationRows, standardError: error },
    text: `With ${plural(validationRows, 'validation row')} the accuracy is known to within ±${formatPercent(2 * error)}: smaller differences between trials are noise.`,
    advice: 'Use kFold or repeats, or a larger fraction for validation.',
  };
};

export const stillImproving: Rule = ({ reports, over, settings }) => {
  if (!over || reports.length < MIN_EPOCHS || reports.length < settings.epochs) return undefined;
  const end = last(reports)!;
  const before = reports[Math.floor(reports.length * 0.8) - 1]!;
  const best = Math.min(...reports.map(({ validationLoss }) => validationLoss));
  if (!(end.validationLoss <= best * 1.005 && end.validationLoss < (1 - STILL) * before.validationLoss))
    return undefined;
  return {
    code: 'stillImproving',
    severity: 'note',
    layer: null,
    since: before.epoch,
    cause: null,
    evidence: { validationLoss: end.validationLoss, earlier: before.validationLoss },
    text: `In the last ${reports.length - before.epoch} epochs the validation loss still fell from ${shown(before.validationLoss)} to ${shown(end.validationLoss)}.`,
    advice: `Train longer: ${2 * settings.epochs} epochs, or refine the search around the best trials.`,
  };
};
