/** Sweeps of W&B as its package sweeps 0.3.0 was seen to read them. */
import { describe, expect, it } from 'vitest';
import { readSpace } from '../../../src/imports/read-space.ts';

const sweep = (parameters: string, head = 'method: random') =>
  readSpace({ text: `${head}\nparameters:\n${parameters}` });
const one = (config: string, head?: string) => {
  const read = sweep(`  units: ${config}`, head);
  return { setting: read.mapped[0]?.setting, ...read };
};
const rate = (config: string) => {
  const read = sweep(`  lr: ${config}`);
  return { setting: read.mapped[0]?.setting, ...read };
};

describe('a sweep of W&B', () => {
  it('is mapped with its method, metric and run cap', () => {
    const read = readSpace({
      text: [
        'program: train.py',
        'method: bayes',
        'run_cap: 30',
        'metric: {name: val_loss, goal: minimize}',
        'parameters:',
        '  learning-rate: {distribution: log_uniform_values, min: 1.0e-4, max: 0.1}',
        '  batch_size: {values: [16, 32, 64]}',
        '  optimizer: {value: Adam}',
        '  seed: {value: 1}',
      ].join('\n'),
    });
    expect(read).toMatchObject({
      format: 'wandb-sweep',
      specification: {
        hyperparameters: {
          learningRate: { distribution: 'float', low: 1e-4, high: 0.1, scale: 'log' },
          batchSize: { distribution: 'categorical', choices: [16, 32, 64] },
          optimizer: 'adam',
        },
        sampler: { type: 'tpe' },
        budget: { trials: 30 },
        objective: { metric: 'validationLoss', direction: 'minimize' },
      },
    });
    expect(read.unmapped.map(({ name, kind }) => `${kind} ${name}`)).toEqual([
      'setting program',
      'hyperparameter seed',
    ]);
    expect(read.notes.map(({ name }) => name)).toContain('method');
  });

  it.each([
    ['{min: 0, max: 1}', 'dropout', { distribution: 'int', low: 0, high: 0, scale: 'linear' }],
    ['{min: 0.0, max: 0.9}', 'dropout', { distribution: 'float', low: 0, high: 0.9, scale: 'linear' }],
    ['{min: 0, max: 0.9}', 'dropout', { distribution: 'float', low: 0, high: 0.9, scale: 'linear' }],
    ['{min: 1, max: 2}', 'l2', { distribution: 'int', low: 1, high: 2, scale: 'linear' }],
    ['{min: 1.0, max: 2.0}', 'l2', { distribution: 'float', low: 1, high: 2, scale: 'linear' }],
    ['{min: 1.0, max: 2}', 'l2', { distribution: 'float', low: 1, high: 2, scale: 'linear' }],
    ['{min: 012, max: 0x10}', 'units', { distribution: 'int', low: 10, high: 16, scale: 'linear' }],
    ['{min: !!float 1e-4, max: !!float 1}', 'l2', { distribution: 'float', low: 1e-4, high: 1, scale: 'linear' }],
    ['{min: !!int 1.0, max: !!int "2"}', 'l2', undefined],
    ['{min: !!int "1", max: !!int 2}', 'l2', { distribution: 'int', low: 1, high: 2, scale: 'linear' }],
    ['{min: 1:30, max: 2_0:0}', 'units', { distribution: 'int', low: 90, high: 1200, scale: 'linear' }],
    ['{min: 0:0.5, max: 1:00.}', 'l2', { distribution: 'float', low: 0.5, high: 60, scale: 'linear' }],
    ['{values: ["1:30", !!int 1:30, !!float 1:30]}', 'units', { distribution: 'categorical', choices: [90] }],
    ['{min: 1:30, max: 1:60}', 'units', undefined],
    ['{min: !!int 0x10, max: !!int "1_00"}', 'units', { distribution: 'int', low: 16, high: 100, scale: 'linear' }],
    ['{min: .5, max: +1.0e+2}', 'l2', { distribution: 'float', low: 0.5, high: 100, scale: 'linear' }],
    ['{min: +.5, max: 2.0}', 'l2', undefined],
    ['{values: [!!str 8, !!str yes]}', 'batch_norm', undefined],
    ['{values: [yes, no]}', 'batch_norm', { distribution: 'categorical', choices: [true, false] }],
  ])('%s of %s is decided by its spelling', (config, name, setting) => {
    expect(sweep(`  ${name}: ${config}`).mapped[0]?.setting).toEqual(setting);
  });

  it('keeps the spelling of numbers in JSON too', () => {
    const text =
      '{"method": "random", "parameters": {"l2": {"min": 0.0, "max": 1.0}, "momentum": {"min": 0, "max": 0.5}}}';
    expect(readSpace({ text }).specification['hyperparameters']).toMatchObject({
      l2: { distribution: 'float', low: 0, high: 1 },
      momentum: { distribution: 'float' },
    });
    const whole = readSpace({ text: text.replace('0.0', '0').replace('1.0', '1') });
    expect(whole.specification['hyperparameters']).toMatchObject({ l2: { distribution: 'int', low: 0, high: 1 } });
  });

  it('tells of numbers in base 60', () => {
    const { notes } = sweep('  units: {values: [1:30, 8]}', 'method: random\nrun_cap: 1:00');
    expect(notes).toContainEqual({
      name: '',
      text: 'PyYAML reads digits with colons in base 60; in quotes they are texts: run_cap: 1:00 is 60, parameters.units.values.0: 1:30 is 90',
    });
    expect(
      sweep('  units: {values: ["1:30", 8]}')
        .notes.map(({ text }) => text)
        .join(),
    ).not.toContain('base 60');
  });

  it('tells of the first of many numbers in base 60, of long ones the beginning', () => {
    const values = [`1${':30'.repeat(20)}`, ...Array.from({ length: 20 }, () => '1:30'), '8'];
    const texts = sweep(`  units: {values: [${values.join(', ')}]}`).notes.map(({ text }) => text);
    expect(texts.filter((text) => text.includes('base 60'))).toEqual([
      expect.stringMatching(/values\.0: 1(?::30){13}… is [\d.e+]+, parameters.*: 1:30 is 90 and 11 more$/),
    ]);
  });

  it('has numbers of JSON that are texts in YAML, and tells of them', () => {
    const text = JSON.stringify({
      method: 'random',
      parameters: { lr: { min: 1e-7, max: 0.5 }, l2: { values: ['1e-7', 1e-9] } },
    });
    const read = readSpace({ text });
    expect(read.specification['hyperparameters']).toMatchObject({
      learningRate: { distribution: 'float', low: 1e-7, high: 0.5 },
      l2: { distribution: 'categorical', choices: [1e-7, 1e-9] },
    });
    const [note, ...others] = read.notes.map(({ text: one }) => one).filter((one) => one.includes('numbers of JSON'));
    expect(others).toEqual([]);
    expect(note).toMatch(/: parameters\.lr\.min \(1e-7\), parameters\.l2\.values\.1 \(1e-9\)$/);
  });

  it.each([
    ['1e-5', '1.0e-5'],
    ['-.5e3', '-0.5e+3'],
    ['1.e+4', undefined],
    ['"7"', '7'],
    ['"0.5"', '0.5'],
  ])('says how to write %s', (min, written) => {
    const [why] = rate(`{min: ${min}, max: 1000000.0}`).unmapped;
    if (written === undefined) expect(why).toBeUndefined();
    else expect(why).toMatchObject({ why: expect.stringContaining(`write ${written}, without quotes`) });
  });

  it('tells of choices that are texts in W&B and numbers here', () => {
    const { setting, notes } = rate('{values: [1e-5, 0.1, "0.2"]}');
    expect(setting).toEqual({ distribution: 'categorical', choices: [1e-5, 0.1, 0.2] });
    expect(notes.map(({ text }) => text)).toContainEqual(
      expect.stringContaining('texts among its choices: 1e-5, 0.2;'),
    );
    expect(rate('{values: [1.0e-5, 0.1]}').notes).toEqual([]);
  });

  it('has a text where a number has an exponent and no dot', () => {
    const { mapped, unmapped } = rate('{min: 1e-5, max: 0.1}');
    expect(mapped).toEqual([]);
    expect(unmapped[0]).toMatchObject({ name: 'lr', why: expect.stringContaining('1e-5 is a text in W&B’s YAML') });
    expect(rate('{min: 1.0e-5, max: 0.1}').setting).toMatchObject({ low: 1e-5 });
  });

  it('rounds q_uniform from 0 and leaves the range; the grid counts from min', () => {
    const random = one('{distribution: q_uniform, min: 1, max: 11, q: 4}');
    // Units begin at 1: the 0 of W&B cannot be kept.
    expect(random.setting).toEqual({ distribution: 'int', low: 4, high: 12, step: 4, scale: 'linear' });
    expect(random.notes.map(({ text }) => text).join('\n')).toMatch(
      /int 0 to 12 by 4.*int 1 to 9 by 4[\s\S]*less likely[\s\S]*instead of int 0 to 12/,
    );
    expect(random.mapped[0]?.alternatives).toEqual([
      {
        about: expect.stringContaining('grid'),
        setting: { distribution: 'int', low: 1, high: 9, step: 4, scale: 'linear' },
      },
    ]);
    const grid = one('{distribution: q_uniform, min: 1, max: 11, q: 4}', 'method: grid');
    expect(grid.setting).toMatchObject({ low: 1, high: 9, step: 4 });
    const unbounded = sweep('  l2: {distribution: q_uniform, min: 1, max: 11, q: 4}');
    expect(unbounded.mapped[0]?.setting).toMatchObject({ low: 0, high: 12, step: 4 });
  });

  it('has a q of 1 by default, so that small log ranges are always 0', () => {
    const read = sweep('  l2: {distribution: q_log_uniform_values, min: 1.0e-4, max: 0.1}');
    expect(read.mapped[0]?.setting).toEqual({ distribution: 'categorical', choices: [0] });
    expect(read.notes.map(({ text }) => text)).toContain('q is 1 by default in W&B');
  });

  it.each([
    ['{min: 1, max: 11, q: 4}', 'without a distribution'],
    ['{min: 4, max: 4}', 'not below max'],
    ['{distribution: int_uniform, min: 1.0, max: 8.0}', 'written with a dot'],
    ['{distribution: normal, mu: 0, sigma: 1}', 'no normal distribution'],
    ['{distribution: inv_log_uniform_values, min: 1, max: 8}', 'no distribution'],
    ['{values: []}', 'no choices'],
    ['{}', 'min must be a finite number'],
    ['7', 'must be a map'],
  ])('%s is not mapped, with the reason', (config, why) => {
    const read = one(config);
    expect(read.mapped).toEqual([]);
    expect(read.unmapped).toEqual([{ name: 'units', kind: 'hyperparameter', why: expect.stringContaining(why) }]);
  });

  it('takes the bounds of log_uniform as exponents, and says that W&B refuses it', () => {
    const { setting, notes } = rate('{distribution: log_uniform, min: -9.0, max: -2.0}');
    expect(setting).toEqual({ distribution: 'float', low: Math.exp(-9), high: Math.exp(-2), scale: 'log' });
    expect(notes[0]?.text).toContain('Use log_uniform_values');
  });

  it.each([
    ['probabilities', '{values: [8, 16], probabilities: [0.9, 0.1]}', 'probabilities are not kept'],
    ['choices twice', '{values: [8, 8, 16]}', 'count once'],
    ['an unknown key', '{values: [8, 16], default: 8}', 'W&B refuses a parameter with default'],
  ])('tells of %s', (_, config, text) => {
    const read = one(config);
    expect(read.setting).toEqual({ distribution: 'categorical', choices: [8, 16] });
    expect(read.notes.map((note) => note.text).join()).toContain(text);
  });

  it.each([
    ['{type: hyperband, max_iter: 27, s: 2}', 3],
    ['{type: hyperband, min_iter: 3}', 3],
    ['{type: hyperband, min_iter: 5, max_iter: 27, s: 2}', 3],
  ])('early_terminate %s begins at epoch %i, and is strict unless it says otherwise', (stop, minEpochs) => {
    const read = sweep('  lr: {min: 0.1, max: 0.2}', `method: random\nearly_terminate: ${stop}`);
    expect(read.specification['pruner']).toEqual({
      type: 'successiveHalving',
      minEpochs,
      reductionFactor: 3,
      reproducible: false,
    });
    expect(read.notes.find(({ name }) => name === 'early_terminate')?.text).toContain('is true in this file');
  });

  it('tells of min_iter with max_iter and no s, of a missing goal, of a grid of fractions', () => {
    const read = sweep(
      '  lr: {min: 0.1, max: 0.2}',
      'method: grid\nmetric: {name: val_loss}\nearly_terminate: {type: hyperband, min_iter: 3, max_iter: 27}',
    );
    const texts = read.notes.map(({ text }) => text).join('\n');
    for (const part of ['min_iter and max_iter without s', 'W&B minimizes', 'fails on a continuous distribution'])
      expect(texts).toContain(part);
  });

  it('minimizes where there is no goal, and says if strict was switched off', () => {
    const read = sweep(
      '  lr: {values: [0.1]}',
      'method: random\nmetric: {name: val_loss}\nearly_terminate: {type: hyperband, min_iter: 3, strict: false}',
    );
    expect(read.specification['objective']).toEqual({ metric: 'validationLoss', direction: 'minimize' });
    expect(read.notes.find(({ name }) => name === 'early_terminate')?.text).toContain('is false in this file');
  });

  it('names nested parameters by their path, and the request decides what they mean', () => {
    const text =
      'method: random\nparameters:\n  model:\n    parameters:\n      my_lr: {min: 0.1, max: 0.2}\n      lr: {min: 0.3, max: 0.4}';
    expect(readSpace({ text }).mapped.map(({ source }) => source)).toEqual(['model.lr']);
    const names = { 'model.my_lr': 'learningRate', 'model.lr': null };
    const read = readSpace({ text, names });
    expect(read.mapped).toMatchObject([
      { source: 'model.my_lr', hyperparameter: 'learningRate', setting: { low: 0.1 } },
    ]);
    expect(read.unmapped).toMatchObject([{ name: 'model.lr', why: 'the mapping leaves it out' }]);
  });
});
