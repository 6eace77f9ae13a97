/**
 * npm run bench:page: the speed of the page in a real browser, with the real service and its own database.
 *
 *   npm run bench:page -- [--trials 10000] [--large 100000]
 */
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { type Browser, chromium } from 'playwright-core';
import type { ApiClient } from '../src/cli/api-client.ts';
import { ended } from '../src/cli/format.ts';
import { browserPath, browserSwitches } from './parts/browser.ts';
import { brushing, busyShare, untilInteractive } from './parts/large-page.ts';
import { epochsToPixels, firstLoad, interactions } from './parts/page.ts';
import { countFrom, median, rounded, runBench, tableOf } from './parts/report.ts';
import { runToCompletion, withClient } from './parts/through-service.ts';
import { longTrials, shortTrials, tinyTrials } from './parts/tiny-and-long-trials.ts';

const { values } = parseArgs({ options: { trials: { type: 'string' }, large: { type: 'string' } } });
const LOADS = 9;
const OPENINGS = 5;
const THREADS = 8;
const EPOCHS = 200;
const BUSY_SECONDS = 10;

type Row = readonly [what: string, measured: number, goal: string];

async function loading(browser: Browser, { url }: ApiClient): Promise<Row[]> {
  const loads = [];
  for (let i = 0; i < LOADS; i++) loads.push(await firstLoad(browser, url));
  return [
    ['first load, kB over the wire', rounded(loads[0]!.bytes / 1000, 1), '100'],
    ['first load until it can be used, s', rounded(median(loads.map(({ seconds }) => seconds)), 2), '0.5'],
  ];
}

async function epochs(browser: Browser, client: ApiClient): Promise<Row[]> {
  const { id } = await client.create(longTrials(THREADS));
  const pixels = await epochsToPixels(browser, `${client.url}/searches/${id}`, EPOCHS);
  await client.cancel(id);
  return [
    [`epoch's end to pixel, ms, ${THREADS} trials at once, median of ${EPOCHS}`, Math.round(pixels.median), '100'],
  ];
}

/** The overview of a search that has ended. */
async function opening(browser: Browser, url: string, trials: number, goal: string): Promise<Row[]> {
  const opened = [];
  for (let i = 0; i < OPENINGS; i++) opened.push(await untilInteractive(browser, url));
  return [
    [`overview until interactive, s, ${trials} trials`, rounded(median(opened.map(({ seconds }) => seconds)), 2), goal],
    [`memory of its scripts, MB, ${trials} trials`, Math.round(opened.at(-1)!.megabytes), '200'],
  ];
}

async function manyTrials(browser: Browser, client: ApiClient, trials: number): Promise<Row[]> {
  const { id } = await runToCompletion(client, tinyTrials(trials));
  const url = `${client.url}/searches/${id}`;
  const { medians, megabytes } = await interactions(browser, url);
  const brushed = await brushing(browser, url);
  return [
    ...(await opening(browser, url, trials, '1')),
    ...Object.entries(medians).map(([what, ms]): Row => [`${what}, ms, ${trials} trials`, Math.round(ms), '100']),
    [`brush an axis, ms, ${trials} trials`, Math.round(brushed.median), '50'],
    [`brush an axis, slowest movement, ms, ${trials} trials`, Math.round(brushed.worst), '–'],
    ['memory of scripts after all that, MB', Math.round(megabytes), '200'],
  ];
}

/** The overview of a search that runs. */
async function watching(browser: Browser, client: ApiClient, id: string): Promise<Row> {
  const done = async () => ended((await client.search(id)).trials);
  const { share, trialsPerSecond } = await busyShare(browser, `${client.url}/searches/${id}`, BUSY_SECONDS, done);
  return [`page, % of a core, at ${Math.round(trialsPerSecond)} trials a second`, Math.round(100 * share), '25 at 200'];
}

async function fastSearches(browser: Browser, client: ApiClient, trials: number): Promise<Row[]> {
  const short = await client.create(shortTrials(trials));
  const watched = [await watching(browser, client, short.id)];
  await client.cancel(short.id);
  const { id } = await client.create(tinyTrials(trials));
  watched.push(await watching(browser, client, id));
  while (ended((await client.search(id)).trials) < trials) await new Promise((resolve) => setTimeout(resolve, 1000));
  return [...watched, ...(await opening(browser, `${client.url}/searches/${id}`, trials, '3'))];
}

await runBench(async () => {
  if (browserPath === undefined) throw new Error('no Chromium is installed');
  const [trials, large] = [countFrom('trials', values.trials ?? '10000'), countFrom('large', values.large ?? '100000')];
  const browser = await chromium.launch({ executablePath: browserPath, args: browserSwitches });
  try {
    await withClient(async (client) => {
      const rows = [
        ...(await loading(browser, client)),
        ...(await epochs(browser, client)),
        ...(await manyTrials(browser, client, trials)),
        ...(await fastSearches(browser, client, large)),
      ];
      console.log(`${cpus()[0]?.model ?? 'unknown'}, ${cpus().length} cores, Node ${process.version}`);
      console.log(tableOf(['what', 'measured', 'goal'], rows));
    }, THREADS);
  } finally {
    await browser.close();
  }
});
