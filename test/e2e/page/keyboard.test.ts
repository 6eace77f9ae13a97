/** A selection of trials made without a pointer, in the table and in the views with charts. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browserPath, launchBrowser } from '../../support/browser.ts';
import { accessibilityFaults, openPage } from '../../support/page.ts';
import { allTrials, ended } from '../../support/searches.ts';
import { startTestService, type TestService } from '../../support/service.ts';

describe.skipIf(browserPath === undefined)('by keyboard alone', () => {
  let service: TestService;
  let browser: Browser;
  let id: string;
  beforeAll(async () => {
    service = await startTestService();
    browser = await launchBrowser();
    ({ id } = await service.client.create({
      name: 'keys',
      dataset: 'iris',
      hyperparameters: {
        learningRate: { distribution: 'float', low: 1e-4, high: 1, scale: 'log' },
        optimizer: { distribution: 'categorical', choices: ['sgd', 'momentum'] },
        momentum: { distribution: 'float', low: 0.5, high: 0.99, when: { optimizer: ['momentum'] } },
        epochs: 2,
      },
      budget: { trials: 20 },
    }));
    await ended(service.client, id);
  });
  afterAll(async () => {
    await browser?.close();
    await service?.close();
  });

  async function open(query: string): Promise<Page> {
    const { page } = await openPage(browser, { viewport: { width: 1280, height: 900 } });
    await page.goto(`${service.url}/searches/${id}?view=${query}`);
    await page.getByRole('tab', { selected: true }).focus();
    return page;
  }

  /** Presses Tab until an element with this name has the focus. */
  async function tabTo(page: Page, name: RegExp): Promise<void> {
    for (let presses = 0; presses < 60; presses++) {
      await page.keyboard.press('Tab');
      const focused = await page.evaluate(
        'document.activeElement.getAttribute("aria-label") ?? document.activeElement.textContent',
      );
      if (name.test(String(focused))) return;
    }
    throw new Error(`${name} does not get the focus`);
  }

  const status = (page: Page, text: string) =>
    page.getByRole('region', { name: 'Selected trials' }).getByRole('status').filter({ hasText: text }).waitFor();

  it('ticks trials in the table', async () => {
    const page = await open('trials');
    await page.getByLabel('Select trial 0', { exact: true }).waitFor();
    await tabTo(page, /^Select trial \d+$/);
    await page.keyboard.press('Space');
    await tabTo(page, /^Select trial \d+$/);
    await page.keyboard.press('Space');
    await status(page, '2 trials selected');
    await page.keyboard.press('Escape');
    await page.getByText('trials selected').waitFor({ state: 'detached' });
    await page.close();
  });

  it.each(['live', 'analysis'])('selects by conditions beside the charts of the view %s', async (view) => {
    const trials = await allTrials(service.client, id);
    const high = trials.filter(({ hyperparameters }) => Number(hyperparameters['learningRate']) >= 0.01);
    const page = await open(view);
    await page.getByRole('button', { name: 'Select…' }).first().waitFor();
    await tabTo(page, /^Select…$/);
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'Select trials' }).waitFor();
    await page.keyboard.type('rate>=0.01');
    await page.getByText('there is no column rate').waitFor();
    await page.keyboard.press('Enter');
    expect(page.url()).not.toContain('select=');
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.keyboard.press('ControlOrMeta+a');
    await page.keyboard.type('learningRate>=0.01');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    await status(page, `${high.length} trials selected`);
    expect(new URL(page.url()).searchParams.get('select')).toBe('learningRate>=0.01');
    // It begins with what is selected, and Escape closes it without clearing that.
    await page.keyboard.press('Enter');
    await expect.poll(() => page.getByLabel('Trials where').first().inputValue()).toBe('learningRate>=0.01');
    await page.keyboard.press('Escape');
    await status(page, `${high.length} trials selected`);
    await page.close();
  });

  it.each([
    ['live', 'optimization history'],
    ['live&history=time', 'optimization history'],
    ['live', 'curves'],
    ['analysis', 'slice of learningRate'],
    ['analysis', 'parallel coordinates'],
    ['analysis', 'contour of learningRate and momentum'],
    ['analysis', 'rank'],
    ['timeline', 'timeline'],
  ])('opens trials from the table behind a chart: %s, %s', async (view, chart) => {
    const page = await open(view);
    await page.getByRole('button', { name: `Table of keys: ${chart}`, exact: true }).waitFor();
    await tabTo(page, new RegExp(`^Table of keys: ${chart}$`));
    await page.keyboard.press('Enter');
    const table = page.getByRole('region', { name: `keys: ${chart}: table` });
    const link = table.getByRole('link').first();
    const number = /\d+$/.exec((await link.textContent())!)![0];
    expect(await accessibilityFaults(page)).toEqual([]);
    // The region scrolls, so that it is focused first.
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: `Trial ${number}`, exact: true }).waitFor();
    await page.close();
  });

  it('says what a line at the end of an axis of parallel coordinates lacks', async () => {
    const page = await open('analysis');
    await page.getByText('–: trials that lack the hyperparameter.').waitFor();
    await page.close();
  });

  it('a brush over lines that lack the hyperparameter, and others, selects both', async () => {
    const page = await open('analysis');
    const trials = await allTrials(service.client, id);
    const rates = trials.map(({ hyperparameters }) => hyperparameters['momentum']);
    const absent = rates.filter((rate) => rate === undefined).length;
    expect([absent > 0, absent < 20]).toEqual([true, true]);
    const chart = page.getByRole('img', { name: /as lines through learningRate, optimizer, momentum, value/ });
    await chart.locator('canvas').waitFor();
    await chart.scrollIntoViewIfNeeded();
    const { x, y, width, height } = (await chart.locator('canvas').boundingBox())!;
    // Four axes between the margins; momentum is the third. Its lowest tenth has only the lines without it.
    const at = x + 50 + ((width - 120) * 2) / 3;
    const [top, bottom] = [y + 40, y + height - 20];
    await page.mouse.move(at, top + 2);
    await page.mouse.down();
    await page.mouse.move(at, (top + bottom) / 2, { steps: 3 });
    // Beyond the end of the axis: the brush ends there.
    await page.mouse.move(at, bottom + 10, { steps: 4 });
    await page.mouse.up();
    await page.waitForURL(/select=momentum/);
    // While it is dragged, the brush is in the address too.
    const selecting = () => new URL(page.url()).searchParams.get('select')!;
    await expect.poll(selecting).toMatch(/^momentum>=\S+\|absent momentum<=\S+\|absent$/);
    const high = Number(/<=([^|]+)/.exec(selecting())![1]);
    const inside = rates.filter((rate) => rate === undefined || Number(rate) <= high).length;
    expect(inside).toBeGreaterThan(absent);
    await status(page, `${inside} trials selected`);
    await page.close();
  });
});
