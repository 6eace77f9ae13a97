/** A finding and a route, as the recipes say. */
import type { Recipe } from './recipe.ts';

export const finding: Recipe = {
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

export const route: Recipe = {
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
import type { SearchQueries } from './ports/search-queries.ts';
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
