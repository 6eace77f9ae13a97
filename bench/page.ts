/**
 * npm run bench:page: the speed of the page in a real browser, with the real service and its own database.
 *
 *   npm run bench:page -- [--trials 10000]
 */
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import { browserPath, browserSwitches } from './parts/browser.ts';
import { epochsToPixels, firstLoad, interactions } from './parts/page.ts';
import { countFrom, median, rounded, runBench, tableOf } from './parts/report.ts';
import { runToCompletion, withClient } from './parts/through-service.ts';
import { longTrials, tinyTrials } from './parts/tiny-and-long-trials.ts';

const { values } = parseArgs({ options: { trials: { type: 'string' } } });
const LOADS = 9;
const THREADS = 4;
const EPOCHS = 200;

await runBench(async () => {
  if (browserPath === undefined) throw new Error('no Chromium is installed');
  const browser = await chromium.launch({ executablePath: browserPath, args: browserSwitches });
  try {
    await withClient(async (client) => {
      const loads = [];
      for (let i = 0; i < LOADS; i++) loads.push(await firstLoad(browser, client.url));
      const seconds = median(loads.map((load) => load.seconds));
      const { id } = await client.create(longTrials(THREADS));
      const pixels = await epochsToPixels(browser, `${client.url}/searches/${id}`, EPOCHS);
      await client.cancel(id);
      const many = await runToCompletion(client, tinyTrials(countFrom('trials', values.trials ?? '10000')));
      const { medians, megabytes } = await interactions(browser, `${client.url}/searches/${many.id}`);
      const rows: [string, string | number, string][] = [
        ['first load, kB over the wire', rounded(loads[0]!.bytes / 1000, 1), '250'],
        ['first load until it can be used, s', rounded(seconds, 2), '1.5'],
        [`epoch's end to pixel, ms, ${THREADS} trials at once, median of ${EPOCHS}`, Math.round(pixels.median), '300'],
        ...Object.entries(medians).map(([what, ms]): [string, number, string] => [
          `${what}, ms, ${many.trials.total} trials`,
          Math.round(ms),
          '100',
        ]),
        ['memory of scripts after all that, MB', Math.round(megabytes), '–'],
      ];
      console.log(tableOf(['what', 'measured', 'goal'], rows));
    }, THREADS);
  } finally {
    await browser.close();
  }
});
