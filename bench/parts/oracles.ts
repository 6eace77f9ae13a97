/**
 * Oracles decide whether a fault is really present, since a setting is no proof: a learning rate that is too high for most networks is right for
 * some. They use data that no rule sees: the same run with one change, or the learned parameters on every row.
 */
import type { FoldCurves, TrialResult } from '../../src/compute/trial.ts';
import type { InjectedRun } from './injected-run.ts';
import { learned, trainInjected } from './run-injected.ts';

export type Oracle = (one: InjectedRun, result: TrialResult) => Promise<boolean>;

function changed(one: InjectedRun, hyperparameters: InjectedRun['hyperparameters']): InjectedRun {
  return { ...one, hyperparameters: { ...one.hyperparameters, ...hyperparameters } };
}

function rateOf({ hyperparameters }: InjectedRun): number {
  return Number(hyperparameters['learningRate']);
}

function foldOf({ folds }: TrialResult): FoldCurves {
  return folds[0]!;
}

/** Non-finite numbers count as infinitely bad. */
function mean(series: readonly (number | null)[]): number {
  return series.reduce<number>((sum, value) => sum + (value ?? Number.POSITIVE_INFINITY) / series.length, 0);
}

/** A tenth of the rate is at half the loss, on average over the epochs: the rate is too high. */
export const fallsFasterWhenSlower: Oracle = async (one, result) => {
  const slower = await trainInjected(changed(one, { learningRate: rateOf(one) / 10 }));
  return mean(foldOf(slower).trainLoss) < 0.5 * mean(foldOf(result).trainLoss);
};

/** Neither it nor the same at a third or three times the rate ever has a training loss clearly below its first. */
export const learnsNothingAtAnyRate: Oracle = async (one, result) => {
  const rates = [rateOf(one) / 3, rateOf(one) * 3];
  const others = await Promise.all(rates.map((learningRate) => trainInjected(changed(one, { learningRate }))));
  return [result, ...others].every((run) => {
    const { initialLoss, trainLoss } = foldOf(run);
    const least = Math.min(...trainLoss.map((loss) => loss ?? Number.POSITIVE_INFINITY));
    return least > 0.95 * initialLoss!;
  });
};

/** Sixteen times the units halve the training loss, twice the epochs leave it nearly as it is. */
export const needsMoreUnits: Oracle = async (one, result) => {
  const { hiddenUnits, epochs } = one.hyperparameters;
  const wider = await trainInjected(changed(one, { hiddenUnits: 16 * Number(hiddenUnits) }));
  const longer = await trainInjected(changed(one, { epochs: 2 * Number(epochs) }));
  const end = foldOf(result).trainLoss.at(-1)!;
  return foldOf(wider).trainLoss.at(-1)! < 0.5 * end && foldOf(longer).trainLoss.at(-1)! > 0.95 * end;
};

/** Twice the epochs take another tenth off the validation loss. */
export const wouldGoOn: Oracle = async (one, result) => {
  const longer = await trainInjected(changed(one, { epochs: 2 * Number(one.hyperparameters['epochs']) }));
  return foldOf(longer).validationLoss.at(-1)! < 0.9 * foldOf(result).validationLoss.at(-1)!;
};

/** The greatest share, over the hidden layers, of units that are zero on every training row: relu layers, computed plainly. */
function deadAfter(one: InjectedRun, epochs: number): number {
  const { data, layers } = learned(one, epochs);
  let rows = Array.from({ length: data.trainRows }, (_, i) =>
    Array.from(data.trainX.subarray(i * data.inputs, (i + 1) * data.inputs)),
  );
  const shares = layers.slice(0, -1).map(({ weight, bias }) => {
    const units = weight.length / rows[0]!.length;
    rows = rows.map((row) =>
      Array.from({ length: units }, (_, j) =>
        Math.max(
          0,
          row.reduce((sum, x, k) => sum + x * weight[k * units + j]!, bias?.[j] ?? 0),
        ),
      ),
    );
    const dead = Array.from({ length: units }, (_, j) => rows.every((row) => row[j] === 0));
    return dead.filter(Boolean).length / units;
  });
  return Math.max(...shares);
}

const DEAD = 0.4;

/** Alive before the first step, dead at the end; a run that diverged has no end to look at. */
export const diesOnTheWay: Oracle = async (one, { outcome, epochs }) =>
  outcome === 'ok' && deadAfter(one, 0) < DEAD / 2 && deadAfter(one, epochs) > DEAD;

/** Dead before the first step. */
export const diesAtOnce: Oracle = async (one) => deadAfter(one, 0) > DEAD;
