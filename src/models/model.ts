/**
 * A model: everything needed to predict from raw rows. `model.json` is exactly this shape.
 *
 * A model has one or several member networks. Each was trained on its own rows, so it has its own preprocessing; the prediction is their
 * weighted mean. A trial with one fold gives one member, k folds give k, an ensemble has those of all its trials.
 */
import { z } from 'zod';
import { decimals, delimiters, quotes, thousandsMarks } from '../data/reading.ts';
import { activations } from '../nn/model/activations.ts';

export const MODEL_FORMAT = 'hypersearch-model/1';

/** Limits of models that are read from files. */
const modelLimits = { members: 1_000, layers: 100, columns: 2_000, classes: 1_000 } as const;

function namesOf<Name extends string>(marks: Readonly<Record<Name, string>>) {
  return z.enum(Object.keys(marks) as [Name, ...Name[]]);
}

const readingSchema = z
  .object({
    rules: z.union([z.literal(1), z.literal(2)]),
    delimiter: namesOf(delimiters),
    decimal: namesOf(decimals),
    thousands: namesOf(thousandsMarks),
    quote: namesOf(quotes),
    comment: z.string(),
    skip: z.int().nonnegative(),
    header: z.boolean(),
    missingValues: z.array(z.string()).readonly(),
    missingIn: z.array(z.string()).readonly(),
  })
  .readonly()
  .describe('How texts are read, as the data set was');

const gaps = z
  .boolean()
  .describe('Whether values may be missing, as in the data set; the network has learned what that means');

const numberColumnSchema = z.object({
  type: z.literal('number'),
  name: z.string(),
  gaps,
  range: z
    .tuple([z.number(), z.number()])
    .readonly()
    .nullable()
    .describe('The smallest and largest value in training rows; null if there was none'),
});

const categoryColumnSchema = z.object({
  type: z.literal('category'),
  name: z.string(),
  gaps,
  categories: z.array(z.string()).min(1).readonly().describe('One 0/1 input each, in this order'),
  missing: z.string().nullable().describe('The category of missing values; null without gaps'),
  other: z
    .string()
    .nullable()
    .describe('The category of all texts that have none of their own; null if they have none'),
});

/** A column of raw rows. A number gives one input, and a second one (0 or 1: is missing) if it has gaps; a category one for each of its categories. */
export const columnSchema = z.discriminatedUnion('type', [numberColumnSchema, categoryColumnSchema]).readonly();

/**
 * float32 numbers, little-endian, in base64: the bits are exact (JSON has neither NaN nor −0), in a third of the characters that decimal
 * digits with the same precision need.
 */
const float32 = z.base64().describe('float32 numbers, little-endian, in base64');

const preprocessingSchema = z
  .object({
    kind: z.enum(['none', 'center', 'standardize']),
    fill: z.array(z.number()).readonly().describe('Replaces missing numbers, by input'),
    offset: z.array(z.number()).readonly(),
    scale: z.array(z.number()).readonly(),
  })
  .readonly()
  .describe('x ↦ (x − offset) / scale in float64, rounded to float32; from the training rows of the member');

const layerSchema = z
  .object({
    inputs: z.int().positive(),
    columns: z.int().positive().describe('Columns of the weight: one per unit, or two per unit for maxout'),
    weight: float32.describe('inputs × columns, row-major; float32 numbers, little-endian, in base64'),
    bias: float32.nullable(),
    norm: z
      .object({ gamma: float32, beta: float32, runningMean: float32, runningVar: float32 })
      .readonly()
      .nullable()
      .describe('Batch normalization between the weight and the activation, with ε = 1e-5'),
    activation: z.enum(activations as readonly [string, ...string[]] as readonly [(typeof activations)[number]]),
    constant: z.number().describe('The slope of leakyRelu below 0, the α of elu; others ignore it'),
  })
  .readonly();

const memberSchema = z
  .object({
    weight: z.number().positive().max(1).describe('Its share of the prediction; the weights of all members sum to 1'),
    trial: z.int().nonnegative(),
    fold: z.int().nonnegative().nullable().describe('null if it was trained on the rows of all folds'),
    epoch: z.int().nonnegative().describe('The epoch of these parameters'),
    kernels: z
      .enum(['simd', 'fused', 'fast', 'plain'])
      .describe('The kernels that trained it, whose order of operations gives the bits of predictions'),
    outputs: z
      .enum(['softmax', 'sigmoid', 'value'])
      .describe('How outputs become probabilities; sigmoid: a single output, for the second class'),
    preprocessing: preprocessingSchema,
    target: z
      .object({ offset: z.number(), scale: z.number() })
      .readonly()
      .describe('Regression: value = output · scale + offset; 0 and 1 for classification'),
    layers: z.array(layerSchema).min(1).max(modelLimits.layers).readonly(),
  })
  .readonly();

export const modelSchema = z
  .object({
    format: z.literal(MODEL_FORMAT),
    task: z.enum(['classification', 'regression']),
    target: z.string().describe('The name of the predicted column'),
    classes: z.array(z.string()).max(modelLimits.classes).readonly().describe('Empty for regression'),
    dataset: z.object({ name: z.string(), hash: z.string() }).readonly(),
    reading: readingSchema,
    columns: z.array(columnSchema).min(1).max(modelLimits.columns).readonly(),
    members: z.array(memberSchema).min(1).max(modelLimits.members).readonly(),
  })
  .readonly();

export type Model = z.output<typeof modelSchema>;
export type ModelColumn = z.output<typeof columnSchema>;
export type ModelReading = z.output<typeof readingSchema>;
export type Member = z.output<typeof memberSchema>;
export type ModelLayer = z.output<typeof layerSchema>;
