/**
 * What a good teacher looks at before training in earnest: the loss before the first step, that regularization raises it, how
 * activations spread, and whether a few rows can be learned by heart. Of one network; it knows no thread and no clock.
 */
import { fewRows } from '../data/few-rows.ts';
import type { PreparedData } from '../data/preprocess.ts';
import { diagnose } from '../diagnosis/diagnose.ts';
import { caseOf, expectedLoss, type Finding, type FindingCode, percent, shown } from '../diagnosis/finding.ts';
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

/** Found before any trial; two that no trial can show. */
export const preflightOnly = ['regularizationAbsent', 'cannotOverfit'] as const;
export type PreflightFinding = Omit<Finding, 'code'> & { readonly code: FindingCode | (typeof preflightOnly)[number] };

export interface Preflight {
  readonly checks: readonly PreflightCheck[];
  /** Of the hidden layers' outputs before the first step. */
  readonly deviations: readonly (number | null)[];
  readonly findings: readonly PreflightFinding[];
}

/** Rows that go through the network once. */
const LOOKED_AT = 256;
const BY_HEART = 20;
/** Wider layers take seconds, and tell no more. */
const WIDEST = 128;
const MAX_EPOCHS = 400;
/** By then a rate that will do has begun to. */
const BEGUN = { epochs: 100, left: 0.9 };
/** Of the expected loss: what is left when rows are known by heart. */
const KNOWN = 0.05;
/** Any rate that learns them by heart will do. */
const RATES = [3e-3, 3e-2, 3e-4];
/** Where the search has none, regularization is tried at this. */
const L2_TRIED = 1e-3;

/** Steps that move nothing measurable: what is reported is what was there before. */
const still: Partial<TrialSettings> = {
  optimizer: 'sgd',
  learningRate: 1e-12,
  batchSize: LOOKED_AT,
  epochs: 1,
  dropout: 0,
};
const plainly: Partial<TrialSettings> = { schedule: 'constant', warmupEpochs: 0, clipNorm: 0, patience: 0 };

/** `settings` are those of the task's network; how it is to be trained is left aside. */
export function preflight(task: TrialTask, { kernels }: NamedKernels): Preflight {
  const { dataset, validation, seed } = task;
  const settings = { ...task.settings, hiddenUnits: task.settings.hiddenUnits.map((units) => Math.min(units, WIDEST)) };
  const whole = preparedFolds(dataset, validation, seed, settings.preprocessing)[0]!;
  const reportsOf = (data: PreparedData, more: Partial<TrialSettings>, enough: (report: EpochReport) => boolean) => {
    const training = train(trainOptions({ ...task, settings: { ...settings, ...plainly, ...more } }, data, 0, kernels));
    const reports: EpochReport[] = [];
    let next = training.next();
    while (!next.done) {
      reports.push(next.value);
      next = training.next(enough(next.value) ? 'stop' : 'continue');
    }
    return reports;
  };
  const some = fewRows(whole, LOOKED_AT, seed);
  const once = (l2: number) => reportsOf(some, { ...still, l2 }, () => true)[0]!;
  const [free, held] = [once(0), once(settings.l2 > 0 ? settings.l2 : L2_TRIED)];
  const expected = expectedLoss(dataset.task === 'classification' ? dataset.classes.length : 0);
  const few = fewRows(whole, BY_HEART, seed);
  const byHeart = (learningRate: number) => {
    const changes = {
      optimizer: 'adam',
      learningRate,
      l2: 0,
      dropout: 0,
      batchSize: BY_HEART,
      epochs: MAX_EPOCHS,
    } as const;
    return reportsOf(few, changes, ({ epoch, trainLoss }) => {
      const left = trainLoss / expected;
      return !(left > KNOWN) || (epoch === BEGUN.epochs && left > BEGUN.left);
    }).at(-1)!;
  };
  const facts = factsOf(task, whole);
  // What is so before any step; steps come later, and are the trials' own.
  const atStart = diagnose(caseOf({ ...settings, ...still }, facts, [free], false)).filter(({ since }) => since === 0);
  return judged({ atStart, free, held, byHeart: least(byHeart, KNOWN * expected), expected });
}

/** The first of the rates' ends that is good enough, or else the best. */
function least(byHeart: (learningRate: number) => EpochReport, enough: number): EpochReport {
  const ends: EpochReport[] = [];
  for (const rate of RATES) {
    const end = byHeart(rate);
    if (end.trainLoss <= enough) return end;
    ends.push(end);
  }
  return ends.reduce((a, b) => (b.trainLoss < a.trainLoss ? b : a));
}

/** What was seen before the first step, and where learning by heart ended. */
interface Seen {
  readonly atStart: readonly Finding[];
  /** Without regularization, and with it. */
  readonly free: EpochReport;
  readonly held: EpochReport;
  readonly byHeart: EpochReport;
  readonly expected: number;
}

function judged(seen: Seen): Preflight {
  const checks = [lossCheck(seen), regularizationCheck(seen), spreadCheck(seen), overfitCheck(seen)];
  const findings = checks.flatMap(({ check, passed, evidence, text }): PreflightFinding[] => {
    const failure = failures[check];
    if (passed || failure === undefined) return [];
    return [{ ...failure, severity: 'fault', layer: null, since: 0, cause: null, evidence, text }];
  });
  return { checks, deviations: deviationsOf(seen).map(finite), findings: [...seen.atStart, ...findings] };
}

/** What fails here and is no trial's finding. */
const failures: Readonly<Partial<Record<PreflightCheck['check'], Pick<PreflightFinding, 'code' | 'advice'>>>> = {
  regularization: { code: 'regularizationAbsent', advice: 'Initialize with random weights: xavier or he.' },
  overfit: {
    code: 'cannotOverfit',
    advice:
      'A network that cannot learn so few rows will not learn many: mend what else is found, or give it more units, another activation, or batch normalization.',
  },
};

function hasAny({ atStart }: Seen, codes: readonly FindingCode[]): boolean {
  return atStart.some(({ code }) => codes.includes(code));
}

function lossCheck(seen: Seen): PreflightCheck {
  const { free, expected } = seen;
  return {
    check: 'lossAtStart',
    passed: !hasAny(seen, ['lossAtStart']),
    evidence: { initialLoss: finite(free.firstLoss), expectedLoss: expected },
    text: `The loss is ${shown(free.firstLoss)} before the first step, without regularization; who knows nothing has ${shown(expected)}.`,
  };
}

function regularizationCheck({ free, held }: Seen): PreflightCheck {
  const passed = held.regularizationLoss > free.regularizationLoss;
  return {
    check: 'regularization',
    passed,
    evidence: { without: finite(free.regularizationLoss), with: finite(held.regularizationLoss) },
    text: passed
      ? `Regularization raises it by ${shown(held.regularizationLoss)}.`
      : 'Regularization does not raise it: there are no weights that it could shrink.',
  };
}

function deviationsOf({ free }: Seen): number[] {
  return free.signals[0]!.layers.slice(0, -1).map(({ deviation }) => deviation);
}

/** What is wrong with how activations come through the layers. */
const unspread = [
  'initializationTooSmall',
  'initializationTooLarge',
  'saturated',
  'deadRelu',
  'symmetricWeights',
] as const;

function spreadCheck(seen: Seen): PreflightCheck {
  const deviations = deviationsOf(seen);
  return {
    check: 'spread',
    passed: !hasAny(seen, unspread),
    evidence: { first: finite(deviations[0] ?? Number.NaN), last: finite(deviations.at(-1) ?? Number.NaN) },
    text:
      deviations.length === 0
        ? 'There are no hidden layers.'
        : `Activations spread by ${deviations.map(shown).join(', ')} from layer to layer.`,
  };
}

function overfitCheck({ byHeart: { trainLoss, epoch }, expected }: Seen): PreflightCheck {
  const passed = trainLoss <= KNOWN * expected;
  return {
    check: 'overfit',
    passed,
    evidence: { trainLoss: finite(trainLoss), expectedLoss: expected, epochs: epoch },
    text: passed
      ? `${BY_HEART} rows are learned by heart in ${epoch} epochs.`
      : `${BY_HEART} rows are not learned by heart, at any of ${RATES.length} learning rates: ${percent(trainLoss / expected)} of the loss is left.`,
  };
}
