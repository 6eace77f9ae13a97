/**
 * The pre-flight checks of one network before training: the loss before the first step, whether regularization raises it, the spread of
 * activations, and whether the network can overfit a few rows. No thread, no clock.
 */
import { fewRows } from '../data/few-rows.ts';
import type { PreparedData } from '../data/preprocess.ts';
import { diagnose } from '../diagnosis/diagnose.ts';
import { caseOf, expectedLoss, type Finding, type FindingCode, shown } from '../diagnosis/finding.ts';
import { formatPercent, plural } from '../format.ts';
import { type EpochReport, train } from '../nn/training/train.ts';
import { factsOf, finite, type NamedKernels } from './fold-run.ts';
import { preparedFolds } from './prepared-folds.ts';
import type { TrialSettings, TrialTask } from './trial.ts';
import { trainOptions } from './trial-options.ts';

export const preflightChecks = ['lossAtStart', 'regularization', 'spread', 'overfit'] as const;
export interface PreflightCheck {
  readonly check: (typeof preflightChecks)[number];
  readonly passed: boolean;
  readonly evidence: Readonly<Record<string, number | null>>;
  readonly text: string;
}

/** Findings that only the pre-flight checks can make. */
export const preflightOnly = ['regularizationAbsent', 'cannotOverfit'] as const;
export type PreflightFinding = Omit<Finding, 'code'> & { readonly code: FindingCode | (typeof preflightOnly)[number] };

export interface Preflight {
  readonly checks: readonly PreflightCheck[];
  /** Deviations of the hidden layers' outputs before the first step. */
  readonly deviations: readonly (number | null)[];
  readonly findings: readonly PreflightFinding[];
}

/** Rows used to measure the spread. */
const SPREAD_ROWS = 256;
const OVERFIT_ROWS = 20;
/** Wider layers are narrowed to this: they would take seconds and show the same. */
const MAX_UNITS = 128;
const MAX_EPOCHS = 400;
/** A learning rate is given up if more than this share of the loss is left at this epoch. */
const PROGRESS = { epochs: 100, left: 0.9 };
/** Share of the expected loss at which the rows count as overfitted. */
const OVERFIT_LOSS = 0.05;
/** Learning rates to try; one that overfits the rows is enough. */
const RATES = [3e-3, 3e-2, 3e-4];
/** The l2 used for the check if the search has none. */
const DEFAULT_L2 = 1e-3;

/** Steps too small to change anything, so that reports show the initial state. */
const frozen: Partial<TrialSettings> = {
  optimizer: 'sgd',
  learningRate: 1e-12,
  batchSize: SPREAD_ROWS,
  epochs: 1,
  dropout: 0,
};
const plainTraining: Partial<TrialSettings> = { schedule: 'constant', warmupEpochs: 0, clipNorm: 0, patience: 0 };

/** Uses the network settings of the task, but not its training settings. */
export function preflight(task: TrialTask, { kernels }: NamedKernels): Preflight {
  const { dataset, validation, seed, split } = task;
  const settings = {
    ...task.settings,
    hiddenUnits: task.settings.hiddenUnits.map((units) => Math.min(units, MAX_UNITS)),
  };
  const whole = preparedFolds(dataset, validation, seed, settings.preprocessing, split)[0]!;
  const reportsOf = (data: PreparedData, more: Partial<TrialSettings>, enough: (report: EpochReport) => boolean) => {
    const training = train(
      trainOptions({ ...task, settings: { ...settings, ...plainTraining, ...more } }, data, 0, kernels),
    );
    const reports: EpochReport[] = [];
    let next = training.next();
    while (!next.done) {
      reports.push(next.value);
      next = training.next(enough(next.value) ? 'stop' : 'continue');
    }
    return reports;
  };
  const some = fewRows(whole, SPREAD_ROWS, seed);
  const once = (l2: number) => reportsOf(some, { ...frozen, l2 }, () => true)[0]!;
  const [free, regularized] = [once(0), once(settings.l2 > 0 ? settings.l2 : DEFAULT_L2)];
  const expected = expectedLoss(dataset.task === 'classification' ? dataset.classes.length : 0);
  const few = fewRows(whole, OVERFIT_ROWS, seed);
  const overfit = (learningRate: number) => {
    const changes = {
      optimizer: 'adam',
      learningRate,
      l2: 0,
      dropout: 0,
      batchSize: OVERFIT_ROWS,
      epochs: MAX_EPOCHS,
    } as const;
    return reportsOf(few, changes, ({ epoch, trainLoss }) => {
      const left = trainLoss / expected;
      return !(left > OVERFIT_LOSS) || (epoch === PROGRESS.epochs && left > PROGRESS.left);
    }).at(-1)!;
  };
  const facts = factsOf(task, whole);
  // Only findings from before the first step; later ones depend on the trials.
  const atStart = diagnose(caseOf({ ...settings, ...frozen }, facts, [free], false)).filter(({ since }) => since === 0);
  return resultOf({ atStart, free, regularized, overfit: trainRates(overfit, OVERFIT_LOSS * expected), expected });
}

/** Returns the first result that is good enough, or else the best. */
function trainRates(overfit: (learningRate: number) => EpochReport, enough: number): EpochReport {
  const ends: EpochReport[] = [];
  for (const rate of RATES) {
    const end = overfit(rate);
    if (end.trainLoss <= enough) return end;
    ends.push(end);
  }
  return ends.reduce((a, b) => (b.trainLoss < a.trainLoss ? b : a));
}

/** The measurements the checks are made from. */
interface Measurements {
  readonly atStart: readonly Finding[];
  /** Without regularization, and with it. */
  readonly free: EpochReport;
  readonly regularized: EpochReport;
  readonly overfit: EpochReport;
  readonly expected: number;
}

function resultOf(measured: Measurements): Preflight {
  const checks = [lossCheck(measured), regularizationCheck(measured), spreadCheck(measured), overfitCheck(measured)];
  const findings = checks.flatMap(({ check, passed, evidence, text }): PreflightFinding[] => {
    const failure = failures[check];
    if (passed || failure === undefined) return [];
    return [{ ...failure, severity: 'fault', layer: null, since: 0, cause: null, evidence, text }];
  });
  return { checks, deviations: deviationsOf(measured).map(finite), findings: [...measured.atStart, ...findings] };
}

/** Checks whose failure is a finding of its own. */
const failures: Readonly<Partial<Record<PreflightCheck['check'], Pick<PreflightFinding, 'code' | 'advice'>>>> = {
  regularization: { code: 'regularizationAbsent', advice: 'Initialize with random weights: xavier or he.' },
  overfit: {
    code: 'cannotOverfit',
    advice:
      'A network that cannot learn so few rows will not learn many: fix the other findings, or use more units, another activation, or batch normalization.',
  },
};

function hasAny({ atStart }: Measurements, codes: readonly FindingCode[]): boolean {
  return atStart.some(({ code }) => codes.includes(code));
}

function lossCheck(measured: Measurements): PreflightCheck {
  const { free, expected } = measured;
  return {
    check: 'lossAtStart',
    passed: !hasAny(measured, ['lossAtStart']),
    evidence: { initialLoss: finite(free.firstLoss), expectedLoss: expected },
    text: `The loss is ${shown(free.firstLoss)} before the first step, without regularization; an untrained model should have ${shown(expected)}.`,
  };
}

function regularizationCheck({ free, regularized }: Measurements): PreflightCheck {
  const passed = regularized.regularizationLoss > free.regularizationLoss;
  return {
    check: 'regularization',
    passed,
    evidence: { without: finite(free.regularizationLoss), with: finite(regularized.regularizationLoss) },
    text: passed
      ? `Regularization raises it by ${shown(regularized.regularizationLoss)}.`
      : 'Regularization does not raise it: all weights are zero.',
  };
}

function deviationsOf({ free }: Measurements): number[] {
  return free.signals[0]!.layers.slice(0, -1).map(({ deviation }) => deviation);
}

/** Findings about the spread of activations. */
const spreadFindings = [
  'initializationTooSmall',
  'initializationTooLarge',
  'saturated',
  'deadRelu',
  'symmetricWeights',
] as const;

function spreadCheck(measured: Measurements): PreflightCheck {
  const deviations = deviationsOf(measured);
  return {
    check: 'spread',
    passed: !hasAny(measured, spreadFindings),
    evidence: { first: finite(deviations[0] ?? Number.NaN), last: finite(deviations.at(-1) ?? Number.NaN) },
    text:
      deviations.length === 0
        ? 'There are no hidden layers.'
        : `The standard deviation of activations by layer: ${deviations.map(shown).join(', ')}.`,
  };
}

function overfitCheck({ overfit: { trainLoss, epoch }, expected }: Measurements): PreflightCheck {
  const passed = trainLoss <= OVERFIT_LOSS * expected;
  return {
    check: 'overfit',
    passed,
    evidence: { trainLoss: finite(trainLoss), expectedLoss: expected, epochs: epoch },
    text: passed
      ? `The network can overfit ${OVERFIT_ROWS} rows in ${plural(epoch, 'epoch')}.`
      : `The network cannot overfit ${OVERFIT_ROWS} rows at any of ${RATES.length} learning rates: ${formatPercent(trainLoss / expected)} of the loss is left.`,
  };
}
