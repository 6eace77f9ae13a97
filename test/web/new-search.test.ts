/** The form of a new search: presets, cautions and the picture of the space. */
import { describe, expect, it } from 'vitest';
import { defaultTrials } from '../../src/domain/specification/consistency.ts';
import { defaultHyperparameters, readableOf } from '../../src/domain/specification/hyperparameters.ts';
import { prunerSchema } from '../../src/domain/specification/pruners.ts';
import { samplerSchema } from '../../src/domain/specification/samplers.ts';
import { partOf } from '../../web/src/new-search/draft.ts';
import { readingsOf, settingText, withImport } from '../../web/src/new-search/imported.ts';
import { numberIn } from '../../web/src/new-search/number-text.ts';
import { type Dimension, placed, ticksOf } from '../../web/src/new-search/space-points.ts';
import {
  isChosen,
  presets,
  prunerCaution,
  recommended,
  settingsText,
  withPreset,
} from '../../web/src/new-search/strategy.ts';

const base = {
  name: 'mine',
  dataset: 'digits',
  hyperparameters: { ...defaultHyperparameters, epochs: { distribution: 'int', low: 1, high: 9 } },
  validation: { type: 'kFold', folds: 3 },
  sampler: { type: 'grid', seed: 7 },
  stages: [{ epochs: 3, trials: 5 }],
  budget: { trials: 9, seconds: 60 },
};

describe('a preset', () => {
  it.each(presets)(
    '$title keeps data, ranges, validation, seed and limits, and is the one that is chosen',
    (preset) => {
      const draft = withPreset(base, preset);
      expect(draft).toMatchObject({
        ...{ name: 'mine', dataset: 'digits', validation: base.validation },
        hyperparameters: { ...defaultHyperparameters, epochs: preset.epochs },
        sampler: { type: preset.sampler, seed: 7 },
        budget: { trials: preset.trials, seconds: 60 },
      });
      expect(draft).not.toHaveProperty('stages');
      expect(presets.filter((one) => isChosen(draft, one))).toEqual([preset]);
      expect(isChosen(base, preset)).toBe(false);
      expect(prunerCaution(draft)).toBeUndefined();
      expect(settingsText(preset)).toContain(`${preset.trials} trials of`);
    },
  );

  it('leaves nothing of the one before', () => {
    const changed = presets.reduce(withPreset, base);
    for (const preset of presets) expect(withPreset(changed, preset)).toEqual(withPreset(base, preset));
  });

  it.each(presets.filter(({ pruner }) => pruner !== undefined))('$title has whole cycles of brackets', (preset) => {
    const draft = withPreset(base, preset);
    const pruner = prunerSchema.parse(draft['pruner']);
    const sampler = samplerSchema.parse(draft['sampler']);
    const hyperparameters = readableOf(partOf(draft, 'hyperparameters'));
    const whole = defaultTrials({ hyperparameters, pruner, sampler, stages: [], enqueue: [] });
    expect(whole % preset.trials).toBe(0);
  });
});

it('brackets that the budget cuts off are a caution', () => {
  const draft = withPreset(base, recommended);
  expect(prunerCaution({ ...draft, budget: { trials: 12 } })).toMatch(
    /With 20 epochs a cycle of hyperband has 17 trials\. In 12 trials/,
  );
  expect(prunerCaution({ ...draft, budget: { trials: 12 }, pruner: { type: 'median' } })).toBeUndefined();
});

describe('the picture of the space', () => {
  const x: Dimension = {
    name: 'learningRate',
    distribution: { distribution: 'float', low: 1e-4, high: 1e-2, scale: 'log' },
  };
  const y: Dimension = { name: 'activation', distribution: { distribution: 'categorical', choices: ['relu', 'tanh'] } };
  it('places numbers on their scale, and choices in lanes', () => {
    const dots = placed(
      [{ learningRate: 1e-3, activation: 'relu' }, { learningRate: 1e-2, activation: 'tanh' }, { activation: 'tanh' }],
      x,
      y,
    );
    expect(dots.map(({ number }) => number)).toEqual([0, 1]);
    expect(dots[0]!.x).toBeCloseTo(0.5);
    expect(dots[1]!.x).toBeCloseTo(1);
    expect(dots[0]!.y).toBeLessThan(0.5);
    expect(dots[1]!.y).toBeGreaterThan(0.5);
  });
  it('labels both ends of a range, and every choice', () => {
    expect(ticksOf(x).map(({ label }) => label)).toEqual(['1e-4', '0.01']);
    expect(ticksOf(y)).toEqual([
      { at: 0.25, label: 'relu' },
      { at: 0.75, label: 'tanh' },
    ]);
  });
});

describe('a search space of another tool', () => {
  const setting = { distribution: 'int', low: 4, high: 12, step: 4, scale: 'linear' } as const;
  const other = { ...setting, low: 1, high: 9 };
  const imported = {
    format: 'wandb-sweep',
    specification: {
      hyperparameters: { hiddenUnits: setting, epochs: 3 },
      sampler: { type: 'grid' },
      budget: { trials: 7 },
    },
    mapped: [
      { source: 'units', hyperparameter: 'hiddenUnits', setting, alternatives: [{ about: 'grid', setting: other }] },
      { source: 'epochs', hyperparameter: 'epochs', setting: 3, alternatives: [] },
    ],
    settings: [],
    unmapped: [],
    notes: [],
  } as const;
  const draft = {
    name: 'mine',
    dataset: 'digits',
    hyperparameters: { l2: 1 },
    pruner: { type: 'median' },
    budget: { seconds: 9 },
  };

  it('replaces the space of the draft, and of its strategy what the file sets', () => {
    expect(withImport(draft, imported, {})).toEqual({
      ...draft,
      hyperparameters: { hiddenUnits: setting, epochs: 3 },
      sampler: { type: 'grid' },
      budget: { seconds: 9, trials: 7 },
    });
  });

  it('has the reading that was chosen', () => {
    expect(readingsOf(imported.mapped[0])).toEqual([setting, other]);
    expect(withImport(draft, imported, { units: 1 })['hyperparameters']).toMatchObject({ hiddenUnits: other });
  });

  it('is shown with steps and conditions', () => {
    expect(settingText({ ...setting, when: { optimizer: ['sgd', 'adam'] } })).toBe(
      '4 … 12, in steps of 4, if optimizer is sgd or adam',
    );
    expect(settingText(3)).toBe('3');
  });
});

describe('a number that is typed', () => {
  it.each([
    ['1,000', 1000],
    ['12,345,678', 12_345_678],
    ['0,001', 0.001],
    ['0,5', 0.5],
    ['1,5', 1.5],
    [' 1e-4 ', 1e-4],
    ['', undefined],
    ['1,00', 1],
    ['1,000.5', Number.NaN],
    ['many', Number.NaN],
  ])('may have its thousands grouped, as the page has them, or a decimal comma: %j', (text, number) => {
    expect(numberIn(text)).toBe(number);
  });
});
