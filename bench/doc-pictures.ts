/**
 * npm run doc-pictures: takes the pictures in docs/ and the readme anew, of a running and of finished searches, with its own database.
 *
 *   npm run doc-pictures -- [FOLDER]
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Browser, chromium } from 'playwright-core';
import type { ApiClient } from '../src/cli/api-client.ts';
import { ended } from '../src/cli/format.ts';
import { projectRoot } from '../src/paths.ts';
import { browserPath, browserSwitches } from './parts/browser.ts';
import { runBench } from './parts/report.ts';
import { runToCompletion, withClient } from './parts/through-service.ts';

const { positionals } = parseArgs({ allowPositionals: true });
const [folder = join(projectRoot, 'docs')] = positionals;
const THREADS = 2;
/** The picture of a running search is taken once so many of its trials have ended. */
const ENDED = 60;
/** The height of that picture: down to the running trials. */
const RUNNING = 1280;

const digits = {
  dataset: 'digits',
  hyperparameters: {
    learningRate: { distribution: 'float', low: 1e-5, high: 1e-1, scale: 'log' },
    l2: { distribution: 'float', low: 1e-6, high: 1e-1, scale: 'log' },
    hiddenLayers: { distribution: 'int', low: 1, high: 3 },
    hiddenUnits: { distribution: 'int', low: 16, high: 128, scale: 'log' },
    activation: { distribution: 'categorical', choices: ['relu', 'elu', 'tanh'] },
    epochs: 20,
  },
} as const;
const random = { ...digits, name: 'digits, random', budget: { trials: 120 } };
const hyperband = {
  ...digits,
  name: 'digits, tpe and hyperband',
  hyperparameters: { ...digits.hyperparameters, epochs: 81 },
  sampler: { type: 'tpe', seed: 1 },
  pruner: { type: 'hyperband' },
  budget: { trials: 200 },
};

interface Picture {
  readonly file: string;
  readonly url: string;
  /** The heading of the card that the picture shows; without it, it shows the top of the page. */
  readonly card?: string;
  readonly height?: number;
  readonly colorScheme?: 'light' | 'dark';
}

async function take(
  browser: Browser,
  { file, url, card, height = 860, colorScheme = 'light' }: Picture,
): Promise<void> {
  const page = await browser.newPage({ viewport: { width: 1280, height }, colorScheme });
  await page.goto(url);
  await page.locator('canvas, .trial-table .body [role=row]').first().waitFor();
  await page.locator('.waiting').first().waitFor({ state: 'detached' });
  await page.evaluate('new Promise((resolve) => requestIdleCallback(() => requestAnimationFrame(resolve)))');
  const shown = page.locator('section.card', { has: page.getByRole('heading', { name: card ?? '', exact: true }) });
  await (card === undefined ? page : shown.first()).screenshot({ path: join(folder, file) });
  await page.close();
}

async function takeAll(browser: Browser, client: ApiClient): Promise<void> {
  const at = ({ id }: { readonly id: string }, rest = '') => `${client.url}/searches/${id}${rest}`;
  const done = await runToCompletion(client, random);
  const live = await client.create(hyperband);
  while (ended((await client.search(live.id)).trials) < ENDED) await new Promise((resolve) => setTimeout(resolve, 100));
  await take(browser, { file: 'page.png', url: at(live), height: RUNNING });
  await take(browser, { file: 'page-dark.png', url: at(live), height: RUNNING, colorScheme: 'dark' });
  for await (const message of client.stream(live.id)) if (message.type === 'search.complete') break;
  const { best } = await client.search(done.id);
  const rest: readonly Picture[] = [
    { file: 'page-history.png', url: at(live), card: 'Optimization history' },
    { file: 'page-curves.png', url: at(live), card: 'Learning curves' },
    { file: 'page-analysis.png', url: at(done, '?view=analysis'), height: 1160 },
    { file: 'page-contour.png', url: at(done, '?view=analysis'), card: 'Contour' },
    { file: 'page-rank.png', url: at(done, '?view=analysis'), card: 'Rank' },
    { file: 'page-cdf.png', url: at(done, '?view=analysis'), card: 'Empirical CDF' },
    { file: 'page-trials.png', url: at(live, '?view=trials') },
    { file: 'page-trial.png', url: at(done, `/trials/${best!.number}`), height: 1160 },
    { file: 'page-pruning.png', url: at(live, '?view=pruning'), card: 'What if?' },
    { file: 'page-timeline.png', url: at(live, '?view=timeline'), card: 'Timeline of 1 worker' },
    { file: 'page-compare.png', url: `${client.url}/compare?ids=${done.id},${live.id}` },
  ];
  for (const picture of rest) await take(browser, picture);
}

await runBench(async () => {
  if (browserPath === undefined) throw new Error('no Chromium is installed');
  const browser = await chromium.launch({ executablePath: browserPath, args: browserSwitches });
  try {
    await withClient((client) => takeAll(browser, client), THREADS);
  } finally {
    await browser.close();
  }
});
