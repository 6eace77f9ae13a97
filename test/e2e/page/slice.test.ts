/** The slice with values on a log axis. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browserPath, launchBrowser } from '../../support/browser.ts';
import { openPage } from '../../support/page.ts';
import { allTrials, ended } from '../../support/searches.ts';
import { startTestService, type TestService } from '../../support/service.ts';

describe.skipIf(browserPath === undefined)('the slice', () => {
  let service: TestService;
  let browser: Browser;
  let id: string;
  beforeAll(async () => {
    service = await startTestService();
    browser = await launchBrowser();
    ({ id } = await service.client.create({
      name: 'losses',
      dataset: 'iris',
      objective: { metric: 'validationLoss' },
      hyperparameters: { learningRate: { distribution: 'float', low: 1e-4, high: 1e-1, scale: 'log' }, epochs: 6 },
      budget: { trials: 20 },
    }));
    await ended(service.client, id);
  });
  afterAll(async () => {
    await browser?.close();
    await service?.close();
  });

  const cardOf = (page: Page) =>
    page.locator('section', { has: page.getByRole('heading', { name: 'Slice', exact: true }) });

  it('has a log axis of the values on demand, on which a box selects what is in it', async () => {
    const { page } = await openPage(browser, { viewport: { width: 1440, height: 900 } });
    await page.goto(`${service.url}/searches/${id}?view=analysis&drag=select`);
    await cardOf(page).getByLabel('log y').check();
    expect(page.url()).toContain('slice-yscale=log');
    const chart = cardOf(page).locator('canvas');
    await page
      .getByRole('img', { name: /^validationLoss over learningRate, of 20 trials, .* on a log scale$/ })
      .waitFor();
    const { x, y, width, height } = (await chart.boundingBox())!;
    // The upper half of the grid: on a log axis all above the geometric mean of its ends, which are around the values.
    const [top, bottom] = [y + 31, y + 30 + (height - 75) / 2];
    await page.mouse.move(x + 66, top);
    await page.mouse.down();
    await page.mouse.move(x + width - 21, bottom, { steps: 4 });
    await page.mouse.up();
    await page.waitForURL(/select=/);
    const [, low, high] = /value>=(\S+) value<=(\S+)/.exec(new URL(page.url()).searchParams.get('select')!)!;
    const values = (await allTrials(service.client, id)).map(({ value }) => value!);
    expect(Number(high)).toBeGreaterThanOrEqual(Math.max(...values) * 0.95);
    expect(Number(low)).toBeGreaterThan(0);
    const middle = Math.sqrt(Math.min(...values) * Math.max(...values));
    expect(Math.abs(Math.log10(Number(low) / middle))).toBeLessThan(0.02);
    await page.reload();
    await expect.poll(() => cardOf(page).getByLabel('log y').isChecked()).toBe(true);
    await page.close();
  });
});
