/**
 * What a good teacher looks at before training in earnest: the loss before the first step, that regularization raises it, how
 * activations spread, and whether a few rows can be learned by heart. Of one network; it knows no thread and no clock.
 */
import { fewRows } from '../data/few-rows.ts';
import type { PreparedData } from '../data/preprocess.ts';
import { diagnose } from '../diagnosis/diagnose.ts';
import { caseOf, expectedLoss, type Finding, type FindingCode, percent, shown } from '../diagnosis/finding.ts';
import { type EpochReport, train } from '../nn/train.ts';
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
const MOST_EPOCHS = 400;
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
      epochs: MOST_EPOCHS,
    } as const;
    return reportsOf(few, changes, ({ epoch, trainLoss }) => {
      const left = trainLoss / expected;
      return !(left > KNOWN) || (epoch === BEGUN.epochs && left > BEGUN.left);
    }).at(-1)!;
  };
  const facts = factsOf(task, whole);
  // What is so before any step; steps come later, and are the trials' own.
  const atStart = diagnose(caseOf({ ...settings, ...still }, facts, [free], false)).filter(({ since }) => since === 0);
  return judged(atStart, free, held, least(byHeart, KNOWN * expected), expected);
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

function judged(
  atStart: readonly Finding[],
  free: EpochReport,
  held: EpochReport,
  byHeart: EpochReport,
  expected: number,
): Preflight {
  const deviations = free.signals[0]!.layers.slice(0, -1).map(({ deviation }) => deviation);
  const has = (...codes: readonly FindingCode[]) => atStart.some(({ code }) => codes.includes(code));
  const raised = held.regularizationLoss > free.regularizationLoss;
  const known = byHeart.trainLoss <= KNOWN * expected;
  const numbers = { trainLoss: finite(byHeart.trainLoss), expectedLoss: expected, epochs: byHeart.epoch };
  const checks: PreflightCheck[] = [
    {
      check: 'lossAtStart',
      passed: !has('lossAtStart'),
      evidence: { initialLoss: finite(free.firstLoss), expectedLoss: expected },
      text: `The loss is ${shown(free.firstLoss)} before the first step, without regularization; who knows nothing has ${shown(expected)}.`,
    },
    {
      check: 'regularization',
      passed: raised,
      evidence: { without: finite(free.regularizationLoss), with: finite(held.regularizationLoss) },
      text: raised
        ? `Regularization raises it by ${shown(held.regularizationLoss)}.`
        : 'Regularization does not raise it: there are no weights that it could shrink.',
    },
    {
      check: 'spread',
      passed: !has('initializationTooSmall', 'initializationTooLarge', 'saturated', 'deadRelu', 'symmetricWeights'),
      evidence: { first: finite(deviations[0] ?? Number.NaN), last: finite(deviations.at(-1) ?? Number.NaN) },
      text:
        deviations.length === 0
          ? 'There are no hidden layers.'
          : `Activations spread by ${deviations.map(shown).join(', ')} from layer to layer.`,
    },
    {
      check: 'overfit',
      passed: known,
      evidence: numbers,
      text: known
        ? `${BY_HEART} rows are learned by heart in ${byHeart.epoch} epochs.`
        : `${BY_HEART} rows are not learned by heart, at any of ${RATES.length} learning rates: ${percent(byHeart.trainLoss / expected)} of the loss is left.`,
    },
  ];
  const fault = { severity: 'fault', layer: null, since: 0, cause: null } as const;
  const [, regularization, , overfit] = checks;
  const findings: PreflightFinding[] = [...atStart];
  if (!raised) {
    const advice = 'Initialize with random weights: xavier or he.';
    findings.push({
      ...fault,
      code: 'regularizationAbsent',
      evidence: regularization!.evidence,
      text: regularization!.text,
      advice,
    });
  }
  if (!known) {
    const advice =
      'A network that cannot learn so few rows will not learn many: mend what else is found, or give it more units, another activation, or batch normalization.';
    findings.push({ ...fault, code: 'cannotOverfit', evidence: numbers, text: overfit!.text, advice });
  }
  return { checks, deviations: deviations.map(finite), findings };
}
