import { describe, expect, it } from 'vitest';
import type { Specification } from '../../../src/domain/specification/specification.ts';
import type { DiagnosedTrial } from '../../../src/domain/suggestion-rules.ts';
import { suggestionsOf } from '../../../src/domain/suggestions.ts';

const specification: Specification = {
  name: 'a search',
  dataset: 'digits',
  hyperparameters: {
    learningRate: { distribution: 'float', low: 1e-4, high: 1, scale: 'log' },
    hiddenUnits: { distribution: 'int', low: 8, high: 64, scale: 'linear' },
    activation: { distribution: 'categorical', choices: ['relu', 'tanh', 'sigmoid'] },
    epochs: 10,
  },
  enqueue: [],
  sampler: { type: 'random', seed: 0 },
  validation: { type: 'holdout', fraction: 0.2, repeats: 1 },
  objective: { metric: 'validationAccuracy', direction: 'maximize' },
  pruner: { type: 'none', divergence: true },
  stages: [],
  budget: { trials: 40 },
  limits: { trialSeconds: 60, attempts: 1 },
};

/** Forty trials, learning rates and units spread evenly but independently, the choices in turn. */
function trials(worth: (rate: number, units: number, activation: string) => Partial<DiagnosedTrial>): DiagnosedTrial[] {
  return Array.from({ length: 40 }, (_, number) => {
    const learningRate = 1e-4 * 10 ** ((4 * number) / 39);
    const hiddenUnits = 8 + ((number * 17) % 40) * 1.4 - ((((number * 17) % 40) * 1.4) % 1);
    const activation = ['relu', 'tanh', 'sigmoid'][number % 3]!;
    const point = { learningRate, hiddenUnits, activation };
    return {
      number,
      point,
      value: 0.5,
      deviation: null,
      diverged: false,
      found: [],
      ...worth(learningRate, hiddenUnits, activation),
    };
  });
}

const ids = (list: readonly DiagnosedTrial[]) => suggestionsOf(specification, list).map(({ id }) => id);

describe('suggestionsOf', () => {
  it('says nothing of few trials, nor of those that have nothing in common', () => {
    expect(ids(trials(() => ({ diverged: true })).slice(0, 9))).toEqual([]);
    expect(ids(trials((_, units) => ({ value: Math.sin(units * 100) })))).toEqual([]);
  });

  it('lowers a bound beyond which trials diverge, to the last that did not', () => {
    const list = trials((rate) => (rate > 0.03 ? { diverged: true, value: null } : { value: Math.sin(rate * 1e5) }));
    const [suggestion] = suggestionsOf(specification, list);
    expect(suggestion).toMatchObject({ id: 'learningRate.lower', evidence: { beyond: 1, within: 0 } });
    const { high } = suggestion!.patch.hyperparameters!['learningRate'] as { high: number };
    expect(high).toBeLessThanOrEqual(0.03);
    expect(high).toBeGreaterThan(0.02);
    expect(suggestion!.trials).toEqual(list.filter(({ diverged }) => diverged).map(({ number }) => number));
  });

  it('raises a bound below which nothing is learned', () => {
    const list = trials((rate) =>
      rate < 1e-3 ? { found: ['rateTooLow'], value: 0.1 } : { value: 0.5 + 0.4 * Math.sin(rate * 1e5) },
    );
    expect(ids(list)).toContain('learningRate.raise');
  });

  it('does not move a bound for what happens everywhere', () => {
    let turn = 0;
    expect(ids(trials((rate) => ({ diverged: turn++ % 2 === 0, value: Math.sin(rate * 1e5) })))).toEqual([]);
  });

  it('widens where the best lie at the edge, never beyond what the hyperparameter can be', () => {
    const [suggestion] = suggestionsOf(
      specification,
      trials((rate) => ({ value: rate })),
    );
    expect(suggestion).toMatchObject({ id: 'learningRate.widen', evidence: { bound: 10, was: 1 } });
    expect(suggestion!.trials).toEqual([39, 38, 37]);
  });

  it('drops a choice that loses', () => {
    const list = trials((rate, _, activation) => ({
      value: (activation === 'sigmoid' ? 0 : 5) + Math.sin(rate * 1e5),
    }));
    const [suggestion] = suggestionsOf(specification, list);
    expect(suggestion).toMatchObject({
      id: 'activation.drop',
      patch: { hyperparameters: { activation: { choices: ['relu', 'tanh'] } } },
    });
    const losers = list.filter(({ point }) => point['activation'] === 'sigmoid').map(({ number }) => number);
    expect(suggestion!.trials.toSorted((a, b) => a - b)).toEqual(losers);
  });

  it('asks for fewer units where wide networks learn their few rows by heart', () => {
    const list = trials((rate, _units, activation) => ({
      value: Math.sin(rate * 1e5),
      found: activation === 'relu' ? [] : ['overfitting'],
    }));
    const all = suggestionsOf(specification, list);
    expect(all.map(({ id }) => id)).toEqual(['patience.stop', 'hiddenUnits.fewer']);
    expect(all[1]).toMatchObject({
      evidence: { share: 26 / 40 },
      patch: { hyperparameters: { hiddenUnits: { low: 8, high: 36 } } },
    });
    expect(all[1]!.trials).toEqual(list.filter(({ found }) => found.length > 0).map(({ number }) => number));
    const fixed = { ...specification, hyperparameters: { ...specification.hyperparameters, hiddenUnits: 256 } };
    expect(suggestionsOf(fixed, list)[1]!.patch).toEqual({ hyperparameters: { hiddenUnits: 64 } });
    const narrow = { ...specification, hyperparameters: { ...specification.hyperparameters, hiddenUnits: 8 } };
    expect(suggestionsOf(narrow, list).map(({ id }) => id)).toEqual(['patience.stop']);
  });

  it('weighs what contradicts: the bound that would have excluded the best comes last', () => {
    const bad = new Set([33, 34, 36, 38]);
    const good = new Set([35, 37, 39]);
    let number = -1;
    const list = trials((_, units) => {
      number++;
      return bad.has(number)
        ? { diverged: true, value: null }
        : { value: good.has(number) ? 0.9 : Math.abs(Math.sin(units * 100)) / 2 };
    });
    const all = suggestionsOf(specification, list);
    expect(all.map(({ id, conflicts }) => [id, conflicts])).toEqual([
      ['learningRate.widen', ['learningRate.lower']],
      ['learningRate.lower', ['learningRate.widen']],
    ]);
    expect(all[0]!.excluded).toBeNull();
    expect(all[1]!.excluded).toEqual({ trials: 7, diverged: 4, best: 3 });
  });

  it('lets both bounds of one hyperparameter move', () => {
    const list = trials((rate) =>
      rate > 0.1
        ? { diverged: true, value: null }
        : { value: Math.abs(Math.sin(rate * 1e5)), found: rate < 1e-3 ? ['rateTooLow'] : [] },
    );
    const all = suggestionsOf(specification, list);
    expect(all.map(({ id }) => id)).toEqual(expect.arrayContaining(['learningRate.lower', 'learningRate.raise']));
    expect(all.flatMap(({ conflicts }) => conflicts)).toEqual([]);
  });

  it('asks for folds where the best cannot be told apart', () => {
    const list = trials((_, units) => ({ value: 0.9 + 0.001 * Math.sin(units * 100), deviation: 0.02 }));
    const [suggestion, ...others] = suggestionsOf(specification, list);
    expect(others).toEqual([]);
    expect(suggestion).toMatchObject({
      id: 'validation.more',
      evidence: { deviation: 0.02 },
      patch: { validation: { type: 'kFold', folds: 5, repeats: 1, stratified: true } },
    });
    const best = list.toSorted((a, b) => b.value! - a.value! || a.number - b.number).slice(0, 5);
    expect(suggestion!.trials).toEqual(best.map(({ number }) => number));
    const kFold = { type: 'kFold', folds: 5, repeats: 1, stratified: true } as const;
    const again = suggestionsOf({ ...specification, validation: kFold }, list);
    expect(again[0]!.patch).toEqual({ validation: { ...kFold, repeats: 3 } });
    const tested = { ...specification, validation: { ...specification.validation, test: 0.2 } };
    expect(suggestionsOf(tested, list)[0]!.patch).toEqual({ validation: { ...kFold, test: 0.2 } });
  });

  it('asks for folds where most trials have too few validation rows, and says in how many', () => {
    const list = trials((_, units) => ({ value: Math.abs(Math.sin(units * 100)), found: ['validationTooSmall'] }));
    const suggestion = suggestionsOf(specification, list).find(({ id }) => id === 'validation.more')!;
    expect(suggestion.evidence).toEqual({ share: 1 });
    expect(suggestion.text).toMatch(/^In 100 % of the trials/);
  });
});
