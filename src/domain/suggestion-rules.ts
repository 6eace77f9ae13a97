/** The rules that propose changes of a search from what its trials have in common. suggestions.ts weighs the proposals against each other. */
import { z } from 'zod';
import { bestFirst, isBetter } from '../algorithms/objective.ts';
import type { Distribution, NumericDistribution, Point, Value } from '../algorithms/space/space.ts';
import { axisOf } from '../algorithms/space/transform.ts';
import type { FindingCode } from '../diagnosis/finding.ts';
import { formatNumber, formatPercent } from '../format.ts';
import { boundsOf } from './specification/bounds.ts';
import { settingsSchema } from './specification/settings.ts';
import type { Specification } from './specification/specification.ts';
import { type ValidationSettings, validationKinds } from './specification/validation.ts';

/** What suggestions need to know of a trial that has ended. */
export interface DiagnosedTrial {
  readonly number: number;
  readonly point: Point;
  readonly value: number | null;
  readonly deviation: number | null;
  readonly diverged: boolean;
  readonly found: readonly FindingCode[];
}

const patchSchema = z
  .object({ hyperparameters: settingsSchema.optional(), validation: validationKinds.optional() })
  .readonly()
  .describe('The change of the specification');
type Patch = z.output<typeof patchSchema>;

export const proposalSchema = z
  .object({
    id: z.string().describe('Identifies the change: for `apply` of POST …/refine'),
    text: z.string(),
    evidence: z.record(z.string(), z.number()).readonly(),
    trials: z.array(z.int()).readonly().describe('The trials it is based on, at most a hundred'),
    patch: patchSchema,
  })
  .readonly();
/** A suggestion that is not yet weighed against others. */
export type Proposal = z.output<typeof proposalSchema>;

type Rule = (specification: Specification, trials: readonly DiagnosedTrial[]) => readonly Proposal[];

const MIN_TRIALS = 10;
const MAX_NAMED = 100;
/** A bound is moved if at least this share of the trials beyond it is bad, and at most that share within it. */
const BAD_BEYOND = 0.5;
const BAD_WITHIN = 0.1;
const MIN_BEYOND = 3;
/** The share of an axis that counts as its edge, and how far the axis is widened. */
const EDGE = 0.15;
const WIDENED = 0.25;
const BEST = 3;
/** A choice is dropped if its trials win a smaller share of all comparisons with the others' than this. */
const LOST = 0.15;
const MIN_OF_CHOICE = 6;
const MAX_HAVE = 0.5;
/** With fewer units than this, width is not the cause of overfitting. */
const MANY_UNITS = 32;

export function proposalsFrom(specification: Specification, trials: readonly DiagnosedTrial[]): Proposal[] {
  if (trials.length < MIN_TRIALS) return [];
  return rules.flatMap((rule) => rule(specification, trials));
}

function numericOf({ hyperparameters }: Specification): [name: string, distribution: NumericDistribution][] {
  return Object.entries(hyperparameters).flatMap(([name, setting]): [string, NumericDistribution][] =>
    typeof setting === 'object' && setting.distribution !== 'categorical' ? [[name, setting]] : [],
  );
}

function named(trials: readonly DiagnosedTrial[]): number[] {
  return trials.map(({ number }) => number).slice(0, MAX_NAMED);
}

function shareOf(trials: readonly DiagnosedTrial[], holds: (trial: DiagnosedTrial) => boolean): number {
  return trials.length === 0 ? 0 : trials.filter(holds).length / trials.length;
}

/** Moves a bound to a value beyond which most trials are bad and within which few are. */
function boundRule(side: 'high' | 'low', isBad: (trial: DiagnosedTrial) => boolean, what: string): Rule {
  const sign = side === 'high' ? 1 : -1;
  return (specification, trials) =>
    numericOf(specification).flatMap(([name, distribution]) => {
      const { at } = axisOf(distribution);
      const place = ({ point }: DiagnosedTrial) => sign * at(Number(point[name]));
      const active = trials.filter(({ point }) => point[name] !== undefined).sort((a, b) => place(a) - place(b));
      const cut = bestCut(active.map(isBad));
      if (cut === undefined) return [];
      const [within, beyond] = [active.slice(0, cut), active.slice(cut)];
      const bound = Number(within.at(-1)!.point[name]);
      const changed = { ...distribution, [side]: bound } as NumericDistribution;
      if (!(changed.low < changed.high)) return [];
      const [bad, still] = [shareOf(beyond, isBad), shareOf(within, isBad)];
      const where = side === 'high' ? 'above' : 'below';
      return [
        {
          id: `${name}.${side === 'high' ? 'lower' : 'raise'}`,
          text: `${formatPercent(bad)} of the trials with ${name} ${where} ${formatNumber(bound, 2)} ${what}, ${formatPercent(still)} of the others: ${side === 'high' ? 'lower' : 'raise'} the bound to ${formatNumber(bound, 2)}.`,
          evidence: { beyond: bad, within: still, bound },
          trials: named(beyond.filter(isBad)),
          patch: { hyperparameters: { [name]: changed } },
        },
      ];
    });
}

/** Where to split the list so that the excess of bad over good entries beyond the split is as large as possible; undefined if the split is not clear. */
function bestCut(bad: readonly boolean[]): number | undefined {
  let best: number | undefined;
  let [surplus, most] = [0, 0];
  for (let cut = bad.length - 1; cut > 0; cut--) {
    surplus += bad[cut] ? 1 : -1;
    if (surplus > most) [most, best] = [surplus, cut];
  }
  if (best === undefined) return undefined;
  const share = (part: readonly boolean[]) => part.filter(Boolean).length / part.length;
  const [within, beyond] = [bad.slice(0, best), bad.slice(best)];
  const clear = beyond.length >= MIN_BEYOND && share(beyond) >= BAD_BEYOND && share(within) <= BAD_WITHIN;
  return clear ? best : undefined;
}

function ranked(
  { objective }: Specification,
  trials: readonly DiagnosedTrial[],
): (DiagnosedTrial & { value: number })[] {
  const valued = trials.flatMap((trial) => (trial.value === null ? [] : [{ ...trial, value: trial.value }]));
  return valued.sort(bestFirst(objective.direction));
}

/** The best trials lie at the edge of the range: better ones may lie beyond it. */
const widen: Rule = (specification, trials) => {
  const best = ranked(specification, trials).slice(0, BEST);
  const limits = boundsOf(specification.hyperparameters, true);
  if (trials.length < 2 * MIN_TRIALS || best.length < BEST) return [];
  return numericOf(specification).flatMap(([name, distribution]) => {
    const { low, high, at } = axisOf(distribution);
    const part = best.map(({ point }) => (at(Number(point[name] ?? Number.NaN)) - low) / (high - low));
    const side = part.every((p) => p > 1 - EDGE) ? 'high' : part.every((p) => p < EDGE) ? 'low' : undefined;
    if (side === undefined) return [];
    const beyond = side === 'high' ? high + WIDENED * (high - low) : low - WIDENED * (high - low);
    const raw = distribution.scale === 'log' ? Math.exp(beyond) : beyond;
    const whole = distribution.distribution === 'int' ? Math.round(raw) : Number(raw.toPrecision(2));
    const limit = limits(name);
    const bound = side === 'high' ? Math.min(whole, limit.high) : Math.max(whole, limit.low);
    const moved =
      side === 'high'
        ? bound > distribution.high
        : bound < distribution.low && (distribution.scale !== 'log' || bound > 0);
    if (!moved) return [];
    return [
      {
        id: `${name}.widen`,
        text: `The ${BEST} best trials lie at the ${side === 'high' ? 'upper' : 'lower'} edge of ${name}: widen it to ${formatNumber(bound, 2)}.`,
        evidence: { bound, was: distribution[side] },
        trials: named(best),
        patch: { hyperparameters: { [name]: { ...distribution, [side]: bound } as NumericDistribution } },
      },
    ];
  });
};

/** Drops a choice that is almost always worse than the others. */
const dropChoice: Rule = (specification, trials) => {
  const { hyperparameters, objective } = specification;
  const all = ranked(specification, trials);
  return Object.entries(hyperparameters).flatMap(([name, setting]) => {
    if (typeof setting !== 'object' || setting.distribution !== 'categorical') return [];
    const needed = (choice: Value) =>
      Object.values(hyperparameters).some((other) => typeof other === 'object' && other.when?.[name]?.includes(choice));
    const losers = setting.choices.filter((choice) => {
      const own = all.filter(({ point }) => point[name] === choice);
      const others = all.filter(({ point }) => point[name] !== undefined && point[name] !== choice);
      if (own.length < MIN_OF_CHOICE || others.length < MIN_OF_CHOICE || needed(choice)) return false;
      const wins = own.reduce(
        (sum, a) => sum + others.filter((b) => isBetter(a.value, b.value, objective.direction)).length,
        0,
      );
      return wins / (own.length * others.length) < LOST;
    });
    const left = setting.choices.filter((choice) => !losers.includes(choice));
    if (losers.length === 0 || left.length === 0) return [];
    return [
      {
        id: `${name}.drop`,
        text: `${name} ${losers.join(', ')} is almost always worse than the others: remove it.`,
        evidence: { choices: losers.length },
        trials: named(all.filter(({ point }) => losers.includes(point[name]!))),
        patch: {
          hyperparameters: {
            [name]: left.length === 1 && setting.when === undefined ? left[0]! : { ...setting, choices: left },
          },
        },
      },
    ];
  });
};

/** The differences between the best trials are within the noise of the folds or of the validation rows. */
const moreFolds: Rule = (specification, trials) => {
  const { validation } = specification;
  const best = ranked(specification, trials).slice(0, 5);
  const [first, fifth] = [best[0], best[4]];
  if (first === undefined || fifth === undefined) return [];
  const gap = Math.abs(first.value - fifth.value);
  const few = shareOf(trials, ({ found }) => found.includes('validationTooSmall'));
  const noisy = first.deviation !== null && first.deviation > gap;
  if (!noisy && !(first.deviation === null && few >= MAX_HAVE)) return [];
  const { test } = validation;
  const patch: ValidationSettings =
    validation.type === 'kFold'
      ? { ...validation, repeats: validation.repeats + 2 }
      : { type: 'kFold', folds: 5, repeats: 1, stratified: true, ...(test !== undefined && { test }) };
  return [
    {
      id: 'validation.more',
      text: noisy
        ? `The folds of the best trial differ by ${formatNumber(first.deviation!, 2)}, the best five trials by ${formatNumber(gap, 2)}: more folds or repeats would separate them.`
        : `In ${formatPercent(few)} of the trials the accuracy is measured on too few validation rows: use 5-fold cross-validation.`,
      evidence: noisy ? { gap, deviation: first.deviation! } : { share: few },
      trials: named(best),
      patch: { validation: patch },
    },
  ];
};

/** A finding that most trials have and that a change of fixed hyperparameters would fix. */
function fixRule(
  id: string,
  codes: readonly FindingCode[],
  what: string,
  fix: (hyperparameters: Specification['hyperparameters']) => Patch['hyperparameters'],
): Rule {
  return ({ hyperparameters }, trials) => {
    const has = ({ found }: DiagnosedTrial) => found.some((code) => codes.includes(code));
    const share = shareOf(trials, has);
    const patch = fix(hyperparameters);
    if (share < MAX_HAVE || patch === undefined) return [];
    const shownAs = (to: Value | Distribution) =>
      typeof to !== 'object'
        ? to
        : to.distribution === 'categorical'
          ? to.choices.join(', ')
          : `up to ${formatNumber(to.high, 2)}`;
    const changes = Object.entries(patch).map(([name, to]) => `${name} ${shownAs(to)}`);
    return [
      {
        id,
        text: `${formatPercent(share)} of the trials ${what}: try ${changes.join(', ')}.`,
        evidence: { share },
        trials: named(trials.filter(has)),
        patch: { hyperparameters: patch },
      },
    ];
  };
}

/** A quarter of a fixed number of units; the lower half of a range, on its own scale. */
function fewerUnits(hyperparameters: Specification['hyperparameters']): Patch['hyperparameters'] {
  const fewer = Object.entries(hyperparameters).flatMap(([name, units]): [string, Value | Distribution][] => {
    if (!/^hiddenUnits\d*$/.test(name)) return [];
    if (typeof units !== 'object') return Number(units) >= MANY_UNITS ? [[name, Math.round(Number(units) / 4)]] : [];
    if (units.distribution === 'categorical' || units.high < MANY_UNITS) return [];
    const high = Math.round(units.scale === 'log' ? Math.sqrt(units.low * units.high) : (units.low + units.high) / 2);
    return high > units.low ? [[name, { ...units, high }]] : [];
  });
  return fewer.length > 0 ? Object.fromEntries(fewer) : undefined;
}

const rules: readonly Rule[] = [
  boundRule(
    'high',
    ({ diverged, found }) => diverged || found.includes('rateTooHigh'),
    'diverged or had too high a learning rate',
  ),
  boundRule('low', ({ found }) => found.includes('rateTooLow'), 'barely learned'),
  widen,
  dropChoice,
  moreFolds,
  fixRule(
    'preprocessing.standardize',
    ['inputsOffCentre', 'inputScales'],
    'have inputs that are not centred or on different scales',
    () => ({
      preprocessing: 'standardize',
    }),
  ),
  fixRule(
    'activation.relu',
    ['saturated', 'vanishingGradients', 'notZeroCentred', 'plateau'],
    'have vanishing gradients in sigmoid',
    ({ activation }) =>
      activation === 'sigmoid' ? { activation: 'relu', initializer: 'he', batchNorm: true } : undefined,
  ),
  fixRule('patience.stop', ['overfitting'], 'overfit (memorize the training rows)', ({ patience }) =>
    typeof patience === 'object' ? undefined : { patience: 10 },
  ),
  fixRule('hiddenUnits.fewer', ['overfitting'], 'have too many units for so few rows and overfit', fewerUnits),
  fixRule('epochs.more', ['stillImproving'], 'still improved in their last epochs', ({ epochs }) =>
    typeof epochs === 'number' ? { epochs: Math.min(10_000, 2 * epochs) } : undefined,
  ),
];
