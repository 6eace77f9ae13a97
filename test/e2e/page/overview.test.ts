/** The overview of a search: the history with every trial, the best trial, and learning curves. */
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browserPath, launchBrowser } from '../../support/browser.ts';
import { openPage } from '../../support/page.ts';
import { eventually } from '../../support/processes.ts';
import { ended } from '../../support/searches.ts';
import { startTestService, type TestService } from '../../support/service.ts';

const learningRate = { distribution: 'float', low: 1e-4, high: 30, scale: 'log' };
const pruned = {
  name: 'under hyperband',
  dataset: 'digits',
  hyperparameters: {
    // High enough that some diverge.
    learningRate,
    activation: { distribution: 'categorical', choices: ['relu', 'tanh'] },
    optimizer: 'sgd',
    hiddenUnits: 16,
    epochs: 9,
  },
  pruner: { type: 'hyperband' },
  budget: { trials: 60 },
};
const one = { name: 'one trial', dataset: 'iris', hyperparameters: { epochs: 3 }, budget: { trials: 1 } };
/** So many epochs that none is complete when the first reach a rung. */
const unfinished = {
  ...pruned,
  name: 'unfinished',
  hyperparameters: { ...pruned.hyperparameters, learningRate: { ...learningRate, high: 0.1 }, epochs: 2187 },
};

describe.skipIf(browserPath === undefined)('the overview of a search', () => {
  let service: TestService;
  let browser: Browser;
  const ids: Record<string, string> = {};
  beforeAll(async () => {
    service = await startTestService();
    browser = await launchBrowser();
    for (const specification of [pruned, one]) {
      const { id } = await service.client.create(specification);
      await ended(service.client, id);
      ids[specification.name] = id;
    }
  });
  afterAll(async () => {
    await browser?.close();
    await service?.close();
  });

  async function open(name: string, query = ''): Promise<Page> {
    const { page } = await openPage(browser, { viewport: { width: 1440, height: 900 } });
    await page.goto(`${service.url}/searches/${ids[name]}${query}`);
    await page.locator('.u-over').first().waitFor();
    return page;
  }

  it('fills its width, and says which trials the history shows at which epochs', async () => {
    const page = await open('under hyperband');
    const { trials } = await service.client.search(ids['under hyperband']!);
    const caption = page.getByText(/complete trials? at 9 epochs/);
    const complete = trials.complete - trials.diverged;
    expect(await caption.textContent()).toMatch(
      new RegExp(`^${complete} complete trials? at 9 epochs, ${trials.pruned} pruned at 1–3 epochs; \\d+ diverged`),
    );
    const legend = () =>
      page
        .locator('.u-legend')
        .first()
        .locator('.u-label')
        .evaluateAll((labels) => labels.map((label) => label.checkVisibility() && label.textContent));
    expect(await legend()).toEqual(['complete', 'intermediate value', 'best so far', 'baseline']);
    await page.getByLabel('pruned and paused trials').uncheck();
    await page.getByText(new RegExp(`^${complete} complete trials? at 9 epochs;`)).waitFor();
    expect(page.url()).toContain('pruned=hidden');
    const right = await page
      .locator('.overview > .card')
      .evaluateAll((cards) => cards.map((card) => card.getBoundingClientRect().right));
    const panel = (await page.getByRole('tabpanel').boundingBox())!;
    expect(Math.max(...right.slice(0, 2))).toBeCloseTo(panel.x + panel.width, -1);
    expect(await legend()).toEqual(['complete', 'best so far']);
    await page.close();
  });

  it('keeps the axis and scale of the history in the address', async () => {
    const page = await open('under hyperband');
    await page.getByLabel('x axis of the history').selectOption('time');
    await page.getByRole('img', { name: /by end time; best/ }).waitFor();
    await page.getByLabel('log y').first().check();
    expect(page.url()).toMatch(/history=time.*yscale=log|yscale=log.*history=time/);
    await page.reload();
    await page.getByRole('img', { name: /by end time; best/ }).waitFor();
    expect(await page.getByLabel('log y').first().isChecked()).toBe(true);
    await page.getByLabel('x axis of the history').selectOption('start');
    await page.getByRole('img', { name: /by start time; best/ }).waitFor();
    await page.getByRole('img', { name: /^validation accuracy by epoch of/ }).waitFor();
    await page.close();
  });

  it('names the trial under the cursor, and opens it on a click', async () => {
    const page = await open('one trial');
    for (const chart of [0, 1]) {
      const over = page.locator('.u-over').nth(chart);
      const { width, height } = (await over.boundingBox())!;
      const tip = over.locator('.chart-tooltip');
      // The height of the point depends on its value.
      for (let y = 5; y < height && !(await tip.isVisible()); y += 15)
        await over.hover({ position: { x: width / 2, y } });
      expect(await tip.textContent()).toContain('trial 0');
      if (chart > 0) continue;
      // A single trial is in the middle of the axis, not at the start of 0 … 100.
      const [ring, frame] = [(await over.locator('.chart-ring').boundingBox())!, (await over.boundingBox())!];
      expect(ring.x + ring.width / 2).toBeCloseTo(frame.x + frame.width / 2, -1);
    }
    await page.mouse.down();
    await page.mouse.up();
    await page.getByRole('heading', { name: 'Trial 0' }).waitFor();
    await page.close();
  });

  it('shows the best trial, and starts a new search with it', async () => {
    const page = await open('under hyperband');
    const { best } = await service.client.search(ids['under hyperband']!);
    await page.getByRole('heading', { name: `Best trial: trial ${best!.number}` }).waitFor();
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.getByRole('button', { name: 'Copy hyperparameters' }).click();
    await page.getByText('copied').first().waitFor();
    const { hyperparameters } = await service.client.trial(ids['under hyperband']!, best!.number);
    expect(JSON.parse(await page.evaluate(() => navigator.clipboard.readText()))).toEqual(hyperparameters);
    await page.getByRole('link', { name: 'New search from this' }).click();
    await page.getByRole('heading', { name: 'New search' }).waitFor();
    await page.getByRole('button', { name: 'Start search' }).click();
    await page.getByRole('heading', { name: 'under hyperband, again' }).waitFor();
    const id = /searches\/([0-9a-f-]{36})/.exec(page.url())![1]!;
    expect((await service.client.search(id)).specification.enqueue).toEqual([hyperparameters]);
    await service.client.cancel(id);
    await page.close();
  });

  it('shows the curves of the best ten, coloured by a hyperparameter', async () => {
    const page = await open('under hyperband');
    await page.getByLabel('Curves of which trials').selectOption('10');
    await page.getByText(/^10 of 60 trials/).waitFor();
    await page.getByLabel('Colour of the curves').selectOption('learningRate');
    await page.getByText('learningRate 1e-4').waitFor();
    await page.getByLabel('Colour of the curves').selectOption('activation');
    await page.getByRole('img', { name: /coloured by activation/ }).waitFor();
    await page.close();
  });

  it('says below every chart of the analysis which trials it has, at which epochs', async () => {
    const { page } = await openPage(browser, { viewport: { width: 1440, height: 900 } });
    await page.goto(`${service.url}/searches/${ids['under hyperband']}?view=analysis`);
    const { trials } = await service.client.search(ids['under hyperband']!);
    const complete = `${trials.complete - trials.diverged} complete trials? at 9 epochs`;
    const said = async (title: string) =>
      page
        .locator('section', { has: page.getByRole('heading', { name: title, exact: true }) })
        .locator('.population')
        .textContent();
    // Values at other epochs are drawn as such, or left out where values are compared.
    for (const title of ['Slice', 'Parallel coordinates']) {
      expect(await said(title)).toMatch(new RegExp(`^${complete}, ${trials.pruned} pruned at 1–3 epochs\\.`));
    }
    for (const title of ['Rank', 'Empirical CDF']) expect(await said(title)).toMatch(new RegExp(`^${complete}\\.`));
    await page.getByLabel('pruned and paused trials').first().uncheck();
    for (const title of ['Slice', 'Parallel coordinates']) {
      await expect.poll(() => said(title)).toMatch(new RegExp(`^${complete}\\.`));
    }
    expect(page.url()).toContain('pruned=hidden');
    await page.close();
  });

  it('has no blank chart when trials have ended and none is complete, with tpe and hyperband', async () => {
    const { id } = await service.client.create({
      ...unfinished,
      name: 'cancelled early',
      hyperparameters: {
        ...unfinished.hyperparameters,
        hiddenUnits: { distribution: 'int', low: 8, high: 32, scale: 'log' },
      },
      sampler: { type: 'tpe', seed: 2 },
      pruner: { type: 'hyperband', minEpochs: 1 },
    });
    await eventually(async () => (await service.client.search(id)).trials.paused >= 24);
    await service.client.cancel(id);
    const { trials } = await ended(service.client, id);
    expect(trials.complete - trials.diverged).toBe(0);
    const { page } = await openPage(browser, { viewport: { width: 1440, height: 900 } });
    await page.goto(`${service.url}/searches/${id}`);
    await page.getByText(/ cancelled or failed at /).waitFor();
    const drawn = async (canvas: Locator) => {
      await canvas.waitFor();
      await expect.poll(() => canvas.evaluate(colouredPixels)).toBeGreaterThan(24 * 5);
    };
    await drawn(page.locator('canvas').first());
    // Curves of ended trials are grey.
    await page.getByLabel('Colour of the curves').selectOption('learningRate');
    await drawn(page.locator('canvas').nth(1));
    await page.getByRole('tab', { name: 'Analysis' }).click();
    for (const title of ['Slice', 'Parallel coordinates', 'Contour', 'Rank', 'Empirical CDF']) {
      const card = page.locator('section', { has: page.getByRole('heading', { name: title, exact: true }) });
      await drawn(card.locator('canvas'));
      expect(await card.locator('.population').textContent()).toMatch(
        /^(2[4-9]|[3-9]\d) cancelled or failed at 1 epoch/,
      );
    }
    const importance = page.locator('section', {
      has: page.getByRole('heading', { name: 'Hyperparameter importance' }),
    });
    await importance.getByText(/by their values after \d+ epochs?\./).waitFor();
    expect(await importance.locator('.track').count()).toBe(3);
    await importance.getByLabel('Trials of the importance').selectOption('complete');
    await importance.getByText('0 trials are too few').waitFor();
    expect(page.url()).toContain('importance=complete');
    await page.close();
  });

  it('compares trials after as many epochs while few are complete', async () => {
    const { id } = await service.client.create({
      ...pruned,
      name: 'few complete',
      hyperparameters: { ...pruned.hyperparameters, learningRate: { ...learningRate, high: 0.1 }, epochs: 27 },
      sampler: { type: 'tpe', seed: 2 },
      budget: { trials: 24 },
    });
    const { trials } = await ended(service.client, id);
    expect([trials.complete < 10, trials.diverged]).toEqual([true, 0]);
    const { page } = await openPage(browser, { viewport: { width: 1440, height: 900 } });
    await page.goto(`${service.url}/searches/${id}?view=analysis`);
    for (const title of ['Rank', 'Empirical CDF']) {
      const card = page.locator('section', { has: page.getByRole('heading', { name: title, exact: true }) });
      await expect
        .poll(() => card.locator('.population').textContent())
        .toMatch(
          new RegExp(`^[12]\\d trials by their values after \\d+ epochs?, ${trials.complete} of them complete\\.`),
        );
    }
    await page.close();
  });

  it('shows a provisional best while no trial is complete', async () => {
    const { id } = await service.client.create(unfinished);
    ids['unfinished'] = id;
    await eventually(async () => (await service.client.search(id)).trials.paused > 1);
    const page = await open('unfinished');
    await page.getByRole('heading', { name: /^Provisional best: trial \d+/ }).waitFor();
    expect(await page.locator('.best-trial').textContent()).toMatch(/baseline, most frequent class\s*0\.\d+/);
    await page.getByText('No trial is complete yet: the line is the provisional best').waitFor();
    await service.client.cancel(id);
    await page.close();
  });
});

/** How many pixels of a canvas are neither transparent nor grey. */
function colouredPixels(element: Element): number {
  const canvas = element as HTMLCanvasElement;
  const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
  let found = 0;
  for (let i = 0; i < data.length; i += 4) {
    const [red, green, blue] = [data[i]!, data[i + 1]!, data[i + 2]!];
    if (data[i + 3]! > 100 && Math.max(red, green, blue) - Math.min(red, green, blue) > 40) found++;
  }
  return found;
}
