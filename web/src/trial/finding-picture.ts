/** The picture of a finding: the curves or the signal of a layer that show it. Pure. */
import { words } from '../../../src/format.ts';
import type { FoldCurves, Trial } from '../api.ts';

type Finding = Trial['findings'][number];
type Code = Finding['code'];
type Signal = keyof FoldCurves['signals'][number]['layers'][number];

interface PictureLine {
  readonly label: string;
  readonly values: readonly (number | null)[];
}

export interface Picture {
  readonly title: string;
  /** The position of every value: epochs, or layers from 1. */
  readonly xs: readonly number[];
  readonly xLabel: 'epoch' | 'layer';
  readonly lines: readonly PictureLine[];
  /** On a log scale; values that are not above 0 are left out. */
  readonly log: boolean;
  /** The first epoch that shows the finding. */
  readonly mark?: number;
}

/** Signals of layers by epoch; with `all`, of every hidden layer instead of that of the finding. */
const signals: Readonly<
  Partial<Record<Code, { readonly signal: Signal; readonly log?: boolean; readonly all?: true }>>
> = {
  deadRelu: { signal: 'dead' },
  deadNetwork: { signal: 'dead', all: true },
  saturated: { signal: 'saturated' },
  symmetricWeights: { signal: 'unitDeviation', all: true },
  vanishingGradients: { signal: 'gradientNorm', log: true, all: true },
  notZeroCentred: { signal: 'mean', all: true },
  rateTooLow: { signal: 'updateRatio', log: true, all: true },
};

/** Undefined if the fold has no data for it, or if no curve shows it: it then follows from its evidence alone. */
export function pictureOf({ code, layer, since }: Finding, fold: FoldCurves): Picture | undefined {
  const mark = since > 0 ? { mark: since } : {};
  const of = signals[code];
  if (of !== undefined) return signalPicture(fold, of, layer, mark);
  switch (code) {
    case 'initializationTooSmall':
    case 'initializationTooLarge':
      return spreadPicture(fold);
    case 'explodingGradients':
      return curves('largest gradient norm', fold, [['gradient norm', fold.gradientNorm]], true, mark);
    case 'rateTooHigh':
    case 'diverged':
      return curves(
        'training loss, and its largest value of a step',
        fold,
        [
          ['training', fold.trainLoss],
          ['largest of a step', fold.peakLoss],
        ],
        true,
        mark,
      );
    case 'regularizationDominates':
      return curves(
        'loss on the data and penalty',
        fold,
        [
          ['training', fold.trainLoss],
          ['penalty', fold.regularizationLoss],
        ],
        true,
        mark,
      );
    case 'validationTooSmall':
      return curves(
        'metric, in steps of one row',
        fold,
        [
          ['training', fold.trainMetric],
          ['validation', fold.validationMetric],
        ],
        false,
        {},
      );
    case 'inputsOffCentre':
    case 'inputScales':
    case 'batchTooSmall':
      return undefined;
    case 'lossAtStart':
      return curves(
        'training loss from before the first step',
        fold,
        [['training', [fold.initialLoss, ...fold.trainLoss]]],
        false,
        {},
        0,
      );
    default:
      return curves(
        'loss',
        fold,
        [
          ['training', fold.trainLoss],
          ['validation', fold.validationLoss],
        ],
        false,
        mark,
      );
  }
}

function curves(
  title: string,
  fold: FoldCurves,
  lines: readonly (readonly [label: string, values: readonly (number | null)[]])[],
  log: boolean,
  mark: Pick<Picture, 'mark'>,
  from = 1,
): Picture | undefined {
  const length = fold.trainLoss.length + 1 - from;
  const xs = Array.from({ length }, (_, i) => from + i);
  return drawn({
    title,
    xs,
    xLabel: 'epoch',
    lines: lines.map(([label, values]) => ({ label, values })),
    log,
    ...mark,
  });
}

function signalPicture(
  { signals: observed }: FoldCurves,
  { signal, log = false, all }: { readonly signal: Signal; readonly log?: boolean; readonly all?: true },
  layer: number | null,
  mark: Pick<Picture, 'mark'>,
): Picture | undefined {
  const hidden = (observed[0]?.layers.length ?? 0) - 1;
  const chosen = all || layer === null ? Array.from({ length: hidden }, (_, i) => i + 1) : [layer];
  const lines = chosen.map((one) => ({
    label: `layer ${one}`,
    values: observed.map(({ layers }) => layers[one - 1]?.[signal] ?? null),
  }));
  return drawn({
    title: `${titles[signal] ?? words(signal)}`,
    xs: observed.map(({ epoch }) => epoch),
    xLabel: 'epoch',
    lines,
    log,
    ...mark,
  });
}

const titles: Readonly<Partial<Record<Signal, string>>> = {
  dead: 'share of dead units',
  saturated: 'share of saturated outputs',
  unitDeviation: 'how much the units of a layer differ',
  mean: 'mean of the outputs',
  updateRatio: 'update to weight ratio',
};

/** Deviations of the hidden layers before the first step, from the inputs on. */
function spreadPicture({ signals: [first] }: FoldCurves): Picture | undefined {
  if (first === undefined) return undefined;
  const hidden = first.layers.slice(0, -1);
  return drawn({
    title: 'standard deviation of the outputs before the first step',
    xs: hidden.map((_, i) => i + 1),
    xLabel: 'layer',
    lines: [{ label: 'deviation', values: hidden.map(({ deviation }) => deviation) }],
    log: true,
  });
}

/** Without the values that a log scale cannot show; undefined if nothing is left. */
function drawn(picture: Picture): Picture | undefined {
  const lines = picture.lines.map(({ label, values }) => ({
    label,
    values: values.map((value) => (value === null || (picture.log && !(value > 0)) ? null : value)),
  }));
  const left = lines.filter(({ values }) => values.some((value) => value !== null));
  return left.length === 0 ? undefined : { ...picture, lines: left };
}
