/** The page of a service with several projects. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browserPath, launchBrowser } from '../../support/browser.ts';
import { accessibilityFaults, openPage } from '../../support/page.ts';
import { ended, lasting } from '../../support/searches.ts';
import { startTestService, type TestService } from '../../support/service.ts';

describe.skipIf(browserPath === undefined)('projects on the page', () => {
  let service: TestService;
  let browser: Browser;
  beforeAll(async () => {
    service = await startTestService();
    browser = await launchBrowser();
    const { id } = await service.client.create(lasting(20, 2, { name: 'an early search' }));
    await ended(service.client, id);
  });
  afterAll(async () => {
    await browser?.close();
    await service?.close();
  });

  it('are not mentioned while there is one alone', async () => {
    const { page } = await openPage(browser);
    await page.goto(service.url);
    await page.getByText('an early search').waitFor();
    expect(await page.getByLabel('Project').count()).toBe(0);
  });

  it('are shown, filter the list, and are chosen for a new search', async () => {
    await service.client.createProject({ name: 'vision', limits: {} });
    const { id } = await service.client.create(lasting(20, 2, { name: 'a search of vision', project: 'vision' }));
    await ended(service.client, id);
    const { page } = await openPage(browser);
    await page.goto(service.url);
    await page.getByText('a search of vision').waitFor();
    await page.getByLabel('Project').selectOption('vision');
    await page.getByText('an early search').waitFor({ state: 'detached' });
    await page.getByRole('link', { name: 'a search of vision' }).click();
    await page.getByText('project vision').waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.goto(`${service.url}/new`);
    await page.getByLabel('Project').selectOption('vision');
    await page.getByRole('button', { name: 'Start search' }).click();
    await page.getByText('project vision').waitFor();
    const { items } = await service.client.list('vision');
    expect(items).toHaveLength(2);
  });
});
