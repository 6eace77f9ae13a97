/** The page does not call luck a result: the list, the header, the best card and the comparison of a search on coin flips, and of one that learns. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browserPath, launchBrowser } from '../../support/browser.ts';
import { coinFlips, luckySearch, uploadCsv } from '../../support/coin-flips.ts';
import { accessibilityFaults, openPage } from '../../support/page.ts';
import { ended } from '../../support/searches.ts';
import { startTestService, type TestService } from '../../support/service.ts';

describe.skipIf(browserPath === undefined)('the best of many trials', () => {
  let service: TestService;
  let browser: Browser;
  const ids: Record<string, string> = {};
  beforeAll(async () => {
    service = await startTestService();
    browser = await launchBrowser();
    await uploadCsv(service.url, 'flips', coinFlips());
    for (const specification of [luckySearch('flips', 200), luckySearch('digits', 12)]) {
      const { id } = await service.client.create(specification);
      await ended(service.client, id);
      ids[specification.dataset] = id;
    }
  });
  afterAll(async () => {
    await browser?.close();
    await service?.close();
  });

  async function open(address: string): Promise<Page> {
    const { page } = await openPage(browser, { viewport: { width: 1440, height: 900 } });
    await page.goto(`${service.url}${address}`);
    return page;
  }

  it('is no better than the baseline on coin flips', async () => {
    const { best } = await service.client.search(ids['flips']!);
    const page = await open(`/searches/${ids['flips']}`);
    const tile = page.locator('.tiles > div', { hasText: 'best validationAccuracy' });
    await tile.getByRole('link', { name: 'no better than baseline' }).waitFor();
    expect(await tile.textContent()).toMatch(/0\.\d+; baseline 0\.\d+ \(most frequent class\)/);
    const card = page.locator('.best-trial');
    await card.getByText('No better than baseline').waitFor();
    await card
      .getByText(/^Not distinguishable from the baseline 0\.\d+ \(most frequent class\): p = 1 for the best of 200/)
      .waitFor();
    expect(await card.textContent()).toMatch(
      /95 % interval, best of 200.*not distinguishable from it.*19\d other trials/,
    );
    expect(await card.locator('.best-value').textContent()).not.toMatch(new RegExp(`^${best!.value}`));
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.goto(service.url);
    const line = page.getByRole('row', { name: /luck on flips/ });
    await line.getByRole('link', { name: /no better than baseline/ }).waitFor();
    await page.goto(`${service.url}/compare?ids=${ids['flips']},${ids['digits']}`);
    const compared = page.getByRole('region', { name: 'Compared searches' });
    const rowOf = (name: string) => compared.getByRole('row', { name });
    await rowOf('luck on flips').getByRole('link', { name: 'no better than baseline' }).waitFor();
    expect(await rowOf('luck on digits').textContent()).not.toContain('no better');
    await page.setViewportSize({ width: 390, height: 800 });
    for (const name of ['luck on flips', 'luck on digits']) {
      const value = (await rowOf(name).getByRole('link').nth(1).boundingBox())!;
      expect(value.x + value.width).toBeLessThanOrEqual(390);
    }
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.close();
  });

  it('is better on data that says something, and is shown with the baseline', async () => {
    const page = await open(`/searches/${ids['digits']}`);
    const { best } = await service.client.search(ids['digits']!);
    const card = page.locator('.best-trial');
    await card.getByText(/^Better than the baseline 0\.1\d*/).waitFor();
    expect(await card.locator('.best-value').textContent()).toContain(String(best!.value).slice(0, 5));
    expect(await page.locator('.tiles').textContent()).toMatch(/baseline 0\.1/);
    await page.close();
  });
});
