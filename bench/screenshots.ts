/**
 * npm run screenshots: pictures of every view of the page, light and dark, on a wide window and on a phone, of searches of every kind and size.
 *
 *   npm run screenshots -- FOLDER [--url http://127.0.0.1:3000] [--only TEXT]
 *
 * Without `--url` it starts a service with its own database. With it, searches that the service has, by name, are not run again. `--only` takes
 * those pictures whose names contain the text.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Browser, chromium } from 'playwright-core';
import { type ApiClient, createClient } from '../src/cli/api-client.ts';
import { browserPath, browserSwitches } from './parts/browser.ts';
import { exampleIds } from './parts/example-searches.ts';
import { runBench } from './parts/report.ts';
import { withClient } from './parts/through-service.ts';

const { values, positionals } = parseArgs({
  options: { url: { type: 'string' }, only: { type: 'string' } },
  allowPositionals: true,
});
const THREADS = 2;

const windows = { wide: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } } as const;
const schemes = ['light', 'dark'] as const;
const searchViews = ['live', 'trials', 'analysis', 'findings', 'pruning', 'timeline', 'specification'] as const;

/** Name and address of every picture. */
async function addressesOf(client: ApiClient): Promise<[name: string, address: string][]> {
  const ids = await exampleIds(client);
  const model = await modelOf(client, ids.random, { trial: 'best', name: 'the best' });
  const ensemble = await modelOf(client, ids.regression, { ensemble: 5, name: 'five trials' });
  const trials = await Promise.all(
    Object.entries(ids).map(async ([name, id]): Promise<[string, string]> => {
      const { best } = await client.search(id);
      return [`trial-${name}`, `/searches/${id}/trials/${best?.number ?? 0}`];
    }),
  );
  return [
    ['searches', '/'],
    ['new', '/new'],
    ['new-regression', '/new?dataset=diabetes'],
    ['new-clone', `/new?from=${ids.conditional}`],
    ['datasets', '/datasets'],
    ['models', '/models'],
    ['model', `/models/${model}`],
    ['model-ensemble', `/models/${ensemble}`],
    ['compare', `/compare?ids=${ids.random},${ids.hyperband},${ids.regression}`],
    ['not-found', '/searches/00000000-0000-4000-8000-000000000000'],
    ...Object.entries(ids).flatMap(([name, id]) =>
      searchViews.map((view): [string, string] => [`${name}-${view}`, `/searches/${id}?view=${view}`]),
    ),
    ['random-selected', `/searches/${ids.random}?select=learningRate>=0.003`],
    ['random-analysis-selected', `/searches/${ids.random}?view=analysis&select=learningRate>=0.003`],
    ...trials,
    ['trial-last-of-hyperband', `/searches/${ids.hyperband}/trials/59`],
    ['trial-of-diverged', `/searches/${ids.diverged}/trials/1`],
    ['trial-of-failed', `/searches/${ids.failed}/trials/1`],
  ];
}

async function modelOf(client: ApiClient, search: string, request: Parameters<ApiClient['createModel']>[1]) {
  const { id } = await client.createModel(search, request);
  while (!['ready', 'failed'].includes((await client.model(id)).state))
    await new Promise((resolve) => setTimeout(resolve, 200));
  return id;
}

async function takePictures(browser: Browser, client: ApiClient, folder: string): Promise<void> {
  const addresses = (await addressesOf(client)).filter(([name]) => name.includes(values.only ?? ''));
  for (const [window, viewport] of Object.entries(windows)) {
    for (const colorScheme of schemes) {
      await mkdir(join(folder, `${window}-${colorScheme}`), { recursive: true });
      const page = await browser.newPage({ viewport, colorScheme });
      for (const [name, address] of addresses) {
        await page.goto(client.url + address);
        await page.locator('main h1').first().waitFor();
        await page.locator('.waiting').first().waitFor({ state: 'detached' });
        if (address.startsWith('/new')) await page.getByText('Dry run').waitFor();
        if (address.startsWith('/models/')) await page.locator('.prediction').waitFor();
        // Charts are drawn in the frames after their data.
        await page.evaluate('new Promise((resolve) => requestIdleCallback(() => requestAnimationFrame(resolve)))');
        await page.screenshot({ path: join(folder, `${window}-${colorScheme}`, `${name}.png`), fullPage: true });
      }
      await page.close();
    }
  }
}

await runBench(async () => {
  const [folder] = positionals;
  if (folder === undefined) throw new Error('name the folder: npm run screenshots -- FOLDER');
  if (browserPath === undefined) throw new Error('no Chromium is installed');
  const browser = await chromium.launch({ executablePath: browserPath, args: browserSwitches });
  try {
    const take = (client: ApiClient) => takePictures(browser, client, folder);
    await (values.url === undefined ? withClient(take, THREADS) : take(createClient(values.url)));
  } finally {
    await browser.close();
  }
});
