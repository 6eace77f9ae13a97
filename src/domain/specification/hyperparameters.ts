/**
 * All hyperparameters of training, with their limits and defaults.
 *
 * One table serves validation, defaults, the OpenAPI document and the page's form; a new hyperparameter is one row here and
 * its use in compute/trial-options.ts.
 */
import { z } from 'zod';
import type { Distribution, Value } from '../../algorithms/space/space.ts';
import type { TrialSettings } from '../../compute/trial.ts';
import { hiddenActivations } from '../../nn/model/activations.ts';
import { layerNames, MAX_HIDDEN_LAYERS, spelledOut } from './hidden-units.ts';

/** Without a fallback it is the row of one layer's units, which default to `hiddenUnits`. */
interface NumberRow {
  readonly kind: 'float' | 'int';
  readonly min: number;
  readonly max: number;
  /** Excludes `min` itself. */
  readonly above?: boolean;
  readonly fallback?: number;
  readonly about: string;
}
interface ChoiceRow {
  readonly kind: 'choice';
  readonly choices: readonly string[];
  readonly fallback: string;
  readonly about: string;
}
interface SwitchRow {
  readonly kind: 'switch';
  readonly fallback: boolean;
  readonly about: string;
}
export type Row = NumberRow | ChoiceRow | SwitchRow;

export const hyperparameterTable = {
  learningRate: { kind: 'float', min: 0, above: true, max: 1e6, fallback: 0.001, about: 'Step size of the optimizer' },
  l2: { kind: 'float', min: 0, max: 1e6, fallback: 0, about: 'Strength of ½·l2·Σweight², added to the loss' },
  hiddenLayers: {
    kind: 'int',
    min: 0,
    max: MAX_HIDDEN_LAYERS,
    fallback: 1,
    about: 'Hidden layers; 0 is softmax or linear regression',
  },
  hiddenUnits: {
    kind: 'int',
    min: 1,
    max: 4096,
    fallback: 64,
    about: 'Units of every hidden layer, or a list with one entry per layer',
  },
  activation: {
    kind: 'choice',
    choices: hiddenActivations,
    fallback: 'relu',
    about: 'Non-linearity of the hidden layers',
  },
  leakyReluSlope: { kind: 'float', min: 0, max: 1, fallback: 0.01, about: 'For leakyRelu: its slope below 0' },
  eluAlpha: { kind: 'float', min: 0, max: 10, fallback: 1, about: 'For elu: −α is its limit far below 0' },
  initializer: {
    kind: 'choice',
    choices: ['zeros', 'smallNormal', 'xavier', 'he'],
    fallback: 'he',
    about: 'Initialization of the weights',
  },
  weightDistribution: {
    kind: 'choice',
    choices: ['normal', 'uniform'],
    fallback: 'normal',
    about: 'Distribution of the initial weights; the initializer sets its standard deviation',
  },
  smallNormalDeviation: {
    kind: 'float',
    min: 0,
    max: 10,
    fallback: 0.01,
    about: 'For smallNormal: standard deviation of the initial weights',
  },
  batchNorm: { kind: 'switch', fallback: false, about: 'Batch normalization before every activation' },
  dropout: {
    kind: 'float',
    min: 0,
    max: 0.95,
    fallback: 0,
    about: 'Share of the hidden layers’ outputs dropped in every step',
  },
  loss: {
    kind: 'choice',
    choices: ['softmaxCrossEntropy', 'binaryCrossEntropy'],
    fallback: 'softmaxCrossEntropy',
    about: 'For classification; binaryCrossEntropy has one output and needs two classes. Regression uses squared error',
  },
  preprocessing: {
    kind: 'choice',
    choices: ['none', 'center', 'standardize'],
    fallback: 'standardize',
    about: 'Fitted on the training rows only',
  },
  optimizer: {
    kind: 'choice',
    choices: ['sgd', 'momentum', 'nesterov', 'adagrad', 'rmsprop', 'adam', 'adamw'],
    fallback: 'adam',
    about: 'Optimization algorithm',
  },
  momentum: { kind: 'float', min: 0, max: 0.9999, fallback: 0.9, about: 'For momentum and nesterov' },
  weightDecay: { kind: 'float', min: 0, max: 10, fallback: 0.01, about: 'For adamw: decoupled decay of the weights' },
  schedule: {
    kind: 'choice',
    choices: ['constant', 'step', 'exponential', 'cosine'],
    fallback: 'constant',
    about: 'Learning rate schedule',
  },
  decayFactor: {
    kind: 'float',
    min: 0,
    above: true,
    max: 1,
    fallback: 0.5,
    about: 'For step and exponential: factor of the learning rate per decayEvery epochs',
  },
  decayEvery: { kind: 'int', min: 1, max: 10_000, fallback: 10, about: 'For step and exponential, in epochs' },
  cosineFloor: {
    kind: 'float',
    min: 0,
    max: 1,
    fallback: 0,
    about: 'For cosine: final learning rate as a share of the initial one',
  },
  warmupEpochs: {
    kind: 'float',
    min: 0,
    max: 10_000,
    fallback: 0,
    about: 'Epochs of linear warm-up of the learning rate',
  },
  clipNorm: {
    kind: 'float',
    min: 0,
    max: 1e6,
    fallback: 0,
    about: 'Gradients with a larger norm are scaled down to it; 0 turns clipping off',
  },
  batchSize: { kind: 'int', min: 1, max: 65_536, fallback: 64, about: 'Rows per step' },
  epochs: { kind: 'int', min: 1, max: 10_000, fallback: 20, about: 'Passes over the training rows' },
  patience: {
    kind: 'int',
    min: 0,
    max: 10_000,
    fallback: 0,
    about:
      'Early stopping: epochs without improvement before training stops and restores the best epoch; 0 turns it off',
  },
} as const satisfies Record<keyof TrialSettings | 'hiddenLayers', Row & { fallback: Value }>;

function layerRow(place: number): NumberRow {
  const { kind, min, max } = hyperparameterTable.hiddenUnits;
  return { kind, min, max, about: `Units of hidden layer ${place + 1}, if there is one` };
}

/** The rows of the table and, after `hiddenUnits`, one row for the units of each layer. */
const rows: Readonly<Record<string, Row>> = Object.fromEntries(
  Object.entries(hyperparameterTable).flatMap(([name, row]): [string, Row][] =>
    name === 'hiddenUnits'
      ? [[name, row], ...layerNames.map((own, i): [string, Row] => [own, layerRow(i)])]
      : [[name, row]],
  ),
);

/** The row of a hyperparameter. */
export function rowOf(name: string): Row | undefined {
  return rows[name];
}

/** In display order. */
export const hyperparameterNames: readonly string[] = Object.keys(rows);

/** Default values. The units of single layers have none. */
export const fallbacks: Readonly<Record<string, Value>> = Object.fromEntries(
  Object.entries(hyperparameterTable).map(([name, { fallback }]) => [name, fallback]),
);

/** The default search space: on small data sets, many of its networks are good. */
export const defaultHyperparameters: Readonly<Record<string, Value | Distribution>> = {
  learningRate: { distribution: 'float', low: 1e-4, high: 1e-1, scale: 'log' },
  l2: { distribution: 'float', low: 1e-6, high: 1e-2, scale: 'log' },
  hiddenLayers: { distribution: 'int', low: 1, high: 2, scale: 'linear' },
  hiddenUnits: { distribution: 'int', low: 16, high: 128, scale: 'log' },
  activation: { distribution: 'categorical', choices: ['relu', 'elu', 'tanh'] },
};

/** Training settings from the defaults, the fixed values and a trial's point, each overriding the previous. Inactive hyperparameters keep their default. */
export function settingsOf(
  hyperparameters: Readonly<Record<string, Value | Distribution>>,
  point: Readonly<Record<string, Value>>,
): TrialSettings {
  const decided = (name: string): Value | undefined => {
    const given = hyperparameters[name];
    return point[name] ?? (given === undefined || typeof given === 'object' ? fallbacks[name] : given);
  };
  const { hiddenLayers, ...others } = Object.fromEntries(Object.keys(fallbacks).map((name) => [name, decided(name)]));
  const own = layerNames.slice(0, Number(hiddenLayers));
  const hiddenUnits = own.map((name) => decided(name) ?? others['hiddenUnits']);
  // The schema below has validated fixed values and the bounds of distributions against the table.
  return { ...others, hiddenUnits } as unknown as TrialSettings;
}

/** The hyperparameters that vary, in display order. */
export function variedOf(hyperparameters: Readonly<Record<string, Value | Distribution>>): string[] {
  return inDisplayOrder(hyperparameters).filter((name) => typeof hyperparameters[name] === 'object');
}

/** Those that do not vary. */
export function fixedOf(hyperparameters: Readonly<Record<string, Value | Distribution>>): Record<string, Value> {
  return Object.fromEntries(
    Object.entries(hyperparameters).filter((entry): entry is [string, Value] => typeof entry[1] !== 'object'),
  );
}

const known = new Set(hyperparameterNames);

/** The names in `given`. Observed trials have names that are none of ours: they come last. */
export function inDisplayOrder(given: Readonly<Record<string, unknown>>): string[] {
  const own = hyperparameterNames.filter((name) => Object.hasOwn(given, name));
  const count = Object.keys(given).length;
  return own.length === count ? own : [...own, ...Object.keys(given).filter((name) => !known.has(name))];
}

const conditionSchema = z
  .record(
    z.string(),
    z
      .array(z.union([z.number(), z.string(), z.boolean()]))
      .min(1)
      .max(100),
  )
  .describe('Active only where every named hyperparameter has one of the listed values');

function choicesSchema<T extends z.ZodType<Value>>(value: T) {
  return z
    .strictObject({
      distribution: z.literal('categorical'),
      choices: z.array(value).min(1).max(1000),
      when: conditionSchema.optional(),
    })
    .check((context) => {
      const { choices } = context.value;
      if (new Set(choices).size === choices.length) return;
      const twice = choices.find((choice, i) => choices.indexOf(choice) !== i);
      context.issues.push({
        code: 'custom',
        path: ['choices'],
        message: `must not repeat a choice, got ${JSON.stringify(twice)} twice`,
        input: choices,
      });
    });
}

/** Of one hyperparameter: they are computed when a search is created. */
const MAX_GRID_POINTS = 10_000;

function rangeSchema(row: NumberRow, bound: z.ZodType<number>) {
  return z
    .strictObject({
      distribution: row.kind === 'int' ? z.literal('int') : z.enum(['float', 'int']),
      low: bound,
      high: bound,
      scale: z.enum(['linear', 'log']).default('linear'),
      step: (row.kind === 'int' ? z.int() : z.number()).positive().max(1e9).optional(),
      points: z.int().min(1).max(MAX_GRID_POINTS).optional(),
      when: conditionSchema.optional(),
    })
    .check((context) => {
      const { distribution, low, high, scale, step } = context.value;
      const issue = (path: string, message: string) =>
        context.issues.push({ code: 'custom', path: [path], message, input: context.value });
      if (low > high) issue('low', `must be at most high, which is ${high}, got ${low}`);
      const half = (step ?? (distribution === 'int' ? 1 : 0)) / 2;
      if (scale === 'log' && low <= 0 && !row.above) issue('low', `must be above 0 on a log scale, got ${low}`);
      else if (scale === 'log' && low > 0 && low - half <= 0)
        issue('step', `must be below twice low on a log scale, which is ${2 * low}, got ${step}`);
      if (distribution === 'int' && row.kind === 'float') {
        if (!Number.isInteger(low)) issue('low', `must be a whole number where the distribution is int, got ${low}`);
        if (!Number.isInteger(high)) issue('high', `must be a whole number where the distribution is int, got ${high}`);
        if (step !== undefined && !Number.isInteger(step))
          issue('step', `must be a whole number where the distribution is int, got ${step}`);
      }
    });
}

function settingSchema(row: Row): z.ZodType<Value | Distribution> {
  if (row.kind === 'switch') return z.union([z.boolean(), choicesSchema(z.boolean())]);
  if (row.kind === 'choice') return z.union([z.enum(row.choices), choicesSchema(z.enum(row.choices))]);
  const number = row.kind === 'int' ? z.int() : z.number();
  const bound = (row.above ? number.gt(row.min) : number.min(row.min)).max(row.max);
  return z.union([bound, z.discriminatedUnion('distribution', [rangeSchema(row, bound), choicesSchema(bound)])]);
}

type Setting = Value | Distribution;

/** One entry per hidden layer; an empty list means no hidden layer. */
function listSchema(setting: z.ZodType<Setting>): z.ZodType<Setting | readonly Setting[]> {
  return z.union([setting, z.array(setting).max(MAX_HIDDEN_LAYERS)]);
}

/** The schema of each hyperparameter. */
export const settingSchemas: Readonly<Record<string, z.ZodType<Setting>>> = Object.fromEntries(
  Object.entries(rows).map(([name, row]) => [name, settingSchema(row)]),
);

/** `{ learningRate: 0.01 | { distribution, … }, … }`: each is a value or a distribution. */
export const hyperparametersSchema = z.strictObject(
  Object.fromEntries(
    Object.entries(rows).map(([name, { about, fallback }]) => {
      const setting = settingSchemas[name]!;
      const schema = name === 'hiddenUnits' ? listSchema(setting) : setting;
      return [name, schema.optional().describe(`${about}. Default: ${fallback ?? 'hiddenUnits'}.`)];
    }),
  ),
);

/** The valid hyperparameters in `given`, with lists expanded and defaults filled in; invalid ones are left out. */
export function readableOf(given: Readonly<Record<string, unknown>>): Record<string, Setting> {
  const read = Object.entries({ ...fallbacks, ...spelledOut(given) }).flatMap(([name, setting]) => {
    const parsed = Object.hasOwn(settingSchemas, name) ? settingSchemas[name]!.safeParse(setting) : undefined;
    return parsed?.success ? [[name, parsed.data] as const] : [];
  });
  return Object.fromEntries(read);
}
