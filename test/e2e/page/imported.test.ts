/** Trials of other tools: what the page cannot know of them, it does not say; names of any text are shown as they are. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browserPath, launchBrowser } from '../../support/browser.ts';
import { openPage } from '../../support/page.ts';
import { startTestService, type TestService } from '../../support/service.ts';

const NAME = '<b>rate</b>, "a"';
const cell = (text: string) => `"${text.replaceAll('"', '""')}"`;
const csv = [
  ['number', 'value', 'datetime_start', 'datetime_complete', cell(`params_${NAME}`), 'params_value', 'state'].join(','),
  ...Array.from({ length: 12 }, (_, i) =>
    [
      ...[i, i % 4 === 3 ? '' : 10 + i, `2026-01-01 00:${10 + i}:00`, `2026-01-01 00:${11 + i}:30`],
      ...[(i + 1) / 16, (12 - i) / 16, i % 4 === 3 ? 'PRUNED' : 'COMPLETE'],
    ].join(','),
  ),
].join('\n');

describe.skipIf(browserPath === undefined)('imported trials', () => {
  let service: TestService;
  let browser: Browser;
  let id: string;
  beforeAll(async () => {
    service = await startTestService();
    browser = await launchBrowser();
    const response = await fetch(`${service.url}/v1/imports/trials?direction=maximize&file=study.csv`, {
      method: 'POST',
      headers: { 'content-type': 'text/csv' },
      body: csv,
    });
    expect(response.status).toBe(201);
    ({
      search: { id },
    } = (await response.json()) as { search: { id: string } });
  });
  afterAll(async () => {
    await browser?.close();
    await service?.close();
  });
  const open = async (path: string): Promise<Page> => {
    const { page } = await openPage(browser, { viewport: { width: 1440, height: 900 } });
    await page.goto(`${service.url}/searches/${id}${path}`);
    return page;
  };

  it('are of no data set unless one is chosen, whatever the form of the new search has', async () => {
    const { page } = await openPage(browser);
    await page.goto(`${service.url}/new`);
    await page.getByText('Import from another tool').click();
    const file = { name: 'other.csv', mimeType: 'text/csv', buffer: Buffer.from(csv) };
    await page.getByLabel('File of trials').setInputFiles(file);
    await page.getByLabel('Direction').selectOption('maximize');
    const datasets = [];
    for (const chosen of ['', 'wine']) {
      await page.getByLabel('Their data set').selectOption(chosen);
      const stored = page.waitForResponse((response) => response.url().includes('/v1/imports/trials'));
      await page.getByRole('button', { name: 'Store its trials' }).click();
      datasets.push(((await (await stored).json()) as { search: { dataset: { name: string } } }).search.dataset.name);
    }
    expect(datasets).toEqual(['', 'wine']);
    await page.close();
  });

  it('are not said to have no problems, nor never to have trained', async () => {
    const page = await open('?view=findings');
    await page.getByText('trials of other tools are not examined').waitFor();
    expect(await page.getByText('trained an epoch yet').count()).toBe(0);
    expect(await page.locator('dt', { hasText: 'problems' }).count()).toBe(0);
    await page.goto(`${service.url}/searches/${id}`);
    await page.getByRole('heading', { name: 'Best trials' }).waitFor();
    expect(await page.getByRole('columnheader', { name: 'problems' }).count()).toBe(0);
    await page.goto(`${service.url}/searches/${id}/trials/0`);
    await page.locator('dt', { hasText: 'duration' }).waitFor();
    expect(await page.locator('dt', { hasText: 'epochs' }).count()).toBe(0);
    await page.close();
  });

  it('were pruned by their tool, and ran when their file says', async () => {
    const page = await open('?view=pruning');
    await page.getByText('3 trials pruned by the tool that ran the trials.').waitFor();
    expect(await page.getByText(/runs to completion|What if/).count()).toBe(0);
    await page.goto(`${service.url}/searches/${id}?view=timeline`);
    await page.getByRole('img', { name: 'when each trial ran' }).waitFor();
    await page.getByText('12 trials of 12.').waitFor();
    await page.goto(`${service.url}/searches/${id}?view=analysis`);
    await page.getByRole('heading', { name: 'Rank', exact: true }).waitFor();
    expect(await page.getByRole('heading', { name: 'Random and grid search' }).count()).toBe(0);
    await page.close();
  });

  it('have their names in tooltips as texts', async () => {
    const page = await open('?view=analysis');
    const slice = page.locator('section', { has: page.getByRole('heading', { name: 'Slice', exact: true }) });
    await slice.getByLabel('Hyperparameter').selectOption(NAME);
    const canvas = slice.locator('canvas');
    await canvas.waitFor();
    const { height } = (await canvas.boundingBox())!;
    let turn = 0;
    // The first trial is the lowest on both axes. The pointer has to move for a tooltip.
    const hovered = async () => {
      await canvas.hover({ position: { x: 65 + (turn++ % 2), y: height - 46 } });
      return slice.textContent();
    };
    await expect.poll(hovered, { timeout: 10_000 }).toContain(`${NAME} 0.0625`);
    await page.close();
  });

  it('keep hidden columns of any name in the address', async () => {
    const page = await open('?view=trials');
    await page.getByText('Columns', { exact: true }).click();
    await page.getByLabel(NAME, { exact: true }).uncheck();
    await page.reload();
    await page.getByRole('columnheader', { name: 'hyperparameters.value' }).waitFor();
    expect(await page.getByRole('columnheader', { name: NAME }).count()).toBe(0);
    await page.close();
  });
});
