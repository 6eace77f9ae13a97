/** What a search and its trials say is true of searches of every kind: k-fold, conditional, regression, pruned. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browserPath, launchBrowser } from '../../support/browser.ts';
import { openPage } from '../../support/page.ts';
import { allTrials, contradictory, ended, lasting } from '../../support/searches.ts';
import { startTestService, type TestService } from '../../support/service.ts';

const learningRate = { distribution: 'float', low: 1e-4, high: 1e-1, scale: 'log' } as const;

describe.skipIf(browserPath === undefined)('what the page says', () => {
  let service: TestService;
  let browser: Browser;
  let folds: string;
  beforeAll(async () => {
    service = await startTestService();
    browser = await launchBrowser();
    folds = await create({
      name: 'five folds',
      dataset: 'iris',
      hyperparameters: {
        learningRate,
        optimizer: { distribution: 'categorical', choices: ['sgd', 'momentum'] },
        momentum: { distribution: 'float', low: 0.5, high: 0.99, when: { optimizer: ['momentum'] } },
        epochs: 8,
      },
      validation: { type: 'kFold', folds: 5 },
      budget: { trials: 24 },
    });
  });
  afterAll(async () => {
    await browser?.close();
    await service?.close();
  });

  async function create(specification: object): Promise<string> {
    const { id } = await service.client.create(specification);
    await ended(service.client, id);
    return id;
  }

  async function open(path: string): Promise<Page> {
    const { page } = await openPage(browser, { viewport: { width: 1440, height: 900 } });
    await page.goto(service.url + path);
    return page;
  }

  it('has uncertainties with two significant digits', async () => {
    const page = await open(`/searches/${folds}`);
    const cells = page.locator('table', { has: page.getByText('problems', { exact: true }) }).locator('td.number');
    await cells.filter({ hasText: '±' }).first().waitFor();
    const best = page.locator('.best-trial');
    await best.getByText('±').waitFor();
    const texts = [...(await cells.filter({ hasText: '±' }).allTextContents()), (await best.textContent())!];
    const { best: found } = await service.client.search(folds);
    await page.goto(`${service.url}/searches/${folds}/trials/${found!.number}`);
    const tile = page.locator('.tiles dd').filter({ hasText: '±' });
    await tile.waitFor();
    texts.push((await tile.textContent())!);
    const spreads = texts.map((text) => /± ?0?\.?0*([\d.]+)/.exec(text)![1]!.replace('.', ''));
    expect(spreads.length).toBeGreaterThan(3);
    expect(spreads.filter((digits) => digits.length > 2)).toEqual([]);
    await page.close();
  });

  it('has the loss of a regression in trials that were pruned, too', async () => {
    const regression = await create({
      dataset: 'diabetes',
      hyperparameters: { learningRate, epochs: 9 },
      pruner: { type: 'hyperband' },
      budget: { trials: 9 },
    });
    const pruned = (await allTrials(service.client, regression)).find(({ state }) => state === 'pruned')!;
    const page = await open(`/searches/${regression}/trials/${pruned.number}`);
    const loss = page.locator('dl.settings > div', { has: page.getByText('loss', { exact: true }) }).locator('dd');
    await loss.waitFor();
    expect(await loss.textContent()).toBe('meanSquaredError');
    await page.close();
  });

  it('says that a filter asks for a choice that there is not', async () => {
    const page = await open(`/searches/${folds}?view=trials&ranges=optimizer=momentun`);
    await page.getByText('optimizer has no choice momentun; did you mean momentum?').waitFor();
    await page.close();
  });

  it('does not call rows of the timeline threads where trials share the threads', async () => {
    const page = await open(`/searches/${folds}?view=timeline`);
    await page.getByText('One row per trial that a worker trained at a time: folds of several trials share').waitFor();
    expect(await page.getByText('One row per thread').count()).toBe(0);
    await page.close();
  });

  it('calls suggestions by what they ask for', async () => {
    const page = await open(`/searches/${await create(contradictory)}?view=findings`);
    await page.getByText(/^At most one of them can be applied: this, or “raise the bound to [^”]*”\.$/).waitFor();
    await page.getByText(/^At most one of them can be applied: this, or “widen it to [^”]*”\.$/).waitFor();
    expect(await page.getByText('learningRate.raise').count()).toBe(0);
    await page.close();
  });

  it('calls trials that diverged by that state in the filter and in conditions', async () => {
    const diverging = await create({
      dataset: 'iris',
      hyperparameters: { learningRate: { ...learningRate, high: 1e3 }, optimizer: 'sgd', epochs: 6 },
      budget: { trials: 24 },
    });
    const { trials } = await service.client.search(diverging);
    expect([trials.diverged > 1, trials.complete - trials.diverged > 1]).toEqual([true, true]);
    const page = await open(`/searches/${diverging}?view=trials`);
    const shown = (count: number) => page.getByRole('status').filter({ hasText: new RegExp(`^${count} trials$`) });
    await shown(24).waitFor();
    await page.getByLabel('State', { exact: true }).selectOption('diverged');
    await shown(trials.diverged).waitFor();
    expect(await page.locator('.trial-table .body .chip').first().textContent()).toContain('diverged');
    await page.getByLabel('State', { exact: true }).selectOption('complete');
    await shown(trials.complete - trials.diverged).waitFor();
    // All that have a value are compared: those that diverged are missing in no sample.
    await page.goto(`${service.url}/compare?ids=${diverging}`);
    await page.getByText('Complete trials.', { exact: true }).waitFor();
    await page.goto(`${service.url}/searches/${diverging}?view=findings`);
    await page.locator('.evidence dd').first().waitFor();
    expect(await page.locator('.evidence dd').allTextContents()).not.toContain('–');
    await page.goto(`${service.url}/searches/${diverging}?view=trials`);
    await page.getByLabel('Ranges').fill('state=diverged');
    await shown(trials.diverged).waitFor();
    await page.close();
  });

  it('says of a search that was cancelled before any epoch that nothing was trained', async () => {
    const { id } = await service.client.create({ ...lasting(20_000, 500), name: 'cancelled at once' });
    await service.client.cancel(id);
    const { epochs } = await ended(service.client, id);
    expect(epochs).toBe(0);
    const page = await open(`/searches/${id}?view=findings`);
    await page.getByText('No trial has trained an epoch yet.').waitFor();
    expect(await page.getByText(/No problems were found/).count()).toBe(0);
    await page.close();
  });

  it('says which trials have no curve, and calls curves a sample only where there are more', async () => {
    const cut = await create({ ...lasting(20_000, 3), limits: { trialSeconds: 0.01, attempts: 1 } });
    const page = await open(`/searches/${cut}`);
    await page.getByText(/^0 of 3 trials; the others have not ended an epoch$/).waitFor();
    const whole = await create({
      dataset: 'iris',
      hyperparameters: { learningRate, epochs: 2 },
      budget: { trials: 180 },
    });
    await page.goto(`${service.url}/searches/${whole}`);
    await page.getByText(/^151 of 180 trials, a sample: /).waitFor();
    await page.close();
  });

  it('begins with the curves of the objective, and names the metric beside a loss', async () => {
    const objective = { metric: 'validationLoss' };
    const hyperparameters = { learningRate, epochs: 2 };
    for (const [dataset, metric] of [
      ['iris', 'validation accuracy'],
      ['diabetes', 'validation RMSE'],
    ] as const) {
      const id = await create({ dataset, objective, hyperparameters, budget: { trials: 3 } });
      const page = await open(`/searches/${id}`);
      await page.getByRole('img', { name: /^validation loss by epoch of 3 trials/ }).waitFor();
      await page.getByLabel('Which curves').selectOption({ label: metric });
      await page.getByRole('img', { name: new RegExp(`^${metric} by epoch of 3 trials`) }).waitFor();
      await page.reload();
      await page.getByRole('img', { name: new RegExp(`^${metric} by epoch of 3 trials`) }).waitFor();
      await page.close();
    }
  });

  it('says what it does not understand of the selection of an address', async () => {
    for (const view of ['live', 'trials']) {
      const page = await open(`/searches/${folds}?view=${view}&select=${encodeURIComponent('lr>0.1')}`);
      const strip = page.getByRole('region', { name: 'Selected trials' });
      await strip.getByText('0 trials selected').waitFor();
      await strip.getByText('there is no column lr; did you mean learningRate?').waitFor();
      // Numbers that the search does not have are no trials in any view.
      await page.goto(`${service.url}/searches/${folds}?view=${view}&select=3,900-950`);
      await strip.getByText('1 trial selected').waitFor();
      await page.close();
    }
  });

  it('shows a trial once it can be read, after neither it nor its search could', async () => {
    const page = await open('/');
    const lost = `**/v1/searches/${folds}*`;
    const lostTrial = `**/v1/searches/${folds}/trials/*`;
    for (const path of [lost, lostTrial]) await page.route(path, (route) => route.abort());
    await page
      .locator('.searches')
      .getByRole('link', { name: /^best trial/ })
      .first()
      .waitFor();
    await page
      .getByRole('row', { name: /five folds/ })
      .getByRole('link', { name: /^best trial/ })
      .press('Enter');
    await page.getByText('The service does not answer').waitFor();
    for (const path of [lost, lostTrial]) await page.unroute(path);
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('heading', { name: /^Trial \d+$/, level: 1 }).waitFor();
    await page.close();
  });

  it('says of addresses that lead to nothing what is missing, and does not offer to try again', async () => {
    const page = await open('/searches/nothing');
    for (const [path, title] of [
      ['/searches/nothing', 'Search not found'],
      ['/searches/nothing/trials/0', 'Trial not found'],
      [`/searches/${folds}/trials/999`, 'Trial not found'],
      [`/searches/${folds}/trials/first`, 'Trial not found'],
      ['/models/nothing', 'Model not found'],
      ['/models/00000000-0000-4000-8000-000000000000', 'Model not found'],
    ] as const) {
      await page.goto(service.url + path);
      await page.getByRole('heading', { name: title, level: 1 }).waitFor();
      expect(await page.getByRole('button', { name: 'Try again' }).count()).toBe(0);
    }
    await page.goto(`${service.url}/?state=done`);
    await page.getByText('state: must be one of').waitFor();
    await page.getByRole('link', { name: 'All searches' }).click();
    await page.getByRole('heading', { name: 'Searches', level: 1 }).waitFor();
    await page.close();
  });
});
