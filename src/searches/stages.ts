/** Coarse to fine: a search passes through stages, each with trials, epochs and a space of its own. */
import { createPruner } from '../search/create-pruner.ts';
import { type Bracket, bracketOf } from './brackets.ts';
import { isImmediate, nextDiagnosis } from './pruning.ts';
import type { Settings } from './settings.ts';
import type { Specification } from './specification.ts';

/** A stage whose space is decided: what its trials are proposed from and trained with. */
export interface Stage {
  readonly index: number;
  /** Its first trial. */
  readonly from: number;
  /** One more than its last. */
  readonly to: number;
  readonly hyperparameters: Settings;
  readonly validation: Specification['validation'];
}

/** As a stage that has begun is stored. */
export type BegunStage = Pick<Stage, 'from' | 'to' | 'hyperparameters'>;

interface Staged {
  readonly specification: Specification;
  readonly stages: readonly BegunStage[];
  readonly trials: { readonly total: number };
}

/** The stages that have begun; one, of all the trials, where the specification names none. */
export function stagesOf({ specification, stages, trials }: Staged): readonly Stage[] {
  const { hyperparameters, validation } = specification;
  if (specification.stages.length === 0) return [{ index: 0, from: 0, to: trials.total, hyperparameters, validation }];
  return stages.map((begun, index) => {
    const last = index === specification.stages.length - 1;
    return {
      ...begun,
      index,
      // The last one takes what a raised budget adds.
      to: last ? trials.total : begun.to,
      validation: specification.stages[index]!.validation ?? validation,
    };
  });
}

/** The first stage of a search whose trials have not begun: its space is that of the specification. */
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

/** The stage of a trial that exists, or that is to be proposed; undefined where its stage has not begun. */
export function stageOf(search: Staged, number: number): Stage | undefined {
  return stagesOf(search).find(({ to }) => number < to);
}

/** The bracket of a trial whose stage has begun. */
export function bracketIn(specification: Specification, stage: Stage, number: number): Bracket | undefined {
  const epochs = stage.hyperparameters['epochs'];
  // The specification is refused where there are barriers and epochs vary.
  if (typeof epochs !== 'number') return undefined;
  return bracketOf({ from: stage.from, to: stage.to, epochs, pruner: specification.pruner }, number);
}

/** A specification's hyperparameters with the epochs of a stage. */
export function withEpochs(hyperparameters: Settings, epochs: number): Settings {
  return { ...hyperparameters, epochs };
}

/** When a trial is looked at. */
export interface Looks {
  /** The epoch after which it is put aside, after `completed` ones; undefined where it runs to its end. */
  next(completed: number): number | undefined;
}

/** Of a trial that trains for `rung`, and has `epochs` in all. At its end it is not looked at: it has ended. */
export function looksAt(
  { pruner, objective, ...specification }: Specification,
  stage: Stage,
  number: number,
  rung: number,
  epochs: number,
): Looks {
  if (isImmediate(pruner)) {
    const { nextCheck } = createPruner(pruner, objective.direction);
    return { next: (completed) => nextCheck(completed, epochs - 1) };
  }
  if (pruner.type === 'diagnosis') return { next: (completed) => nextDiagnosis(pruner, completed, epochs - 1) };
  const bracket = bracketIn({ pruner, objective, ...specification }, stage, number);
  const next = bracket?.rungs[rung];
  return { next: () => (next !== undefined && next.epochs < epochs ? next.epochs : undefined) };
}
