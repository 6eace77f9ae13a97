/** The table of trials and the selection that all views of a search share. */
import { readFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Table } from '../../../web/src/api.ts';
import { browserPath, launchBrowser } from '../../support/browser.ts';
import { openPage } from '../../support/page.ts';
import { eventually } from '../../support/processes.ts';
import { ended, lasting } from '../../support/searches.ts';
import { startTestService, type TestService } from '../../support/service.ts';

const specification = {
  name: 'forty trials',
  dataset: 'iris',
  hyperparameters: {
    learningRate: { distribution: 'float', low: 1e-4, high: 1, scale: 'log' },
    activation: { distribution: 'categorical', choices: ['relu', 'tanh'] },
    hiddenUnits: 16,
    epochs: 4,
  },
  objective: { metric: 'validationLoss', direction: 'minimize' },
  sampler: { type: 'random', seed: 4 },
  budget: { trials: 40 },
};

describe.skipIf(browserPath === undefined)('the table of trials', () => {
  let service: TestService;
  let browser: Browser;
  let id: string;
  beforeAll(async () => {
    service = await startTestService();
    browser = await launchBrowser();
    ({ id } = await service.client.create(specification));
    await ended(service.client, id);
  });
  afterAll(async () => {
    await browser?.close();
    await service?.close();
  });

  async function open(query: string): Promise<Page> {
    const { page } = await openPage(browser, { viewport: { width: 1440, height: 900 } });
    await page.goto(`${service.url}/searches/${id}${query}`);
    return page;
  }
  const numbersOf = (page: Page) => page.locator('.trial-table .body a').allTextContents();

  it('has the best first by the direction of the objective, and numbers on the right', async () => {
    const page = await open('?view=trials');
    const { best } = await service.client.search(id);
    await page.locator('.trial-table .body a').first().waitFor();
    expect((await numbersOf(page))[0]).toBe(String(best!.number));
    expect(await page.locator('[aria-sort=ascending]').textContent()).toContain('validationLoss');
    const cell = page.locator('.trial-table .body [role=row]').first().getByRole('cell').nth(3);
    expect(await cell.evaluate((element) => getComputedStyle(element).textAlign)).toBe('right');
    await page.close();
  });

  it('keeps the chosen columns in the address', async () => {
    const page = await open('?view=trials');
    await page.getByText('Columns', { exact: true }).click();
    await page.getByRole('checkbox', { name: 'reason' }).uncheck();
    await page.getByRole('columnheader', { name: 'reason' }).waitFor({ state: 'detached' });
    await page.reload();
    await page.getByRole('columnheader', { name: 'learningRate' }).waitFor();
    expect(await page.getByRole('columnheader', { name: 'reason' }).count()).toBe(0);
    await page.close();
  });

  it('shows the selected trials in the history, the curves and the slice, and exports them', async () => {
    const page = await open('?view=trials&sort=number');
    for (const number of [1, 2, 3, 7]) await page.getByLabel(`Select trial ${number}`, { exact: true }).check();
    await page.getByText('4 trials selected').waitFor();
    expect(new URL(page.url()).searchParams.get('select')).toBe('1-3,7');
    const file = async (name: string) => {
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('button', { name, exact: true }).click(),
      ]);
      return readFileSync(await download.path(), 'utf8');
    };
    const [head, ...rows] = (await file('Export CSV')).trim().split('\n');
    expect(head).toMatch(/^number,state,value,learningRate,activation,/);
    expect(rows.map((row) => row.split(',')[0])).toEqual(['1', '2', '3', '7']);
    const json = JSON.parse(await file('Export JSON')) as { number: number; hyperparameters: object }[];
    const { hyperparameters } = await service.client.trial(id, 7);
    expect(json.at(-1)).toMatchObject({ number: 7, hyperparameters });
    await page.getByLabel('only selected trials').check();
    await page.getByText(/^4 trials$/).waitFor();
    await page.getByRole('link', { name: 'Compare curves' }).click();
    await page.getByText('4 of 40 trials, the selected ones').waitFor();
    await page.locator('.u-legend').first().getByText('selected').waitFor();
    await page.getByRole('tab', { name: 'Analysis' }).click();
    await page.getByText('4 trials selected').waitFor();
    await page.getByRole('button', { name: 'Clear selection' }).click();
    await page.getByText('4 trials selected').waitFor({ state: 'detached' });
    expect(page.url()).not.toContain('select=');
    await page.close();
  });

  it('selects what fulfils the conditions, in every view', async () => {
    const page = await open('?view=trials');
    await page.getByLabel('Ranges').fill('learningRate>=0.01 activation=relu');
    const shown = page.getByRole('status').filter({ hasText: /^\d+ trials$/ });
    await expect.poll(() => shown.textContent()).not.toBe('40 trials');
    const count = (await shown.textContent())!;
    await page.getByLabel('Select all shown trials').check();
    await page.getByText(`${count} selected`).waitFor();
    await page.getByRole('tab', { name: 'Analysis' }).click();
    await page.getByText(`${count} selected`).waitFor();
    await page.close();
  });

  it('selects by a brush on an axis of the parallel coordinates', async () => {
    const page = await open('?view=analysis');
    const chart = page.getByRole('img', { name: /as lines through/ }).locator('canvas');
    await chart.waitFor();
    await chart.scrollIntoViewIfNeeded();
    const { x, y, height } = (await chart.boundingBox())!;
    // The first axis is 50 pixels from the left; this is its upper half.
    await page.mouse.move(x + 50, y + 40);
    await page.mouse.down();
    await page.mouse.move(x + 50, y + height / 4, { steps: 4 });
    await page.mouse.move(x + 50, y + height / 2, { steps: 4 });
    await page.mouse.up();
    await page.waitForURL(/select=learningRate/);
    const table = (await (await fetch(`${service.url}/v1/searches/${id}/table`)).json()) as Table;
    const rates = table.points['learningRate']!;
    const [low, high] = new URL(page.url()).searchParams
      .get('select')!
      .split(' ')
      .map((condition) => Number(/[\d.e-]+$/.exec(condition)![0]));
    const inside = rates.filter((rate) => Number(rate) >= low! && Number(rate) <= high!).length;
    expect([inside > 0, inside < 40]).toEqual([true, true]);
    await page.getByText(`${inside} trials selected`).waitFor();
    await page.getByRole('button', { name: 'Show in the table' }).click();
    await page
      .getByRole('status')
      .filter({ hasText: new RegExp(`^${inside} trials$`) })
      .waitFor();
    await page.close();
  });

  it('cancels the selected trials', async () => {
    const { id: open } = await service.client.create(lasting(5000, 12, { name: 'to cancel' }));
    const { page } = await openPage(browser);
    await page.goto(`${service.url}/searches/${open}?view=trials&select=8-10`);
    await eventually(async () => (await service.client.search(open)).trials.running > 0);
    await page.getByRole('button', { name: 'Cancel 3' }).click();
    await eventually(async () => (await service.client.search(open)).trials.cancelled === 3);
    for (const number of [8, 9, 10]) expect((await service.client.trial(open, number)).state).toBe('cancelled');
    await page.getByRole('button', { name: 'Cancel 3' }).waitFor({ state: 'detached' });
    await service.client.cancel(open);
    await page.close();
  });
});
