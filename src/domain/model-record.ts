/** A model as it is stored and served, without its weights: one zod schema. The model itself is `Model` (models/model.ts). */
import { z } from 'zod';
import { columnSchema } from '../models/model.ts';
import { count, time } from './fields.ts';
import { confusionSchema, metricsSchema, predictedSchema } from './trial.ts';

const modelStates = ['waiting', 'running', 'ready', 'failed'] as const;

export const modelNameSchema = z.string().trim().min(1).max(200);
export const modelNotesSchema = z.string().max(10_000);

/** What a model is made from; fixed when it is created. */
export const modelOriginSchema = z.object({
  searchId: z.uuid().describe('It may have been deleted since'),
  searchName: z.string(),
  trial: count.describe('Of an ensemble the best of its candidates'),
  ensemble: z
    .array(z.object({ trial: count, resultHash: z.string() }))
    .readonly()
    .nullable()
    .describe('The candidates of an ensemble, the best first; null for a single trial'),
  dataset: z.object({ name: z.string(), hash: z.string() }),
  refit: z
    .object({ epochs: count.describe('The best epoch of the trial; of several folds the rounded mean') })
    .nullable()
    .describe('Whether it is trained on all rows that are not test rows instead of those of the trial’s folds'),
  metric: z.string(),
  value: z.number().describe('The value of the trial on its validation rows'),
  deviation: z.number().nullable().describe('Standard deviation of the folds’ values; null for one fold'),
  resultHash: z.string().describe('The hash of the trial, which is checked when it is computed again'),
  kernels: z.string().describe('The family of kernels that trained it and trains the model'),
});
export type ModelOrigin = z.output<typeof modelOriginSchema>;

const scoresSchema = z.object({
  rows: count,
  ensemble: z.number().nullable().describe('The metric of the ensemble; null if undefined on these rows'),
  single: z.number().nullable().describe('That of the trial that is best alone'),
});

const evaluated = {
  rows: count,
  metrics: metricsSchema.describe('null if undefined or not finite'),
  confusion: confusionSchema
    .optional()
    .describe('Rows by true class (outer) and predicted class (inner); up to 30 classes'),
  predictions: predictedSchema.optional().describe('For some rows, in the units of the target'),
};

const testSchema = z.object({
  ...evaluated,
  value: z.number().nullable().describe('The metric of the search; null if undefined on these rows'),
  interval: z
    .tuple([z.number(), z.number()])
    .readonly()
    .nullable()
    .describe('Low and high of the value, 95 %: Wilson’s for the accuracy, else a bootstrap over the rows'),
});

const drop = z
  .object({ mean: z.number(), deviation: z.number().describe('Standard deviation between the repetitions') })
  .readonly()
  .nullable();

export const importanceSchema = z.union([
  z.object({
    on: z.enum(['validation', 'test']).describe('Rows that the networks which predict them were not trained on'),
    rows: count.describe('How many rows were shuffled; all, or an even selection of at most 1,000 a fold'),
    repeats: count,
    columns: z
      .array(
        z.object({
          column: z.string(),
          value: drop.describe(
            'How much worse the metric of the search is with the column shuffled; null if undefined',
          ),
          loss: drop.describe('How much larger the loss is'),
          accuracy: drop.describe('How much smaller the accuracy is; null for regression'),
        }),
      )
      .readonly()
      .describe('In the order of the columns'),
  }),
  z.object({ unavailable: z.string().describe('Why the importance of the columns is not known') }),
]);
export type ModelImportance = z.output<typeof importanceSchema>;

/** What is known once it is made. */
export const modelFactsSchema = z.object({
  task: z.enum(['classification', 'regression']),
  target: z.string().describe('The name of the predicted column'),
  classes: z.array(z.string()).readonly().describe('Empty for regression'),
  columns: z.array(columnSchema).readonly().describe('The columns of a row to predict'),
  members: count.describe('Number of networks, whose mean is the prediction: one per fold of each trial'),
  parameters: count.describe('Number of weights and biases of all networks'),
  ensemble: z
    .object({
      trials: z.array(z.object({ trial: count, weight: z.number() })).readonly(),
      chosenOn: scoresSchema.describe(
        'The validation rows that selected the trials: optimistic, as is the value of a best trial',
      ),
      judgedOn: scoresSchema.describe('The other validation rows, which selected nothing'),
    })
    .nullable(),
  test: testSchema
    .nullable()
    .describe('On the test rows, which neither trained nor chose it; null if the search has none'),
  validation: z
    .object(evaluated)
    .nullable()
    .describe(
      'On validation rows, each predicted by networks that were not trained on it. The trial was chosen by them, so it is optimistic; null with test rows, and for a model that was trained on all rows',
    ),
  importance: importanceSchema.describe('Permutation importance of the columns'),
});
export type ModelFacts = z.output<typeof modelFactsSchema>;

export const modelRecordSchema = z
  .object({
    id: z.uuid(),
    name: z.string(),
    project: z.string().describe('That of the search it was made from'),
    notes: z.string(),
    state: z.enum(modelStates),
    failure: z.string().nullable(),
    attempt: count.describe('How often a worker has begun to make it'),
    origin: modelOriginSchema,
    facts: modelFactsSchema.nullable().describe('null until it is ready'),
    createdAt: time,
    finishedAt: time.nullable(),
  })
  .meta({ id: 'ModelRecord' });
export type ModelRecord = z.output<typeof modelRecordSchema>;

/** How often a model is begun before it counts as failed. */
export const MODEL_ATTEMPTS = 3;

/** The right to make a model, valid until its lease expires. */
export interface ModelClaim {
  readonly id: string;
  readonly attempt: number;
  readonly origin: ModelOrigin;
}
