/** A sampler and a pruner, as the recipes say. */
import type { Recipe } from './recipe.ts';

export const sampler: Recipe = {
  title: 'A sampler',
  most: 4,
  names: { NAME: 'halton' },
  follow: async (copy) => {
    await copy.add(
      'src/algorithms/samplers/halton/halton.ts',
      `import { randomAt } from '../../../random.ts';
import type { Sampler } from '../sampler.ts';
import { decidePoint, type Space, valueAt } from '../../space/space.ts';

const primes = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71];

/** The digits of a whole number in a base, mirrored at the point (van der Corput 1935). */
export function mirrored(number: number, base: number): number {
  let [sum, weight] = [0, 1 / base];
  for (let rest = number; rest > 0; rest = Math.floor(rest / base), weight /= base) sum += (rest % base) * weight;
  return sum;
}

/** Halton's sequence (1960), one prime a dimension, moved by the seed. */
export function haltonSampler(space: Space, seed: number): Sampler {
  const shifts = space.dimensions.map((_, fold) =>
    randomAt({ seed, purpose: 'sampler', trial: 2 ** 32 - 1, fold }).uniform(),
  );
  return {
    size: Number.POSITIVE_INFINITY,
    learnsFrom: () => 0,
    propose: (number) =>
      decidePoint(space, ({ distribution }, index) =>
        valueAt(distribution, (mirrored(number, primes[index % primes.length]!) + shifts[index]!) % 1),
      ),
  };
}
`,
    );
    const registry = 'src/algorithms/samplers/create-sampler.ts';
    await copy.insertAfter(
      registry,
      "import { gridSampler } from './grid/grid.ts';\n",
      "import { haltonSampler } from './halton/halton.ts';\n",
    );
    await copy.replace(registry, "'random' | 'sobol'; readonly seed", "'random' | 'sobol' | 'halton'; readonly seed");
    await copy.insertAfter(
      registry,
      'return sobolSampler(space, settings.seed);\n',
      "    case 'halton':\n      return haltonSampler(space, settings.seed);\n",
    );
    await copy.insertAfter(
      'src/domain/specification/samplers.ts',
      "export const samplerKinds = z.discriminatedUnion('type', [\n",
      "  z.strictObject({ type: z.literal('halton'), seed }).describe('Points of Halton’s sequence'),\n",
    );
    await copy.add(
      'test/property/halton.test.ts',
      `import { expect, it } from 'vitest';
import { mirrored } from '../../src/algorithms/samplers/halton/halton.ts';

it('puts one of the first sixteen points into every sixteenth', () => {
  const cells = Array.from({ length: 16 }, (_, number) => Math.floor(16 * mirrored(number, 2)));
  expect(cells.toSorted((a, b) => a - b)).toEqual(cells.map((_, cell) => cell));
});
`,
    );
  },
};

export const pruner: Recipe = {
  title: 'A pruner',
  most: 4,
  names: { NAME: 'threshold' },
  follow: async (copy) => {
    await copy.add(
      'src/algorithms/pruners/threshold.ts',
      `import { compare, type Direction } from '../objective.ts';
import type { Pruner } from './pruner.ts';

/** Stops a trial whose best value after \`warmupEpochs\` epochs, or at any later one, is not as good as \`threshold\`. */
export function thresholdPruner(
  { threshold, warmupEpochs }: { readonly threshold: number; readonly warmupEpochs: number },
  direction: Direction,
): Pruner {
  return {
    counts: 'seen',
    nextCheck: (after, last) => {
      const next = Math.max(after + 1, warmupEpochs);
      return next <= last ? next : undefined;
    },
    decide: ({ epochs, value, bestSoFar }) => {
      if (compare(bestSoFar, threshold, direction) >= 0) return { goesOn: true };
      const text = \`stopped after \${epochs} epochs: its best was not as good as \${threshold}\`;
      return { goesOn: false, rule: 'threshold', epochs, value, threshold, rank: null, of: null, rung: null, text };
    },
  };
}
`,
    );
    const registry = 'src/algorithms/pruners/create-pruner.ts';
    await copy.insertAfter(
      registry,
      "import { successiveHalvingPruner } from './successive-halving.ts';\n",
      "import { thresholdPruner } from './threshold.ts';\n",
    );
    await copy.insertAfter(
      registry,
      'export type ImmediateSettings =\n',
      "  | { readonly type: 'threshold'; readonly threshold: number; readonly warmupEpochs: number }\n",
    );
    await copy.insertAfter(
      registry,
      'return successiveHalvingPruner(settings, direction);\n',
      "    case 'threshold':\n      return thresholdPruner(settings, direction);\n",
    );
    await copy.insertAfter(
      'src/domain/specification/pruners.ts',
      "export const prunerKinds = z.discriminatedUnion('type', [\n",
      `  z
    .strictObject({ type: z.literal('threshold'), threshold: z.number(), warmupEpochs: epochs.default(1), divergence })
    .describe('Stops what is not as good as a threshold'),
`,
    );
    await copy.add(
      'test/unit/algorithms/threshold.test.ts',
      `import { expect, it } from 'vitest';
import { thresholdPruner } from '../../../src/algorithms/pruners/threshold.ts';

it('stops what is not as good as its threshold, and nothing before the warm-up', () => {
  const { nextCheck, decide } = thresholdPruner({ threshold: 0.5, warmupEpochs: 3 }, 'minimize');
  expect([nextCheck(0, 9), nextCheck(3, 9), nextCheck(9, 9)]).toEqual([3, 4, undefined]);
  const view = { epochs: 3, others: [], completeTrials: 0 };
  expect(decide({ ...view, value: 0.7, bestSoFar: 0.5 })).toEqual({ goesOn: true });
  expect(decide({ ...view, value: 0.7, bestSoFar: 0.6 })).toMatchObject({ goesOn: false, threshold: 0.5 });
});
`,
    );
  },
};
