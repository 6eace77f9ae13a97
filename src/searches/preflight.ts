/** The pre-flight of a search: its families of networks, each checked once, whichever trials there will be. */
import { z } from 'zod';
import { type Preflight, preflightChecks, preflightOnly } from '../compute/preflight.ts';
import type { TrialSettings, TrialTask } from '../compute/trial.ts';
import type { Dataset } from '../data/dataset.ts';
import { findingCodes } from '../diagnosis/finding.ts';
import { findingSchema } from './records.ts';
import { type Specification, samplerOf } from './specification.ts';
import { firstStageOf } from './stages.ts';
import { trialTask } from './trial-task.ts';

/** So many points of the space are sorted into families. */
const POINTS = 200;
const MOST_FAMILIES = 24;

/** Networks that are alike before training: what they share, and one of them. */
export interface Family {
  readonly task: TrialTask;
  /** The first trial that has such a network. */
  readonly example: number;
  /** How many of the points that were looked at. */
  readonly points: number;
}

export interface PreflightTask {
  readonly families: readonly Family[];
  readonly leftOut: number;
}

/** Widths within a factor of four are one. */
function widthOf(units: readonly number[]): number {
  return Math.floor(Math.log2(Math.max(1, ...units)) / 2);
}

function keyOf({
  preprocessing,
  activation,
  initializer,
  batchNorm,
  loss,
  hiddenUnits,
  ...others
}: TrialSettings): string {
  const deviation = initializer === 'smallNormal' ? Math.round(Math.log10(others.smallNormalDeviation)) : 0;
  const shape = [hiddenUnits.length, widthOf(hiddenUnits)];
  return JSON.stringify([preprocessing, activation, initializer, deviation, batchNorm, loss, ...shape]);
}

/**
 * The families among the first points of the space, by number: of samplers that learn, those that random search would try. A
 * function of the specification alone (law 6).
 */
export function preflightTask(specification: Specification, dataset: Dataset): PreflightTask {
  const stage = firstStageOf(specification);
  const search = {
    specification,
    stages: specification.stages.length === 0 ? [] : [stage],
    dataset,
    trials: { total: specification.budget.trials },
  };
  const own = samplerOf(specification, stage);
  const count = Math.min(POINTS, stage.to, own.size);
  const learns = own.learnsFrom(count - 1) > 0;
  const { propose } = learns
    ? samplerOf({ ...specification, sampler: { type: 'random', seed: specification.sampler.seed } }, stage)
    : own;
  const families = new Map<string, Family>();
  for (let number = 0; number < count; number++) {
    const task = trialTask(search, { number, point: propose(number, []) }, dataset);
    const key = keyOf(task.settings);
    const known = families.get(key);
    families.set(
      key,
      known === undefined ? { task, example: number, points: 1 } : { ...known, points: known.points + 1 },
    );
  }
  const all = [...families.values()].sort((a, b) => b.points - a.points || a.example - b.example);
  return { families: all.slice(0, MOST_FAMILIES), leftOut: Math.max(0, all.length - MOST_FAMILIES) };
}

const number = z.number().nullable();

export const preflightSchema = z
  .object({
    families: z
      .array(
        z.object({
          settings: z
            .object({
              preprocessing: z.string(),
              activation: z.string(),
              initializer: z.string(),
              batchNorm: z.boolean(),
              loss: z.string(),
              hiddenUnits: z.array(z.int()).readonly(),
            })
            .describe('Of the one that was checked'),
          example: z.int().describe('The first trial with such a network'),
          points: z.int().describe('How many of the first 200 points of the space are of this family'),
          checks: z
            .array(
              z.object({
                check: z.enum(preflightChecks),
                passed: z.boolean(),
                evidence: z.record(z.string(), number).readonly(),
                text: z.string(),
              }),
            )
            .readonly(),
          deviations: z.array(number).readonly().describe('Of the hidden layers’ outputs before the first step'),
          findings: z
            .array(findingSchema.omit({ folds: true }).extend({ code: z.enum([...findingCodes, ...preflightOnly]) }))
            .readonly(),
        }),
      )
      .readonly()
      .describe('Networks that are alike before training, the most frequent first'),
    leftOut: z.int().describe('Families beyond the 24 most frequent'),
  })
  .meta({ id: 'Preflight' });
export type SearchPreflight = z.infer<typeof preflightSchema>;

/** Runs it: `check` is of one network. */
export function preflightOf(
  { families, leftOut }: PreflightTask,
  check: (task: TrialTask) => Preflight,
): SearchPreflight {
  return {
    families: families.map(({ task, example, points }) => {
      const { preprocessing, activation, initializer, batchNorm, loss, hiddenUnits } = task.settings;
      const settings = { preprocessing, activation, initializer, batchNorm, loss, hiddenUnits };
      return { settings, example, points, ...check(task) };
    }),
    leftOut,
  };
}
