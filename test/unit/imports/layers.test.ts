/** Search spaces with lists of hidden units, which are several hyperparameters here. */
import { describe, expect, it } from 'vitest';
import { hyperparametersSchema } from '../../../src/domain/specification/hyperparameters.ts';
import { readSpace } from '../../../src/imports/read-space.ts';

const space = (hyperparameters: object, names = {}) =>
  readSpace({
    text: JSON.stringify({ format: 'hypersearch-space', tool: 'scikit-learn', hyperparameters }),
    names,
  });
const lists = (...values: readonly (readonly number[])[]) => ({ hidden_layer_sizes: { type: 'choice', values } });
const choice = (...choices: readonly number[]) => ({ distribution: 'categorical', choices });

describe('a choice of lists of hidden units', () => {
  it('is a number of layers and the units of each, and says which combinations are new', () => {
    const read = space(lists([64, 32], [16], [32, 8]));
    expect(read.specification['hyperparameters']).toEqual({
      hiddenLayers: choice(2, 1),
      hiddenUnits1: choice(64, 16, 32),
      hiddenUnits2: { ...choice(32, 8), when: { hiddenLayers: [2] } },
    });
    expect(hyperparametersSchema.safeParse(read.specification['hyperparameters']).success).toBe(true);
    expect(read.mapped.map(({ source }) => source)).toEqual(Array(3).fill('hidden_layer_sizes'));
    expect(read.unmapped).toEqual([]);
    expect(read.notes).toEqual([
      {
        name: 'hidden_layer_sizes',
        text: 'its 3 lists are 9 combinations here: the number of layers and the units of each are chosen independently',
      },
    ]);
  });

  it.each([
    ['one number of layers', lists([64], [16]), { hiddenLayers: 1, hiddenUnits: choice(64, 16) }],
    ['layers that are alike', lists([8, 8], [4, 4]), { hiddenLayers: 2, hiddenUnits: choice(8, 4) }],
    ['all combinations', lists([8, 4], [8, 2]), { hiddenLayers: 2, hiddenUnits1: 8, hiddenUnits2: choice(4, 2) }],
    ['no hidden layer', lists([], [8]), { hiddenLayers: choice(0, 1), hiddenUnits: 8 }],
    ['a single list', lists([64, 32]), { hiddenLayers: 2, hiddenUnits1: 64, hiddenUnits2: 32 }],
    [
      'texts',
      { hidden_layer_sizes: ['(64, 32)', '(16, 8)', '(64, 8)', '(16, 32)'] },
      { hiddenLayers: 2, hiddenUnits1: choice(64, 16), hiddenUnits2: choice(32, 8) },
    ],
  ])('of %s loses nothing', (_, given, hyperparameters) => {
    const read = space(given);
    expect(read.specification['hyperparameters']).toEqual(hyperparameters);
    expect(read.notes).toEqual([]);
  });

  it('is not imported beside a number of layers, nor where a list is no network here', () => {
    expect(space({ n_layers: [1, 2], ...lists([8], [8, 4]) }).unmapped).toEqual([
      { name: 'hidden_layer_sizes', kind: 'hyperparameter', why: 'hiddenLayers is already set by n_layers' },
    ]);
    expect(space(lists([8], [5000])).unmapped[0]!.why).toMatch(/^must be a whole number .* here, got \[8\], \[5000\]$/);
    expect(space(lists([8, 4]), { hidden_layer_sizes: 'l2' }).unmapped[0]!.why).toMatch(/got \[8,4\]$/);
  });

  it('keeps its condition, and is none that others can have', () => {
    const when = { optimizer: ['adam'] };
    const read = space({
      optimizer: ['adam', 'sgd'],
      hidden_layer_sizes: { ...lists([8, 4], [4, 8], [2]).hidden_layer_sizes, when },
      dropout: { type: 'uniform', loc: 0, scale: 0.5, when: { hidden_layer_sizes: [[8, 4]] } },
    });
    expect(read.specification['hyperparameters']).toMatchObject({
      hiddenLayers: { when },
      hiddenUnits1: { when },
      hiddenUnits2: { when: { hiddenLayers: [2], ...when } },
    });
    expect(read.notes).toContainEqual({
      name: 'dropout',
      text: 'it depends on hidden_layer_sizes, which is several hyperparameters here: it is always active here',
    });
  });

  it('is read from sweeps of W&B, too', () => {
    const text = 'method: random\nparameters:\n  units: {values: [[64, 32], [16, 32]]}';
    expect(readSpace({ text }).specification['hyperparameters']).toEqual({
      hiddenLayers: 2,
      hiddenUnits1: choice(64, 16),
      hiddenUnits2: 32,
    });
  });
});
