/** Trials selected by a box in a chart: one selection, in the address, that every chart and the table show and Escape clears. */
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Table } from '../../../web/src/api.ts';
import { browserPath, launchBrowser } from '../../support/browser.ts';
import { openPage } from '../../support/page.ts';
import { ended } from '../../support/searches.ts';
import { startTestService, type TestService } from '../../support/service.ts';

const specification = {
  name: 'boxes',
  dataset: 'iris',
  hyperparameters: {
    learningRate: { distribution: 'float', low: 1e-4, high: 1, scale: 'log' },
    hiddenUnits: { distribution: 'int', low: 4, high: 64, scale: 'log' },
    activation: { distribution: 'categorical', choices: ['relu', 'tanh'] },
    epochs: 4,
  },
  sampler: { type: 'random', seed: 4 },
  budget: { trials: 40 },
};

describe.skipIf(browserPath === undefined)('a box in a chart', () => {
  let service: TestService;
  let browser: Browser;
  let id: string;
  let table: Table;
  beforeAll(async () => {
    service = await startTestService();
    browser = await launchBrowser();
    ({ id } = await service.client.create(specification));
    await ended(service.client, id);
    table = (await (await fetch(`${service.url}/v1/searches/${id}/table`)).json()) as Table;
  });
  afterAll(async () => {
    await browser?.close();
    await service?.close();
  });

  async function open(query = ''): Promise<Page> {
    const { page } = await openPage(browser, { viewport: { width: 1440, height: 900 } });
    await page.goto(`${service.url}/searches/${id}${query}`);
    return page;
  }

  /** Drags from one point of an element to another, both as shares of its width and height. */
  async function drag(page: Page, element: Locator, from: [number, number], to: [number, number]): Promise<void> {
    await element.scrollIntoViewIfNeeded();
    const { x, y, width, height } = (await element.boundingBox())!;
    await page.mouse.move(x + from[0] * width, y + from[1] * height);
    await page.mouse.down();
    await page.mouse.move(x + ((from[0] + to[0]) / 2) * width, y + ((from[1] + to[1]) / 2) * height, { steps: 3 });
    await page.mouse.move(x + to[0] * width, y + to[1] * height, { steps: 3 });
    await page.mouse.up();
  }

  /** How many trials with a value fulfil this. */
  const countOf = (holds: (i: number) => boolean) =>
    table.trials.number.filter((_: number, i: number) => table.trials.value[i] !== null && holds(i)).length;
  const status = async (page: Page, count: number) => {
    const shown = page.getByRole('region', { name: 'Selected trials' }).getByRole('status');
    await expect.poll(async () => `${await shown.textContent()} ${page.url()}`).toContain(`${count} trials selected`);
  };

  it('selects trials in the history with Shift, or as chosen, and otherwise zooms', async () => {
    const page = await open();
    const history = page.locator('.u-over').first();
    await history.waitFor();
    await page.keyboard.down('Shift');
    await drag(page, history, [0.01, 0.01], [0.5, 0.99]);
    await page.keyboard.up('Shift');
    // The axis goes from trial 0 to 39.
    await status(
      page,
      countOf((i) => table.trials.number[i]! >= 1 && table.trials.number[i]! <= 19),
    );
    expect(new URL(page.url()).searchParams.get('select')).toMatch(/^number>=\S+ number<=\S+ value>=\S+ value<=\S+$/);
    await page.keyboard.press('Escape');
    await page.getByText('trials selected').waitFor({ state: 'detached' });
    expect(page.url()).not.toContain('select=');
    // Zooms to the right half; a box over all of that selects what is in it, and the zoom remains.
    await drag(page, history, [0.5, 0.1], [0.999, 0.9]);
    expect(page.url()).not.toContain('select=');
    await page.getByLabel('Dragging in charts').first().selectOption('select');
    expect(page.url()).toContain('drag=select');
    await drag(page, history, [0.001, 0.01], [0.999, 0.99]);
    await status(
      page,
      countOf((i) => table.trials.number[i]! >= 20),
    );
    await drag(page, page.locator('.u-over').first(), [0.001, 0.01], [0.5, 0.99]);
    await status(
      page,
      countOf((i) => table.trials.number[i]! >= 20 && table.trials.number[i]! <= 29),
    );
    await page.getByRole('button', { name: 'Show in the table' }).click();
    await page
      .getByRole('status')
      .filter({ hasText: /^\d+ trials$/ })
      .waitFor();
    await page.close();
  });

  it('forgets the zoom when x stands for something else', async () => {
    const page = await open();
    const history = page.locator('.u-over').first();
    await history.waitFor();
    await drag(page, history, [0.5, 0.1], [0.999, 0.9]);
    await page.getByLabel('x axis of the history').selectOption('time');
    await page.getByRole('img', { name: /by end time/ }).waitFor();
    await page.getByLabel('x axis of the history').selectOption('number');
    await page.getByRole('img', { name: /by trial/ }).waitFor();
    await page.getByLabel('Dragging in charts').selectOption('select');
    await drag(page, page.locator('.u-over').first(), [0.001, 0.01], [0.999, 0.99]);
    await status(
      page,
      countOf(() => true),
    );
    await page.close();
  });

  it('selects trials by time, as numbers', async () => {
    const page = await open('?history=time&drag=select');
    const history = page.locator('.u-over').first();
    await history.waitFor();
    await drag(page, history, [0.001, 0.01], [0.6, 0.99]);
    await page.waitForURL(/select=\d/);
    const numbers = new URL(page.url()).searchParams.get('select')!;
    expect(numbers).toMatch(/^[\d,-]+$/);
    await page.close();
  });

  it('selects trials in the slice, zooms there, and contour and CDF show them', async () => {
    const page = await open('?view=analysis&slice=learningRate');
    const card = page.locator('section', { has: page.getByRole('heading', { name: 'Slice', exact: true }) });
    await card.getByLabel('Dragging in charts').selectOption('select');
    const chart = card.locator('canvas');
    await chart.waitFor();
    const { width, height } = (await chart.boundingBox())!;
    // The margins of its grid; the axis goes from 1e-4 to 1.
    const [left, right, top, bottom] = [65 / width, 1 - 20 / width, 30 / height, 1 - 45 / height];
    const rates = table.points['learningRate']!;
    const at = widestGap(rates.map((rate) => (Math.log10(Number(rate)) + 4) / 4));
    const xOf = (unit: number) => left + unit * (right - left);
    const from: [number, number] = [xOf(at), top + 0.01];
    const to: [number, number] = [right - 0.001, bottom - 0.01];
    await drag(page, chart, from, to);
    const expected = countOf((i) => Number(rates[i]) >= 10 ** (4 * at - 4));
    expect(expected).toBeGreaterThan(3);
    await status(page, expected);
    expect(new URL(page.url()).searchParams.get('select')).toMatch(/^learningRate>=\S+ learningRate<=\S+ value>=/);
    await page.getByRole('img', { name: new RegExp(`^validationAccuracy over .* ${expected} selected`) }).waitFor();
    const cdf = page.locator('section', { has: page.getByRole('heading', { name: 'Empirical CDF' }) });
    await cdf.locator('.u-legend').getByText('selected').waitFor();
    await page.getByRole('img', { name: new RegExp(`^share of .*, and of ${expected} selected`) }).waitFor();
    // The selected points of the contour have the colour that stands for selected ones.
    const contour = page.locator('section', { has: page.getByRole('heading', { name: 'Contour', exact: true }) });
    const marked = () => contour.locator('canvas').evaluate(redPixels);
    await expect.poll(marked).toBeGreaterThan(5 * expected);
    await page.keyboard.press('Escape');
    await expect.poll(marked).toBe(0);
    await card.getByLabel('Dragging in charts').selectOption('zoom');
    await drag(page, chart, from, to);
    await card.getByRole('button', { name: 'Reset zoom' }).waitFor();
    expect(page.url()).not.toContain('select=');
    // Now the whole axis is what was dragged.
    await page.keyboard.down('Shift');
    await drag(page, chart, [left + 0.001, from[1]], to);
    await page.keyboard.up('Shift');
    await status(page, expected);
    await card.getByRole('button', { name: 'Reset zoom' }).click();
    await page.getByRole('button', { name: 'Clear selection' }).click();
    await page.getByText('trials selected').waitFor({ state: 'detached' });
    await page.close();
  });

  it('colours the slice by trial number, or by another hyperparameter', async () => {
    const page = await open('?view=analysis&slice=learningRate');
    const card = page.locator('section', { has: page.getByRole('heading', { name: 'Slice', exact: true }) });
    // Both ends of the gradient.
    const ends = () => card.locator('canvas').evaluate(gradientEnds);
    await card.locator('canvas').waitFor();
    await expect.poll(ends).toEqual([false, false]);
    await card.getByLabel('Colour of the points').selectOption('trial');
    await expect.poll(ends).toEqual([true, true]);
    await card.locator('.colour-bar').waitFor();
    expect(page.url()).toContain('slice-colour=trial');
    await card.getByLabel('Colour of the points').selectOption('activation');
    await page.getByRole('img', { name: /coloured by activation/ }).waitFor();
    await expect.poll(ends).toEqual([false, false]);
    await page.close();
  });

  it('selects choices', async () => {
    const page = await open('?view=analysis&slice=activation&drag=select');
    const card = page.locator('section', { has: page.getByRole('heading', { name: 'Slice', exact: true }) });
    const chart = card.locator('canvas');
    await chart.waitFor();
    const { width, height } = (await chart.boundingBox())!;
    const [left, middle] = [65 / width, (65 / width + 1 - 20 / width) / 2];
    await drag(page, chart, [left + 0.05, 32 / height], [middle - 0.05, 1 - 47 / height]);
    await status(
      page,
      countOf((i) => table.points['activation']![i] === 'relu'),
    );
    await page.close();
  });

  it('is cleared by Escape in every view, but not while Escape closes something else', async () => {
    const page = await open('?select=1-3');
    for (const tab of ['Overview', 'Trials', 'Analysis', 'Problems', 'Pruning', 'Timeline', 'Specification']) {
      await page.getByRole('tab', { name: tab }).click();
      await status(page, 3);
      await page.getByText('Export', { exact: true }).click();
      await page.keyboard.press('Escape');
      await status(page, 3);
      await page.keyboard.press('Escape');
      await page.getByText('trials selected').waitFor({ state: 'detached' });
      await page.goBack();
      await page.goto(`${service.url}/searches/${id}?select=1-3`);
    }
    await page.close();
  });
});

/** The middle of the widest gap between values from 0 to 1, of those in the middle: a box that begins there does not depend on a pixel. */
function widestGap(values: readonly number[]): number {
  const sorted = values.filter((value) => value > 0.3 && value < 0.7).sort((a, b) => a - b);
  const gaps = sorted.slice(1).map((value, i) => ({ width: value - sorted[i]!, at: (value + sorted[i]!) / 2 }));
  return gaps.sort((a, b) => b.width - a.width)[0]!.at;
}

/** How many pixels of a canvas are as red as selected points are. */
function redPixels(element: Element): number {
  const canvas = element as HTMLCanvasElement;
  const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
  let found = 0;
  for (let i = 0; i < data.length; i += 4) {
    if (data[i]! > 150 && data[i + 1]! < 90 && data[i + 2]! < 90 && data[i + 3]! > 200) found++;
  }
  return found;
}

/** Whether a canvas has the first and the last colour of the gradient of trials, as far as points that overlap leave them. */
function gradientEnds(element: Element): boolean[] {
  const canvas = element as HTMLCanvasElement;
  const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
  const has = (red: number, green: number, blue: number) => {
    for (let i = 0; i < data.length; i += 4) {
      const near = Math.abs(data[i]! - red) + Math.abs(data[i + 1]! - green) + Math.abs(data[i + 2]! - blue) < 24;
      if (near && data[i + 3]! > 0) return true;
    }
    return false;
  };
  return [has(88, 80, 214), has(226, 130, 40)];
}
