/** The recipes of CONTRIBUTING.md, followed word by word on a copy of the sources: what is added compiles, runs, and is all that is needed. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createClient } from '../../src/cli/api-client.ts';
import { projectRoot } from '../../src/paths.ts';
import { createTestDatabase, type TestDatabase } from '../support/postgres.ts';
import { type RunningProcess, run } from '../support/processes.ts';
import { allTrials, ended } from '../support/searches.ts';
import { copySources, type SourceCopy } from '../support/source-copy.ts';

interface Recipe {
  /** As CONTRIBUTING.md heads it. */
  readonly title: string;
  readonly most: number;
  /** What stands in the recipe for what is chosen here. */
  readonly names: Readonly<Record<string, string>>;
  follow(copy: SourceCopy): Promise<void>;
}

const sampler: Recipe = {
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

const activation: Recipe = {
  title: 'An activation',
  most: 4,
  names: {},
  follow: async (copy) => {
    const formulas = 'src/nn/model/activations.ts';
    await copy.replace(
      formulas,
      'export const activationLoops',
      `/** f(z) = z / (1 + |z|), f′ = (1 − |a|)² */
const softsign: ActivationLoops = {
  forward(z, a, start, end) {
    for (let i = start; i < end; i++) a[i] = z[i]! / (1 + Math.abs(z[i]!));
  },
  backward(_z, a, da, dz, start, end) {
    for (let i = start; i < end; i++) dz[i] = da[i]! * (1 - Math.abs(a[i]!)) * (1 - Math.abs(a[i]!));
  },
};

export const activationLoops`,
    );
    await copy.replace(formulas, '  silu,\n} as', '  silu,\n  softsign,\n} as');
    const simd = 'kernels/activations.ts';
    await copy.insertAfter(simd, 'const SILU: i32 = 7;\n', 'const SOFTSIGN: i32 = 8;\n');
    await copy.insertAfter(
      simd,
      'return f32x4.mul(z, sigmoid(z));\n',
      '    case SOFTSIGN:\n      return f32x4.div(z, f32x4.add(f32x4.splat(1), f32x4.abs(z)));\n',
    );
    await copy.replace(
      simd,
      '    default:\n      return da;\n',
      `    case SOFTSIGN: {
      const rest = f32x4.sub(one, f32x4.abs(a));
      return f32x4.mul(da, f32x4.mul(rest, rest));
    }
    default:
      return da;
`,
    );
    for (const [loop, args] of [
      ['forwardLoop', 'constant, z, a, N, H'],
      ['backwardLoop', 'constant, z, a, da, dz, N, H'],
    ] as const) {
      await copy.insertAfter(
        simd,
        `return ${loop}(SILU, ${args});\n`,
        `    case SOFTSIGN:\n      return ${loop}(SOFTSIGN, ${args});\n`,
      );
    }
    const native = 'kernels/native/layers.h';
    await copy.replace(native, 'ELU, GELU, SILU };', 'ELU, GELU, SILU, SOFTSIGN };');
    await copy.insertAfter(
      native,
      '    case SILU: return z * sigmoid(z);\n',
      '    case SOFTSIGN: return z / (1.0f + absolute(z));\n',
    );
    await copy.replace(
      native,
      '    default: return da;\n',
      `    case SOFTSIGN: {
      vf rest = 1.0f - absolute(a);
      return da * (rest * rest);
    }
    default: return da;
`,
    );
    await copy.insertAfter(
      native,
      '    case SILU: loop(SILU); break;            \\\n',
      '    case SOFTSIGN: loop(SOFTSIGN); break;    \\\n',
    );
    await copy.insertAfter(
      'test/unit/nn/kernels-plain.test.ts',
      '    silu: (x: number) => x / (1 + Math.exp(-x)),\n',
      '    softsign: (x: number) => x / (1 + Math.abs(x)),\n',
    );
  },
};

const finding: Recipe = {
  title: 'A finding',
  most: 3,
  names: { SUBJECT: 'end' },
  follow: async (copy) => {
    await copy.insertAfter('src/diagnosis/finding.ts', "  'batchTooSmall',\n", "  'batchTooLarge',\n");
    await copy.replace(
      'src/diagnosis/rules/end.ts',
      'export const validationTooSmall: Rule',
      `export const batchTooLarge: Rule = ({ settings: { batchSize }, facts: { trainRows } }) => {
  if (batchSize < trainRows) return undefined;
  return {
    code: 'batchTooLarge',
    severity: 'note',
    layer: null,
    since: 0,
    cause: null,
    evidence: { batchSize, trainRows },
    text: \`A batch of \${batchSize} holds all \${trainRows} training rows: an epoch is one step.\`,
    advice: 'Use smaller batches.',
  };
};

export const validationTooSmall: Rule`,
    );
    await copy.replace(
      'bench/parts/injected-faults.ts',
      "  diverged: {\n    code: 'diverged',",
      `  batchTooLarge: {
    code: 'batchTooLarge',
    recipe: on(sets, () => ({ batchSize: 4096, epochs: 3 })),
  },
  diverged: {
    code: 'diverged',`,
    );
  },
};

const route: Recipe = {
  title: 'A route',
  most: 3,
  names: { SUBJECT: 'analysis', NAME: 'search-durations' },
  follow: async (copy) => {
    const contract = 'src/contract/analysis.ts';
    await copy.replace(
      contract,
      'export const analysisEndpoints = {\n',
      `export const durationsSchema = z
  .object({ trials: z.int().describe('Complete ones'), meanMs: z.number().nullable() })
  .meta({ id: 'Durations' });
export type Durations = z.output<typeof durationsSchema>;

export const analysisEndpoints = {
  'GET /v1/searches/:id/durations': {
    tags,
    summary: 'How long its best trials took',
    params: searchParams,
    response: { 200: durationsSchema, ...refusals },
  },
`,
    );
    await copy.add(
      'src/application/search-durations.ts',
      `import type { Durations } from '../contract/analysis.ts';
import type { SearchQueries } from './ports.ts';
import { findSearch } from './find-search.ts';

export async function searchDurations(
  { queries }: { readonly queries: Pick<SearchQueries, 'find' | 'best'> },
  id: string,
): Promise<Durations> {
  const best = await queries.best(await findSearch({ queries }, id), 100);
  const known = best.flatMap(({ durationMs }) => (durationMs === null ? [] : [durationMs]));
  const sum = known.reduce((total, ms) => total + ms, 0);
  return { trials: best.length, meanMs: known.length === 0 ? null : sum / known.length };
}
`,
    );
    const routes = 'src/api/routes/analysis.ts';
    await copy.insertAfter(
      routes,
      "import { searchCoverage } from '../../application/search-coverage.ts';\n",
      "import { searchDurations } from '../../application/search-durations.ts';\n",
    );
    await copy.insertAfter(
      routes,
      '  const preflight = createPreflight(dependencies);\n',
      `
  app.route({
    ...endpoint('GET /v1/searches/:id/durations'),
    handler: ({ params: { id } }) => searchDurations(dependencies, id),
  });
`,
    );
  },
};

const recipes = [sampler, activation, finding, route];

/** The files that a recipe names, one at the beginning of each of its steps. */
async function filesOf({ title, names }: Recipe): Promise<string[]> {
  const text = await readFile(join(projectRoot, 'CONTRIBUTING.md'), 'utf8');
  const section = text.split(/^## /m).find((one) => one.startsWith(`${title}\n`)) ?? '';
  return [...section.matchAll(/^\d+\. `([^`]+)`/gm)].map(([, file]) =>
    Object.entries(names).reduce((path, [name, chosen]) => path.replaceAll(name, chosen), file!),
  );
}

describe('the recipes', () => {
  let copy: SourceCopy;
  let database: TestDatabase;
  let service: RunningProcess | undefined;
  beforeAll(async () => {
    copy = await copySources();
    database = await createTestDatabase();
  });
  afterAll(async () => {
    await service?.end();
    await database?.drop();
    await copy?.remove();
  });

  it.each(recipes)('name the files that are needed, and no more than $most: $title', async (recipe) => {
    const before = new Set(copy.touched);
    await recipe.follow(copy);
    const touched = [...copy.touched].filter((file) => !before.has(file));
    expect(touched.toSorted()).toEqual((await filesOf(recipe)).toSorted());
    expect(touched.length).toBeLessThanOrEqual(recipe.most);
  });

  it('leave nothing that does not compile: service, tests, benchmarks and page', async () => {
    await copy.run('--setup-only');
    await copy.run('--without-build', 'tsc', '-p', 'tsconfig.check.json');
    await copy.bring('web');
    await copy.run('--without-build', 'tsc', '-p', 'web/tsconfig.json');
  });

  it('are tested by what is there: contracts, gradients, formulas, a planted fault, every answer', async () => {
    const config = {
      include: [
        'test/property/halton.test.ts',
        'test/contract/sampler.test.ts',
        'test/contract/kernels.test.ts',
        'test/unit/nn/kernels-plain.test.ts',
        'test/unit/nn/gradients.test.ts',
        'test/integration/contract.test.ts',
      ],
      provide: { templateUrl: inject('templateUrl') },
      testTimeout: 120_000,
      hookTimeout: 120_000,
    };
    await copy.add('recipes.config.ts', `export default { test: ${JSON.stringify(config)} };\n`);
    const run = await copy.run(
      '--without-build',
      'vitest',
      'run',
      '--config',
      'recipes.config.ts',
      '--reporter=verbose',
    );
    for (const name of [
      "the sampler: 'halton'",
      'softsign',
      'puts one of the first sixteen',
      'and every route has answered',
    ]) {
      expect(run).toMatch(new RegExp(`✓.*${name}`));
    }
    const planted = await copy.run(
      'dist/bench/findings.js',
      '--runs',
      '3',
      '--healthy',
      '1',
      '--json',
      'batchTooLarge',
    );
    expect(planted).toContain('"kind":"batchTooLarge"');
    expect(planted).toContain('"found":1');
  });

  it('work in a service that is built from them', async () => {
    service = run(process.execPath, [join(copy.path, 'dist/src/cli/main.js'), 'start'], {
      DATABASE_URL: database.url,
      HYPERSEARCH_PORT: '0',
      HYPERSEARCH_THREADS: '2',
    });
    const [, url] = await service.prints(/page\s+(http:\S+)/);
    const client = createClient(url!);
    const { id } = await client.create({
      dataset: 'iris',
      hyperparameters: {
        learningRate: { distribution: 'float', low: 1e-3, high: 1e-1, scale: 'log' },
        activation: 'softsign',
        batchSize: 1000,
        epochs: 40,
      },
      sampler: { type: 'halton', seed: 3 },
      budget: { trials: 8 },
    });
    const search = await ended(client, id);
    expect(search).toMatchObject({ state: 'complete', specification: { sampler: { type: 'halton', seed: 3 } } });
    const rates = (await allTrials(client, id)).map(({ hyperparameters }) => Number(hyperparameters['learningRate']));
    // One in each eighth of the scale, which is moved by the seed: their distances are whole eighths.
    const places = rates.map((rate) => 4 * Math.log10(rate / 1e-3)).toSorted((a, b) => a - b);
    for (const [i, place] of places.slice(1).entries()) expect(place - places[i]!).toBeCloseTo(1, 6);
    expect(search.best?.value).toBeGreaterThan(0.7);
    const { items } = await client.findings(id);
    expect(items.find(({ code }) => String(code) === 'batchTooLarge')).toMatchObject({ trials: 8, severity: 'note' });
    const answer = await fetch(`${url}/v1/searches/${id}/durations`);
    expect(await answer.json()).toEqual({ trials: 8, meanMs: expect.any(Number) });
  });
});
