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
    const cell = page.locator('.trial-table .body [role=row]').first().getByRole('cell').nth(2);
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

  it('keeps pinned columns in sight', async () => {
    const { page } = await openPage(browser, { viewport: { width: 600, height: 900 } });
    await page.goto(`${service.url}/searches/${id}?view=trials`);
    await page.getByText('Columns', { exact: true }).click();
    await page.getByRole('button', { name: 'Pin learningRate' }).click();
    await page.getByRole('button', { name: 'Pin learningRate', pressed: true }).waitFor();
    await page.keyboard.press('Escape');
    expect(new URL(page.url()).searchParams.get('pin')).toBe('learningRate');
    const heads = () => page.locator('.trial-table .head [role=columnheader]').allTextContents();
    expect((await heads()).slice(1, 4)).toEqual(['trial', 'learningRate', expect.stringContaining('validationLoss')]);
    const leftOf = (name: string) =>
      page.getByRole('columnheader', { name }).evaluate((element) => element.getBoundingClientRect().left);
    const before = [await leftOf('learningRate'), await leftOf('epochs')];
    await page.locator('.trial-table').evaluate((element) => element.scrollBy(200, 0));
    expect([await leftOf('learningRate'), await leftOf('epochs')]).toEqual([before[0], before[1]! - 200]);
    const cell = page.locator('.trial-table .body [role=row]').first().getByRole('cell').nth(2);
    expect((await cell.boundingBox())!.x).toBeCloseTo(before[0]!, 0);
    await page.getByText('Columns', { exact: true }).click();
    await page.getByRole('button', { name: 'Pin learningRate' }).click();
    await page.waitForURL((url) => !url.searchParams.has('pin'));
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
    expect(head).toMatch(/^number,value,state,learningRate,activation,/);
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

  it('ranks the trials over pairs of hyperparameters', async () => {
    const page = await open('?view=analysis&select=1-5');
    const { trials } = await service.client.search(id);
    const valued = trials.complete - trials.diverged;
    const chart = page.getByRole('img', {
      name: /^rank of the validationLoss of \d+ trials over learningRate × activation/,
    });
    await chart.scrollIntoViewIfNeeded();
    await chart.locator('canvas').waitFor();
    const card = page.locator('section', { has: page.getByRole('heading', { name: 'Rank', exact: true }) });
    expect(await card.locator('.population').textContent()).toMatch(
      new RegExp(`^${valued} complete trials at 4 epochs\\.`),
    );
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      card.getByRole('button', { name: /save as CSV/ }).click(),
    ]);
    const [head, ...rows] = readFileSync(await download.path(), 'utf8')
      .trim()
      .split('\n');
    expect(head).toBe('trial,rank,value,learningRate,activation');
    const { best } = await service.client.search(id);
    const ranks = new Map(rows.map((row) => row.split(',').map(Number)).map(([number, rank]) => [number!, rank!]));
    expect(ranks.size).toBe(valued);
    expect(Math.min(...ranks.values())).toBe(ranks.get(best!.number));
    await page.close();
  });

  it('tags the selected trials, filters by tags and notes, and shows them in the trial and the list', async () => {
    const page = await open('?view=trials&select=3-5');
    await page.getByRole('textbox', { name: 'Tags', exact: true }).fill('odd look-again');
    await page.getByRole('button', { name: 'Add tag' }).click();
    await eventually(async () => (await service.client.trial(id, 5)).tags.length === 2);
    await page.getByLabel('Ranges').fill('tags=odd');
    const shown = (text: RegExp) => page.getByRole('status').filter({ hasText: text }).waitFor();
    await shown(/^3 trials$/);
    await page.locator('.trial-table .chip', { hasText: 'look-again' }).first().waitFor();
    await page.goto(`${service.url}/searches/${id}/trials/4`);
    await page.getByRole('button', { name: 'Edit of trial 4' }).click();
    await page.getByRole('dialog').getByLabel('Notes').fill('Why is it so low?');
    await page.getByRole('dialog').getByLabel('Tags').fill('look-again');
    await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
    await page.locator('.annotations .notes', { hasText: 'Why is it so low?' }).waitFor();
    expect(await service.client.trial(id, 4)).toMatchObject({ notes: 'Why is it so low?', tags: ['look-again'] });
    await page.goto(`${service.url}/searches/${id}?view=trials&ranges=${encodeURIComponent('notes~SO tags=odd|x')}`);
    await shown(/^0 trials$/);
    await page.getByLabel('Ranges').fill('notes~LOW');
    await shown(/^1 trial$/);
    await page.getByLabel('Ranges').fill('tags=odd|look-again');
    await shown(/^3 trials$/);
    await page.getByLabel('Select all shown trials').check();
    await page.getByRole('textbox', { name: 'Tags', exact: true }).fill('odd');
    await page.getByRole('button', { name: 'Remove tag' }).click();
    // Live: by an event of the stream.
    await page.getByLabel('Ranges').fill('tags=odd');
    await shown(/^0 trials$/);
    await page.close();
  });

  it('shows tags and notes of the search in its head, and lists searches by a tag', async () => {
    const page = await open('');
    await page.getByRole('button', { name: 'Add notes or tags of forty trials' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Tags').fill('two,words !');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.getByText(/tags\[2\]: must be 1 to 50 letters/).waitFor();
    await dialog.getByLabel('Tags').fill('talk');
    await dialog.getByLabel('Notes').fill('For the talk');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await page.locator('.annotations', { hasText: 'For the talk' }).locator('.chip', { hasText: 'talk' }).waitFor();
    const { id: other } = await service.client.create({ ...specification, name: 'another', budget: { trials: 1 } });
    await ended(service.client, other);
    await page.goto(service.url);
    await page.getByRole('link', { name: 'another', exact: true }).waitFor();
    await page.getByRole('button', { name: 'talk', exact: true }).click();
    await page.getByRole('link', { name: 'another', exact: true }).waitFor({ state: 'detached' });
    await page.getByRole('link', { name: 'forty trials', exact: true }).waitFor();
    expect(page.url()).toContain('tag=talk');
    await page.getByRole('button', { name: 'tag: talk' }).click();
    await page.getByRole('link', { name: 'another', exact: true }).waitFor();
    await page.close();
  });

  it('retries the selected trials that failed, and leaves the others', async () => {
    const failing = { ...lasting(3000, 4, { name: 'to retry' }), limits: { trialSeconds: 0.05, attempts: 1 } };
    const { id: failed } = await service.client.create(failing);
    expect((await ended(service.client, failed)).trials.failed).toBe(4);
    const { page } = await openPage(browser);
    await page.goto(`${service.url}/searches/${failed}?view=trials&select=1-2`);
    await page.getByRole('button', { name: 'Retry 2' }).click();
    await eventually(async () => {
      const [one, two] = await Promise.all([1, 2].map((number) => service.client.trial(failed, number)));
      return one!.attempt === 2 && two!.attempt === 2;
    });
    for (const number of [0, 3]) expect((await service.client.trial(failed, number)).attempt).toBe(1);
    await ended(service.client, failed);
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
