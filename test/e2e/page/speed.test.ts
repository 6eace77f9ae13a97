/** How fast the page is: to load, from an epoch's end to its point on the screen, and with ten thousand trials. `npm run bench:page` tells the numbers. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browserPath } from '../../../bench/parts/browser.ts';
import { epochsToPixels, firstLoad, interactions } from '../../../bench/parts/page.ts';
import { longTrials, tinyTrials } from '../../../bench/parts/tiny-and-long-trials.ts';
import { launchBrowser } from '../../support/browser.ts';
import { ended } from '../../support/searches.ts';
import { startTestService, type TestService } from '../../support/service.ts';

/** The other tests are under way on the same two cores: what is slow once may be their doing, what is slow three times is ours. */
const shared = { retry: 2 };

describe.skipIf(browserPath === undefined)('the speed of the page', shared, () => {
  let service: TestService;
  let browser: Browser;
  beforeAll(async () => {
    service = await startTestService({ threads: 4 });
    // That of the benchmark.
    browser = await launchBrowser(browserPath);
  });
  afterAll(async () => {
    await browser?.close();
    await service?.close();
  });

  it('loads less than 100 kB before it can be used, in less than 1.5 s', async () => {
    const { seconds, bytes } = await firstLoad(browser, service.url);
    expect(bytes).toBeLessThan(100_000);
    expect(seconds).toBeLessThan(1.5);
  });

  it('shows an epoch within 300 ms of its end, with four trials that run', async () => {
    const { id } = await service.client.create(longTrials(4));
    const { median } = await epochsToPixels(browser, `${service.url}/searches/${id}`, 100);
    expect(median).toBeLessThan(300);
    await service.client.cancel(id);
  });

  it('stays smooth with 10,000 trials: interactions under 100 ms, memory bounded', async () => {
    const { id } = await service.client.create(tinyTrials(10_000));
    await ended(service.client, id, 240_000);
    const table = await fetch(`${service.url}/v1/searches/${id}/table`, { headers: { 'accept-encoding': 'gzip' } });
    expect(table.headers.get('content-encoding')).toBe('gzip');
    await table.arrayBuffer();
    const { medians, megabytes } = await interactions(browser, `${service.url}/searches/${id}`);
    for (const [what, milliseconds] of Object.entries(medians)) expect(milliseconds, what).toBeLessThan(100);
    expect(megabytes).toBeLessThan(200);
  }, 300_000);
});
