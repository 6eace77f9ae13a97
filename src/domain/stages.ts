/** Coarse to fine: a search runs in stages, each with its own trials, epochs and search space. */
import { createPruner } from '../algorithms/pruners/create-pruner.ts';
import { type Bracket, bracketOf } from './brackets.ts';
import { isImmediate, nextDiagnosis } from './pruner-rules.ts';
import type { Settings } from './specification/settings.ts';
import type { Specification } from './specification/specification.ts';

/** A stage whose search space is decided. */
export interface Stage {
  readonly index: number;
  /** Number of its first trial. */
  readonly from: number;
  /** One more than the number of its last trial. */
  readonly to: number;
  readonly hyperparameters: Settings;
  readonly validation: Specification['validation'];
}

/** A stage that has started, as it is stored. */
export type BegunStage = Pick<Stage, 'from' | 'to' | 'hyperparameters'>;

interface Staged {
  readonly specification: Specification;
  readonly stages: readonly BegunStage[];
  readonly trials: { readonly total: number };
}

/** The stages that have started; a single one with all trials if the specification has no stages. */
export function stagesOf({ specification, stages, trials }: Staged): readonly Stage[] {
  const { hyperparameters, validation } = specification;
  if (specification.stages.length === 0) return [{ index: 0, from: 0, to: trials.total, hyperparameters, validation }];
  return stages.map((begun, index) => {
    const last = index === specification.stages.length - 1;
    return {
      ...begun,
      index,
      // Trials that a raised budget adds belong to the last stage.
      to: last ? trials.total : begun.to,
      validation: specification.stages[index]!.validation ?? validation,
    };
  });
}

/** The first stage of a search that has no trials yet: it uses the space of the specification. */
export function firstStageOf(specification: Specification): Stage {
  const { hyperparameters, validation, stages, budget } = specification;
  const [first] = stages;
  if (first === undefined) return { index: 0, from: 0, to: budget.trials, hyperparameters, validation };
  return {
    index: 0,
    from: 0,
    to: first.trials,
    hyperparameters: withEpochs(hyperparameters, first.epochs),
    validation: first.validation ?? validation,
  };
}

/** The stage of a trial that exists or is about to be proposed; undefined if its stage has not started. */
export function stageOf(search: Staged, number: number): Stage | undefined {
  return stagesOf(search).find(({ to }) => number < to);
}

/** The bracket of a trial whose stage has started. */
export function bracketIn(specification: Specification, stage: Stage, number: number): Bracket | undefined {
  const epochs = stage.hyperparameters['epochs'];
  // A specification with barriers is refused if epochs vary.
  if (typeof epochs !== 'number') return undefined;
  return bracketOf({ from: stage.from, to: stage.to, epochs, pruner: specification.pruner }, number);
}

/** Hyperparameters with the epochs of a stage. */
export function withEpochs(hyperparameters: Settings, epochs: number): Settings {
  return { ...hyperparameters, epochs };
}

/** The epochs after which a trial reports an intermediate value. */
export interface ReportSchedule {
  /** The next epoch after `completed` at which it pauses and reports; undefined if it runs to completion. */
  next(completed: number): number | undefined;
}

/** The schedule of a trial that trains for `rung` and has `epochs` in total. It does not report after its last epoch: it has finished by then. */
export function reportSchedule(
  { pruner, objective, ...specification }: Specification,
  stage: Stage,
  number: number,
  rung: number,
  epochs: number,
): ReportSchedule {
  if (isImmediate(pruner)) {
    const { nextCheck } = createPruner(pruner, objective.direction);
    return { next: (completed) => nextCheck(completed, epochs - 1) };
  }
  if (pruner.type === 'diagnosis') return { next: (completed) => nextDiagnosis(pruner, completed, epochs - 1) };
  const bracket = bracketIn({ pruner, objective, ...specification }, stage, number);
  const next = bracket?.rungs[rung];
  return { next: () => (next !== undefined && next.epochs < epochs ? next.epochs : undefined) };
}
