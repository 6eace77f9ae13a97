/** Shows what a search would do, without storing or training anything. */
import { roundsOf } from '../algorithms/confirmation/rounds.ts';
import type { Point } from '../algorithms/space/space.ts';
import type { DryRun } from '../contract/searches.ts';
import { countFolds } from '../data/folds.ts';
import { type Slowness, secondsOf } from '../domain/estimate.ts';
import { type Batch, durationOf, type Measured, startUp } from '../domain/search-duration.ts';
import { settingsOf } from '../domain/specification/hyperparameters.ts';
import { type Specification, samplerOf } from '../domain/specification/specification.ts';
import { firstStageOf, type Stage, withEpochs } from '../domain/stages.ts';
import { sourceOf } from '../domain/trial.ts';
import { inTurns } from './in-turns.ts';
import { type Parsed, parseSpecification, type SpecificationContext } from './parse-specification.ts';

const SHOWN = 10;
/** Enough trials to estimate the mean duration. */
const MEASURED = 100;

/** The machine that trains, for estimates of time. */
export interface Machine {
  /** The number of compute threads. */
  readonly threads: number;
  /** Measured once. */
  slowness(): Promise<Slowness>;
}

/** Validates `body` as for a new search. */
export async function dryRunSearch(dependencies: SpecificationContext & Machine, body: unknown): Promise<DryRun> {
  const parsed = await parseSpecification(body, dependencies);
  return await dryRun(parsed, { threads: dependencies.threads, slowness: await dependencies.slowness() });
}

async function dryRun({ specification, dataset, warnings }: Parsed, machine: Measured): Promise<DryRun> {
  const { threads, slowness } = machine;
  const sampler = samplerOf(specification);
  const { trials } = specification.budget;
  const stages = plannedStages(specification, sampler.size);
  // Trials of later stages depend on results.
  const count = Math.min(stages[0]!.trials, MEASURED);
  const numbers = Array.from({ length: count }, (_, number) => number);
  // So do proposals of samplers that learn.
  const known = numbers.filter((number) => sampler.learnsFrom(number) === 0);
  // Large conditional spaces take milliseconds a point.
  const points = await inTurns(known, (number) => sampler.propose(number, []));
  // Where nothing is known before there are results, any points will do for the time.
  const typical = points.length > 0 ? points : samplesOf(specification, count);
  const ofStages = stages.map(({ trials: own, hyperparameters, validation }) => {
    const settings = typical.map((point) => settingsOf(hyperparameters, point));
    const measured = settings.map((one) => secondsOf(one, dataset, validation, slowness));
    const secondsPerTrial = meanOf(measured);
    const epochs = Math.round(meanOf(settings.map((one) => one.epochs)));
    // A stage begins when the one before has ended.
    const batch = { trials: own, epochs, folds: countFolds(validation), secondsPerTrial };
    return { measured, batch, work: own * secondsPerTrial, seconds: durationOf(batch, specification, machine) };
  });
  const confirming = confirmation(specification, ofStages.at(-1)!.batch, machine);
  const first = known.slice(0, SHOWN).map((number, i) => ({
    ...{ number, source: sourceOf(number, specification) },
    ...{ hyperparameters: points[i]!, seconds: ofStages[0]!.measured[i]! },
  }));
  return {
    specification,
    warnings,
    trials,
    gridSize: Number.isFinite(sampler.size) ? sampler.size - specification.enqueue.length : null,
    first,
    estimate: {
      threads,
      secondsPerTrial: sumOf(ofStages.map(({ work }) => work)) / sumOf(stages.map((stage) => stage.trials)),
      seconds: Math.min(
        startUp(machine) + sumOf(ofStages.map(({ seconds }) => seconds)) + confirming,
        specification.budget.seconds ?? Number.POSITIVE_INFINITY,
      ),
    },
  };
}

/** Seconds of the confirmation, whose runs take as long as trials of the last stage, round by round. */
function confirmation({ confirm, sampler }: Specification, run: Omit<Batch, 'trials'>, machine: Measured): number {
  if (confirm === undefined) return 0;
  const rounds = roundsOf(confirm.design, confirm.trials, confirm.repeats);
  const free = { pruner: { type: 'none', divergence: true }, sampler: { type: 'random', seed: sampler.seed } } as const;
  return sumOf(
    rounds.map(({ finalists, repeats }, i) => {
      const trials = finalists * (repeats - (rounds[i - 1]?.repeats ?? 0));
      return durationOf({ ...run, trials }, free, machine);
    }),
  );
}

interface PlannedStage extends Pick<Stage, 'hyperparameters' | 'validation'> {
  readonly trials: number;
}

/** Later stages as if their spaces were that of the first: how they will be narrowed is not known yet. `size`: points that the sampler has. */
function plannedStages(specification: Specification, size: number): readonly PlannedStage[] {
  const first = firstStageOf(specification);
  const { hyperparameters, validation, stages } = specification;
  return [
    { ...first, trials: Math.min(first.to, size) },
    ...stages.slice(1).map(({ trials, epochs, validation: own = validation }) => {
      return { trials, validation: own, hyperparameters: withEpochs(hyperparameters, epochs) };
    }),
  ];
}

function samplesOf(specification: Specification, count: number): Point[] {
  const sampler = samplerOf({ ...specification, sampler: { type: 'random', seed: 0 } });
  return Array.from({ length: count }, (_, number) => sampler.propose(number, []));
}

function meanOf(numbers: readonly number[]): number {
  return sumOf(numbers) / numbers.length;
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, one) => sum + one, 0);
}
