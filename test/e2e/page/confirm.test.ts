/** The confirmation on the page: asked for in a new search, followed while it runs, and told by the best value and the finalists. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browserPath, launchBrowser } from '../../support/browser.ts';
import { accessibilityFaults, changeTheme, openPage, rulesOfColours } from '../../support/page.ts';
import { ended, lasting } from '../../support/searches.ts';
import { startTestService, type TestService } from '../../support/service.ts';

describe.skipIf(browserPath === undefined)('a confirmation', () => {
  let service: TestService;
  let browser: Browser;
  beforeAll(async () => {
    service = await startTestService();
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await service?.close();
  });

  it('is asked for in a new search, and tells its value in the search and the confirmed one', async () => {
    const { page, complaints } = await openPage(browser);
    await page.goto(`${service.url}/new?dataset=wine`);
    const field = page.getByRole('group', { name: 'Confirmation' });
    await field.getByRole('checkbox').check();
    await field.getByLabel('finalists').fill('60');
    await field.getByText('confirm.trials: must be at most 50, got 60').waitFor();
    await field.getByLabel('finalists').fill('4');
    await field.getByLabel('runs of each, on average').fill('3');
    await page.getByRole('group', { name: 'Validation' }).getByLabel('reshuffle').check();
    await page.getByRole('button', { name: 'Start search' }).click();
    await page.getByRole('heading', { name: 'Confirmation' }).waitFor();
    const id = /searches\/([0-9a-f-]{36})/.exec(page.url())![1]!;
    const { specification, best, confirmation } = await ended(service.client, id);
    expect(specification.confirm).toEqual({ trials: 4, repeats: 3, design: 'successiveRejects' });
    expect(specification.validation).toMatchObject({ type: 'holdout', reshuffle: true });
    // Without a reload.
    await page.getByText(/ in the search; best with probability/).waitFor();
    await page
      .getByText(new RegExp(`Trial ${best!.number}: [\\d.]+ in the search, confirmed`))
      .first()
      .waitFor();
    const rows = page.getByLabel(/^The finalists/).locator('tbody tr');
    expect(await rows.count()).toBe(4);
    expect(await rows.first().textContent()).toContain(' best');
    const trials = await page
      .getByLabel(/^The finalists/)
      .locator('tbody tr td:first-child a')
      .allTextContents();
    expect(trials.map(Number).sort((a, b) => a - b)).toEqual(
      confirmation!.finalists.map(({ number }) => number).sort((a, b) => a - b),
    );
    // Sixty finalists were refused by the service.
    expect(complaints.filter((text) => !text.includes('400'))).toEqual([]);
    await page.close();
  });

  it('is followed while it runs, and its runs are no trials', async () => {
    const { page, complaints } = await openPage(browser);
    const { id } = await service.client.create(lasting(500, 4, { name: 'slow', confirm: { trials: 4, repeats: 3 } }));
    await page.goto(`${service.url}/searches/${id}`);
    await page.getByText(/round \d of \d, \d+ of \d+ runs have ended/).waitFor();
    await page.getByText(/^\d+ of \d+ runs$/).waitFor();
    await ended(service.client, id);
    await page.getByText(/ in the search; best with probability/).waitFor();
    await page.getByText('4 of 4', { exact: true }).waitFor();
    const best = page.getByLabel('The best trials').locator('tbody tr');
    // The header and the trials come by different streams.
    await expect.poll(() => best.count()).toBe(4);
    const { finalists } = await service.client.confirmation(id);
    await page.goto(`${service.url}/searches/${id}/trials/${finalists[0]!.trials[0]!.number}`);
    await page.getByText('repetition 1 of its confirmation').waitFor();
    expect(complaints).toEqual([]);
    await page.close();
  });

  /** The themes of a window: the one it is opened in, and the one that is chosen then. */
  for (const [how, viewport, themes] of [
    ['light, then dark', { width: 1440, height: 900 }, ['light', 'dark']],
    ['on a phone, dark, then light', { width: 390, height: 800 }, ['dark', 'light']],
  ] as const) {
    it(`${how}: fits its window and is usable without sight`, async () => {
      confirmed ??= await confirmedSearch();
      const { page } = await openPage(browser, { viewport });
      for (const [address, text] of [
        [`/searches/${confirmed}`, 'Confirmation'],
        [`/new?from=${confirmed}`, 'confirm the best'],
      ] as const) {
        await page.emulateMedia({ colorScheme: themes[0] });
        await page.goto(service.url + address);
        await page.getByText(text).first().waitFor();
        const wider = await page.evaluate(() => {
          return document.documentElement.scrollWidth - document.documentElement.clientWidth;
        });
        expect(wider).toBe(0);
        expect(await accessibilityFaults(page)).toEqual([]);
        await changeTheme(page, themes[1]);
        expect(await accessibilityFaults(page, rulesOfColours)).toEqual([]);
      }
      await page.close();
    });
  }

  let confirmed: string | undefined;
  async function confirmedSearch(): Promise<string> {
    const { id } = await service.client.create({
      ...{ dataset: 'wine', budget: { trials: 12 }, hyperparameters: { epochs: 5 } },
      confirm: { trials: 5, repeats: 3 },
    });
    await ended(service.client, id);
    return id;
  }
});
