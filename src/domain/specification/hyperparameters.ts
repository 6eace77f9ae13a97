/**
 * Every hyperparameter of training there is: what it may be, and what it is when nobody says.
 *
 * One table serves validation, defaults, the OpenAPI document and the page's form; a new hyperparameter is one row here and
 * its use in compute/trial-options.ts.
 */
import { z } from 'zod';
import type { Distribution, Value } from '../../algorithms/space/space.ts';
import type { TrialSettings } from '../../compute/trial.ts';
import { hiddenActivations } from '../../nn/model/activation-names.ts';
import { layerNames, MAX_HIDDEN_LAYERS, spelledOut } from './hidden-units.ts';

/** A number's row without a fallback is that of one layer's units: a layer without its own has those of all. */
interface NumberRow {
  readonly kind: 'float' | 'int';
  readonly min: number;
  readonly max: number;
  /** The smallest value itself is excluded. */
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
    about: 'Units of every hidden layer, or a list of each one’s',
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
    about: 'How the weights start',
  },
  weightDistribution: {
    kind: 'choice',
    choices: ['normal', 'uniform'],
    fallback: 'normal',
    about: 'Of which the first weights are drawn, with the deviation of the initializer either way',
  },
  smallNormalDeviation: {
    kind: 'float',
    min: 0,
    max: 10,
    fallback: 0.01,
    about: 'For smallNormal: the standard deviation of the first weights',
  },
  batchNorm: { kind: 'switch', fallback: false, about: 'Batch normalization before every activation' },
  dropout: {
    kind: 'float',
    min: 0,
    max: 0.95,
    fallback: 0,
    about: 'Share of the hidden layers’ outputs that every step drops',
  },
  loss: {
    kind: 'choice',
    choices: ['softmaxCrossEntropy', 'binaryCrossEntropy'],
    fallback: 'softmaxCrossEntropy',
    about:
      'What is learned of classes; binaryCrossEntropy has one output, for two classes. Quantities have squared error',
  },
  preprocessing: {
    kind: 'choice',
    choices: ['none', 'center', 'standardize'],
    fallback: 'standardize',
    about: 'Fitted on the training rows alone',
  },
  optimizer: {
    kind: 'choice',
    choices: ['sgd', 'momentum', 'nesterov', 'adagrad', 'rmsprop', 'adam', 'adamw'],
    fallback: 'adam',
    about: 'How a gradient becomes a step',
  },
  momentum: { kind: 'float', min: 0, max: 0.9999, fallback: 0.9, about: 'For momentum and nesterov' },
  weightDecay: { kind: 'float', min: 0, max: 10, fallback: 0.01, about: 'For adamw: decoupled decay of the weights' },
  schedule: {
    kind: 'choice',
    choices: ['constant', 'step', 'exponential', 'cosine'],
    fallback: 'constant',
    about: 'How the learning rate falls',
  },
  decayFactor: {
    kind: 'float',
    min: 0,
    above: true,
    max: 1,
    fallback: 0.5,
    about: 'For step and exponential: what is left of the learning rate after decayEvery epochs',
  },
  decayEvery: { kind: 'int', min: 1, max: 10_000, fallback: 10, about: 'For step and exponential, in epochs' },
  cosineFloor: {
    kind: 'float',
    min: 0,
    max: 1,
    fallback: 0,
    about: 'For cosine: what is left of the learning rate at the end',
  },
  warmupEpochs: {
    kind: 'float',
    min: 0,
    max: 10_000,
    fallback: 0,
    about: 'Epochs in which the learning rate rises, in a line, to what the schedule says',
  },
  clipNorm: {
    kind: 'float',
    min: 0,
    max: 1e6,
    fallback: 0,
    about: 'Longest gradient, a longer one is scaled down to it; 0 is no clipping',
  },
  batchSize: { kind: 'int', min: 1, max: 65_536, fallback: 64, about: 'Rows of one step' },
  epochs: { kind: 'int', min: 1, max: 10_000, fallback: 20, about: 'Passes over the training rows' },
  patience: {
    kind: 'int',
    min: 0,
    max: 10_000,
    fallback: 0,
    about: 'Early stopping: epochs without a better one until training goes back to the best; 0 is none',
  },
} as const satisfies Record<keyof TrialSettings | 'hiddenLayers', Row & { fallback: Value }>;

function layerRow(place: number): NumberRow {
  const { kind, min, max } = hyperparameterTable.hiddenUnits;
  return { kind, min, max, about: `Units of hidden layer ${place + 1}, where there is one` };
}

/** The rows of the table and, behind `hiddenUnits`, one for every layer's own. */
const rows: Readonly<Record<string, Row>> = Object.fromEntries(
  Object.entries(hyperparameterTable).flatMap(([name, row]): [string, Row][] =>
    name === 'hiddenUnits'
      ? [[name, row], ...layerNames.map((own, i): [string, Row] => [own, layerRow(i)])]
      : [[name, row]],
  ),
);

/** The row of a hyperparameter, that of `hiddenUnits` for a layer's own. */
export function rowOf(name: string): Row | undefined {
  return rows[name];
}

/** In the order in which people are shown them. */
export const hyperparameterNames: readonly string[] = Object.keys(rows);

/** What every hyperparameter is when nobody says; one layer's own units are then not there at all. */
export const fallbacks: Readonly<Record<string, Value>> = Object.fromEntries(
  Object.entries(hyperparameterTable).map(([name, { fallback }]) => [name, fallback]),
);

/** What varies when a search does not say: a space in which good networks are common on small data. */
export const defaultHyperparameters: Readonly<Record<string, Value | Distribution>> = {
  learningRate: { distribution: 'float', low: 1e-4, high: 1e-1, scale: 'log' },
  l2: { distribution: 'float', low: 1e-6, high: 1e-2, scale: 'log' },
  hiddenLayers: { distribution: 'int', low: 1, high: 2, scale: 'linear' },
  hiddenUnits: { distribution: 'int', low: 16, high: 128, scale: 'log' },
  activation: { distribution: 'categorical', choices: ['relu', 'elu', 'tanh'] },
};

/** The table's fallbacks, overlaid by what is fixed and by a trial's point. Inactive hyperparameters keep their fallback. */
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
  // The schema below has checked every value against its row, fixed or as a bound of its distribution.
  return { ...others, hiddenUnits } as unknown as TrialSettings;
}

/** The hyperparameters that vary, in the table's order. */
export function variedOf(hyperparameters: Readonly<Record<string, Value | Distribution>>): string[] {
  return hyperparameterNames.filter((name) => typeof hyperparameters[name] === 'object');
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

function rangeSchema(row: NumberRow, bound: z.ZodType<number>) {
  return z
    .strictObject({
      distribution: row.kind === 'int' ? z.literal('int') : z.enum(['float', 'int']),
      low: bound,
      high: bound,
      scale: z.enum(['linear', 'log']).default('linear'),
      step: (row.kind === 'int' ? z.int() : z.number()).positive().max(1e9).optional(),
      points: z.int().min(1).max(1_000_000).optional(),
      when: conditionSchema.optional(),
    })
    .check((context) => {
      const { distribution, low, high, scale, step } = context.value;
      const fault = (path: string, message: string) =>
        context.issues.push({ code: 'custom', path: [path], message, input: context.value });
      if (low > high) fault('low', `must not be above high, which is ${high}, got ${low}`);
      const half = (step ?? (distribution === 'int' ? 1 : 0)) / 2;
      if (scale === 'log' && low <= 0 && !row.above) fault('low', `must be above 0 on a log scale, got ${low}`);
      else if (scale === 'log' && low > 0 && low - half <= 0)
        fault('step', `must be below twice low on a log scale, which is ${2 * low}, got ${step}`);
      if (distribution === 'int' && row.kind === 'float') {
        if (!Number.isInteger(low)) fault('low', `must be a whole number where the distribution is int, got ${low}`);
        if (!Number.isInteger(high)) fault('high', `must be a whole number where the distribution is int, got ${high}`);
        if (step !== undefined && !Number.isInteger(step))
          fault('step', `must be a whole number where the distribution is int, got ${step}`);
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

/** A layer each; without any there is no hidden layer. */
function listSchema(setting: z.ZodType<Setting>): z.ZodType<Setting | readonly Setting[]> {
  return z.union([setting, z.array(setting).max(MAX_HIDDEN_LAYERS)]);
}

/** The schema of every hyperparameter by itself. */
export const settingSchemas: Readonly<Record<string, z.ZodType<Setting>>> = Object.fromEntries(
  Object.entries(rows).map(([name, row]) => [name, settingSchema(row)]),
);

/** `{ learningRate: 0.01 | { distribution, … }, … }`: each a value or a distribution, by its row of the table. */
export const hyperparametersSchema = z.strictObject(
  Object.fromEntries(
    Object.entries(rows).map(([name, { about, fallback }]) => {
      const setting = settingSchemas[name]!;
      const schema = name === 'hiddenUnits' ? listSchema(setting) : setting;
      return [name, schema.optional().describe(`${about}. ${fallback ?? 'hiddenUnits'} unless given.`)];
    }),
  ),
);

/** Those of `given` that can be read, whatever is wrong with the others: a list spelled out, fallbacks filled in. */
export function readableOf(given: Readonly<Record<string, unknown>>): Record<string, Setting> {
  const read = Object.entries({ ...fallbacks, ...spelledOut(given) }).flatMap(([name, setting]) => {
    const parsed = Object.hasOwn(settingSchemas, name) ? settingSchemas[name]!.safeParse(setting) : undefined;
    return parsed?.success ? [[name, parsed.data] as const] : [];
  });
  return Object.fromEntries(read);
}
