/** The page in a real browser against the real service. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browserPath, launchBrowser } from '../support/browser.ts';
import { ended, lasting, reached } from '../support/searches.ts';
import { startTestService, type TestService } from '../support/service.ts';

if (browserPath === undefined) console.warn('no Chromium is installed: the page is not tested');

describe.skipIf(browserPath === undefined)('the page', () => {
  let service: TestService;
  let browser: Browser;
  let page: Page;
  const complaints: string[] = [];
  beforeAll(async () => {
    service = await startTestService();
    browser = await launchBrowser();
    page = await browser.newPage({ viewport: { width: 1100, height: 800 } });
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
  });
  afterAll(async () => {
    await browser?.close();
    await service?.close();
  });

  it('tells a newcomer how to begin', async () => {
    await page.goto(service.url);
    await page.getByText('No search yet').waitFor();
    await page.getByText('curl -X POST').waitFor();
  });

  it('shows a search live: trials that train, then the best, without a reload', async () => {
    const { id } = await service.client.create(lasting(600, 6, { name: 'six nets' }));
    await reached(service.client, id, 'running', 2);
    await page.goto(`${service.url}/#${id}`);
    await page.getByText('six nets').waitFor();
    await page.locator('.card polyline.validation').first().waitFor({ state: 'attached' });
    await ended(service.client, id);
    await page.getByText('6 of 6 trials').waitFor();
    await page.getByText(/^complete/).waitFor();
    expect(await page.locator('tbody tr').count()).toBe(6);
  });

  it('cancels with one click', async () => {
    const { id } = await service.client.create(lasting(5000, 20));
    await page.goto(`${service.url}/#${id}`);
    await page.getByRole('button', { name: 'cancel' }).click();
    await page.getByText(/^cancelled/).waitFor();
    expect((await service.client.search(id)).state).toBe('cancelled');
  });

  it('lists searches, and leads to them', async () => {
    await page.goto(`${service.url}/#`);
    await page.getByRole('link', { name: 'six nets' }).click();
    await page.getByText('6 of 6 trials').waitFor();
  });

  it('had nothing to complain about', () => {
    expect(complaints).toEqual([]);
  });
});
