/** Units of single layers: sampled exactly where their layer exists, and used exactly there. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSampler } from '../../src/algorithms/samplers/create-sampler.ts';
import { type Distribution, spaceOf, type Value } from '../../src/algorithms/space/space.ts';
import { parametersOf } from '../../src/domain/estimate.ts';
import { layerNames, maxUnits, spelledOut, withLayerConditions } from '../../src/domain/specification/hidden-units.ts';
import { settingsOf } from '../../src/domain/specification/hyperparameters.ts';

const units: fc.Arbitrary<Value | Distribution> = fc.oneof(
  fc.integer({ min: 1, max: 300 }),
  fc
    .tuple(fc.integer({ min: 1, max: 100 }), fc.nat(200))
    .map(([low, span]): Distribution => ({ distribution: 'int', low, high: low + span, scale: 'linear' })),
  fc
    .uniqueArray(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 4 })
    .map((choices): Distribution => ({ distribution: 'categorical', choices })),
);
const hiddenLayers: fc.Arbitrary<Value | Distribution> = fc.oneof(
  fc.integer({ min: 1, max: 5 }),
  fc
    .tuple(fc.nat(3), fc.nat(3), fc.integer({ min: 1, max: 2 }))
    .map(([low, span, step]): Distribution => ({ distribution: 'int', low, high: low + span, scale: 'linear', step })),
  fc
    .uniqueArray(fc.nat(6), { minLength: 1, maxLength: 3 })
    .map((choices): Distribution => ({ distribution: 'categorical', choices })),
);
const searches = fc
  .record({ hiddenLayers, hiddenUnits: units, own: fc.array(fc.option(units), { maxLength: 6 }) })
  .map(({ own, ...others }) => {
    const given = own.flatMap((one, i) => (one === null ? [] : [[layerNames[i]!, one] as const]));
    return withLayerConditions({ ...others, ...Object.fromEntries(given) });
  });
const seeds = fc.nat();

describe('units of single layers', () => {
  it('are sampled exactly where there is that layer, and every layer has its own or those of all', () => {
    fc.assert(
      fc.property(searches, seeds, (hyperparameters, seed) => {
        const sampler = createSampler(spaceOf(hyperparameters), { type: 'random', seed });
        for (const number of [0, 1, 2, 3, 4, 5]) {
          const point = sampler.propose(number, []);
          const count = Number(point['hiddenLayers'] ?? hyperparameters['hiddenLayers']);
          const settings = settingsOf(hyperparameters, point);
          expect(settings.hiddenUnits).toHaveLength(count);
          layerNames.forEach((name, place) => {
            const own = hyperparameters[name];
            expect(Object.hasOwn(point, name)).toBe(typeof own === 'object' && count > place);
            if (place >= count) return;
            const common = point['hiddenUnits'] ?? hyperparameters['hiddenUnits'];
            expect(settings.hiddenUnits[place]).toBe(typeof own === 'object' ? point[name] : (own ?? common));
          });
        }
      }),
      { numRuns: 300 },
    );
  });

  it('never make a network larger than the largest that was judged', () => {
    fc.assert(
      fc.property(searches, seeds, (hyperparameters, seed) => {
        const sampler = createSampler(spaceOf(hyperparameters), { type: 'random', seed });
        for (const number of [0, 1, 2, 3]) {
          const { hiddenUnits } = settingsOf(hyperparameters, sampler.propose(number, []));
          const most = maxUnits(hyperparameters, hiddenUnits.length);
          hiddenUnits.forEach((own, layer) => {
            expect(own).toBeLessThanOrEqual(most[layer]!);
          });
          expect(parametersOf(7, hiddenUnits, 3)).toBeLessThanOrEqual(parametersOf(7, most, 3));
        }
      }),
    );
  });

  it('as a list are those layers and no other', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 4096 }), { maxLength: 20 }), (list) => {
        const hyperparameters = spelledOut<Value>({ hiddenUnits: list, epochs: 3 });
        expect(settingsOf(hyperparameters, {}).hiddenUnits).toEqual(list);
        expect(hyperparameters).toMatchObject({ hiddenLayers: list.length, epochs: 3 });
      }),
    );
  });

  it('take nothing from a grid where their layer is not', () => {
    const choices = { distribution: 'categorical', choices: [8, 16] } as const;
    const hyperparameters = withLayerConditions({
      hiddenLayers: { distribution: 'int', low: 0, high: 2, scale: 'linear' },
      hiddenUnits1: choices,
      hiddenUnits2: choices,
    });
    // none; one layer of two widths; two layers of two widths each
    expect(createSampler(spaceOf(hyperparameters), { type: 'grid', seed: 1 }).size).toBe(1 + 2 + 4);
  });
});
