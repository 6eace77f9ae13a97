/**
 * What an import makes of a construct is what its tool made of it in a run (test/fixtures/spaces/make-readings.py): the same values, the same range,
 * or a refusal on both sides (Katib: katib-readings.test.ts). `different` lists where it is not, and docs/interop.md says why.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Distribution, Value } from '../../../src/algorithms/space/space.ts';
import { readConfigSpace } from '../../../src/imports/configspace.ts';
import type { Format, Setting, SourceSpace } from '../../../src/imports/imported-space.ts';
import { readKerasTuner } from '../../../src/imports/keras-tuner.ts';
import { readNni } from '../../../src/imports/nni.ts';
import { readJournal } from '../../../src/imports/optuna.ts';
import { readOwn } from '../../../src/imports/own-space.ts';
import { parseJson, parseYaml } from '../../../src/imports/source-text.ts';
import { readVizier } from '../../../src/imports/vizier.ts';
import { readWandb } from '../../../src/imports/wandb.ts';

interface Case {
  readonly construct: string;
  readonly text: string;
  readonly values?: readonly unknown[];
  readonly range?: readonly [low: number, high: number];
  readonly refused?: string;
}

function fixture<Content>(tool: string): Content & { readonly versions: readonly string[] } {
  const file = new URL(`../../fixtures/spaces/readings/${tool}.json`, import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')) as Content & { readonly versions: readonly string[] };
}

const readers: Readonly<Partial<Record<Format, (text: string) => SourceSpace>>> = {
  'wandb-sweep': (text) => readWandb(parseYaml(text)),
  'nni-search-space': (text) => readNni(parseJson(text)),
  configspace: (text) => readConfigSpace(parseJson(text)),
  'keras-tuner': (text) => readKerasTuner(parseJson(text)),
  'hypersearch-space': (text) => readOwn(parseJson(text)),
};

/** Construct → what stands in `why` or a note, where an import and its tool differ. */
const different: Readonly<Record<string, RegExp>> = {
  '{values: [8, 16], default: 8}, random': /W&B refuses a parameter with default; it is ignored here/,
  '{values: [8, 16], probabilities: [0.9, 0.2]}, random': /probabilities are not kept/,
  '{distribution: log_uniform, min: -9.0, max: -2.0}, random': /W&B refuses log_uniform today/,
  '{distribution: inv_log_uniform_values, min: 1, max: 8}, random': /no distribution "inv_log_uniform_values" here/,
  '{distribution: normal, mu: 0, sigma: 1}, random': /no normal distribution here/,
  '{distribution: q_normal, mu: 0, sigma: 1, q: 1}, random': /no q_normal distribution here/,
  '{distribution: log_normal, mu: 0, sigma: 1}, random': /no log_normal distribution here/,
  '{distribution: q_log_normal, mu: 0, sigma: 1, q: 1}, random': /no q_log_normal distribution here/,
  '{distribution: beta, a: 2, b: 5}, random': /no beta distribution here/,
  '{distribution: q_beta, a: 2, b: 5, q: 0.1}, random': /no q_beta distribution here/,
  '{min: 0.1, max: 0.4}, grid': /grid fails on a continuous distribution/,
  'normal [0, 1]': /no normal distribution here/,
  'qnormal [0, 1, 1]': /no qnormal distribution here/,
  'lognormal [0, 1]': /no lognormal distribution here/,
  'qlognormal [0, 1, 1]': /no qlognormal distribution here/,
  'choice ["relu", {"_name": "tanh", "y": {"_type": "uniform", "_value": [0, 1]}}]':
    /object itself, inner space and all/,
  'q of an earlier file': /ConfigSpace 1.2 drops q \(8\)/,
  'Float 1e-4 to 0.2, reverse_log': /no reversed log scale/,
};

/** All values; undefined if there are too many to list. */
function supportOf(setting: Setting): readonly Value[] | undefined {
  if (typeof setting !== 'object') return [setting];
  if (setting.distribution === 'categorical') return setting.choices;
  const step = setting.step ?? (setting.distribution === 'int' ? 1 : undefined);
  if (step === undefined) return undefined;
  return Array.from({ length: Math.round((setting.high - setting.low) / step) + 1 }, (_, i) => setting.low + i * step);
}

const plain = (values: readonly unknown[]) =>
  new Set(values.map((value) => (typeof value === 'number' ? Number(value.toPrecision(12)) : value)));

/** Of 3,000 draws the lowest and the highest lie within this share of the ends. */
const NEAR = 0.01;

function expectRange(setting: Distribution, [low, high]: readonly [number, number]): void {
  if (setting.distribution !== 'float' || setting.step !== undefined)
    throw new Error(`is no range: ${setting.distribution}`);
  const place = setting.scale === 'log' ? Math.log : (value: number) => value;
  const share = (value: number) => (place(value) - place(setting.low)) / (place(setting.high) - place(setting.low));
  expect(share(low)).toBeGreaterThanOrEqual(0);
  expect(share(low)).toBeLessThan(NEAR);
  expect(share(high)).toBeLessThanOrEqual(1);
  expect(share(high)).toBeGreaterThan(1 - NEAR);
}

describe.each(Object.keys(readers) as (keyof typeof readers)[])('%s: as the tool itself reads', (format) => {
  const { cases } = fixture<{ readonly cases: readonly Case[] }>(format);
  it.each(cases.map((one) => [one.construct, one] as const))('%s', (construct, { text, values, range, refused }) => {
    const { parameters, leftOut, notes } = readers[format]!(text);
    const read = parameters.find(({ name }) => name === 'x');
    const why = leftOut.find(({ name }) => name === 'x')?.why;
    const told = [why ?? '', ...(read?.notes ?? []), ...notes.map((note) => note.text)].join('\n');
    const reason = different[construct];
    if (reason !== undefined) return expect(told).toMatch(reason);
    if (refused !== undefined) return expect(why).toMatch(/./);
    if (values !== undefined) return expect(plain(supportOf(read!.setting) ?? [])).toEqual(plain(values));
    return expectRange(read!.setting as Distribution, range!);
  });
});

it('q of ConfigSpace is kept, and what version 1.2 draws instead is the alternative', () => {
  const { cases } = fixture<{ readonly cases: readonly Case[] }>('configspace');
  const { text, values } = cases.find(({ construct }) => construct === 'q of an earlier file')!;
  const [read] = readConfigSpace(parseJson(text)).parameters;
  expect(supportOf(read!.setting)).toEqual([8, 16, 24, 32, 40, 48, 56, 64]);
  expect(supportOf(read!.alternatives![0]!.setting)).toEqual(values);
});

it('W&B and Keras Tuner have the defaults that imports tell of', () => {
  const wandb = fixture<Record<string, unknown>>('wandb-sweep');
  expect(wandb).toMatchObject({
    strictByDefault: true,
    goalByDefault: 'minimize',
    stopping: {
      'max_iter 27, s 2': { firstBand: 3, goOn: 4 },
      'min_iter 3': { firstBand: 3, goOn: 4 },
      'min_iter 5, max_iter 27, s 2': { firstBand: 3 },
      'min_iter 3, max_iter 27': { refused: expect.stringContaining("KeyError: 's'") },
    },
  });
  expect(fixture<Record<string, unknown>>('keras-tuner')['logStepOne']).toMatchObject({
    refused: expect.stringContaining('expected step > 1'),
  });
  expect(fixture<Record<string, unknown>>('configspace')['tuples']).toEqual({
    '(1, 5.5)': 'UniformIntegerHyperparameter',
    '(1, 5.0)': 'UniformIntegerHyperparameter',
    '(1.0, 5)': 'UniformFloatHyperparameter',
  });
});

describe('vizier-study: as google-vizier writes', () => {
  const { cases } = fixture<{ readonly cases: readonly Case[] }>('vizier-study');
  it.each<[string, object | string]>([
    ['a float from 0', { distribution: 'float', low: 0, high: 0.5, scale: 'linear' }],
    ['a float to 0', { distribution: 'float', low: -0.5, high: 0, scale: 'linear' }],
    ['whole numbers', { distribution: 'int', low: 1, high: 5, scale: 'linear' }],
    ['discrete numbers', { distribution: 'categorical', choices: [8, 16, 32] }],
    ['choices', { distribution: 'categorical', choices: ['elu', 'relu', 'tanh'] }],
    ['a boolean', { distribution: 'categorical', choices: ['False', 'True'] }],
    ['a log scale', { distribution: 'float', low: 0.001, high: 0.1, scale: 'log' }],
    ['a log scale from 0', 'must start above 0'],
    ['a reversed log scale', 'no reversed log scale'],
    ['a condition on a choice', { when: [['optimizer', ['momentum']]] }],
    ['a condition on whole numbers', { when: [['layers', [2, 3]]] }],
  ])('%s', (construct, wanted) => {
    const { parameters, leftOut } = readVizier(parseJson(cases.find((one) => one.construct === construct)!.text));
    const read = parameters.find(({ name }) => name === 'x');
    if (typeof wanted === 'string') expect(leftOut[0]?.why).toContain(wanted);
    else if ('when' in wanted) expect(read).toMatchObject({ setting: { low: 0.5, high: 0.9 }, ...wanted });
    else expect(read!.setting).toEqual(wanted);
  });

  it('has every construct of the fixture here', () => {
    expect(cases).toHaveLength(11);
  });
});

type Attributes = Readonly<Record<'low' | 'high', number> & { step: number | null; log: boolean }> & {
  readonly choices?: readonly Value[];
};
interface StudyCase {
  readonly construct: string;
  readonly text: string;
  readonly refused?: string;
  readonly studies?: readonly {
    readonly trials: readonly {
      readonly distributions: Readonly<Record<string, readonly [kind: string, attributes: Attributes]>>;
    }[];
  }[];
}

describe('optuna-journal: as Optuna itself reads', () => {
  const { cases } = fixture<{ readonly cases: readonly StudyCase[] }>('optuna-journal');
  it.each(cases.map((one) => [one.construct, one] as const))('%s', (_, { text, refused, studies = [] }) => {
    const { parameters, leftOut } = readJournal(text);
    if (refused !== undefined) {
      expect(parameters).toEqual([]);
      expect(leftOut[0]).toMatchObject({ name: 'x', why: expect.stringContaining('Optuna refuses') });
      return;
    }
    const known = studies[0]!.trials.flatMap(({ distributions }) => Object.entries(distributions));
    expect(new Set(parameters.map(({ name }) => name))).toEqual(new Set(known.map(([name]) => name)));
    for (const { name, setting } of parameters) {
      const own = known.filter(([of]) => of === name).map(([, [, attributes]]) => attributes);
      const [{ choices, step, log }] = own as [Attributes];
      if (choices !== undefined) expect(setting).toEqual({ distribution: 'categorical', choices });
      else
        expect(setting).toMatchObject({
          low: Math.min(...own.map(({ low }) => low)),
          high: Math.max(...own.map(({ high }) => high)),
          scale: log ? 'log' : 'linear',
          ...(step !== null && { step }),
        });
    }
  });
});
