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

  it('filter the lists of data sets and models, by the address', async () => {
    const csv = ['a,b', ...Array.from({ length: 30 }, (_, i) => `${i},${i % 2}`)].join('\n');
    for (const [name, project] of [
      ['rows-of-vision', 'vision'],
      ['rows-of-all', 'default'],
    ]) {
      const path = `/v1/datasets?name=${name}&project=${project}`;
      await fetch(service.url + path, { method: 'POST', headers: { 'content-type': 'text/csv' }, body: csv });
    }
    for (const { id, project } of (await service.client.list()).items) {
      const body = JSON.stringify({ trial: 0, name: `model of ${project}` });
      const headers = { 'content-type': 'application/json' };
      await fetch(`${service.url}/v1/searches/${id}/models`, { method: 'POST', headers, body });
    }
    const { page } = await openPage(browser);
    for (const [path, of, other] of [
      ['/datasets', 'rows-of-vision', 'rows-of-all'],
      ['/models', 'model of vision', 'model of default'],
    ] as const) {
      await page.goto(service.url + path);
      await page.getByText(other).first().waitFor();
      await page.getByLabel('Project').selectOption('vision');
      await page.getByText(other).first().waitFor({ state: 'detached' });
      await page.getByText(of).first().waitFor();
      expect(new URL(page.url()).search).toBe('?project=vision');
      expect(await accessibilityFaults(page)).toEqual([]);
      await page.reload();
      await page.getByText(of).first().waitFor();
      expect(await page.getByText(other).count()).toBe(0);
    }
    // What is built in is for all projects.
    await page.goto(`${service.url}/datasets?project=vision`);
    await page.getByRole('cell', { name: /^iris/ }).first().waitFor();
  });
});
