/** Searches compared on the page: chosen in the list, grouped by seed, and never drawn in one chart if their values are not comparable. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { quantile } from '../../../src/algorithms/quantile.ts';
import type { History } from '../../../src/contract/analysis.ts';
import type { Search } from '../../../src/domain/search.ts';
import { formatNumber, formatValue } from '../../../src/format.ts';
import { browserPath, launchBrowser } from '../../support/browser.ts';
import { accessibilityFaults, openPage } from '../../support/page.ts';
import { ended } from '../../support/searches.ts';
import { startTestService, type TestService } from '../../support/service.ts';

const iris = (name: string, more: object = {}) => ({
  name,
  dataset: 'iris',
  hyperparameters: { learningRate: { distribution: 'float', low: 1e-4, high: 0.3, scale: 'log' }, epochs: 4 },
  budget: { trials: 12 },
  ...more,
});
const specifications = [
  ...[1, 2, 3].map((seed) => iris(`random ${seed}`, { sampler: { type: 'random', seed } })),
  iris('hyperband', { sampler: { type: 'random', seed: 1 }, pruner: { type: 'hyperband' } }),
  iris('on wine', { dataset: 'wine' }),
];

describe.skipIf(browserPath === undefined)('the comparison of searches', () => {
  let service: TestService;
  let browser: Browser;
  const searches = new Map<string, Search>();
  beforeAll(async () => {
    service = await startTestService();
    browser = await launchBrowser();
    for (const specification of specifications) {
      const { id } = await service.client.create(specification);
      searches.set(specification.name, await ended(service.client, id));
    }
  });
  afterAll(async () => {
    await browser?.close();
    await service?.close();
  });
  const addressOf = (...names: string[]) =>
    `${service.url}/compare?ids=${names.map((name) => searches.get(name)!.id).join(',')}`;

  it('is of those ticked in the list, however many, and its address has them', async () => {
    const { page, complaints } = await openPage(browser);
    await page.goto(service.url);
    for (const { name } of specifications.slice(0, 4))
      await page.getByLabel(`Compare ${name}`, { exact: true }).check();
    await page.getByRole('button', { name: 'Compare 4' }).click();
    await page.getByRole('img', { name: /^best validationAccuracy so far by trial: random 1 \(3 seeds\)/ }).waitFor();
    for (const { name } of specifications.slice(0, 4)) expect(page.url()).toContain(searches.get(name)!.id);
    const differences = page.getByRole('region', { name: 'Differences' });
    expect(await differences.getByRole('rowheader').allTextContents()).toEqual([
      'sampler.seed',
      'pruner.type',
      'pruner.minEpochs',
      'pruner.reductionFactor',
    ]);
    expect(await differences.getByRole('row', { name: 'sampler.seed' }).getByRole('cell').allTextContents()).toEqual([
      '1',
      '2',
      '3',
      '1',
    ]);
    await page.goBack();
    await page.getByRole('button', { name: 'Compare 4' }).waitFor();
    for (const { name } of specifications.slice(0, 4))
      expect(await page.getByLabel(`Compare ${name}`, { exact: true }).isChecked()).toBe(true);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('has the median and quartiles of searches that differ only in their seed, over trials, epochs and time', async () => {
    const { page } = await openPage(browser);
    await page.goto(addressOf('random 1', 'random 2', 'random 3', 'hyperband'));
    const bests = [1, 2, 3].map((seed) => searches.get(`random ${seed}`)!.best!.value);
    const quartiles = [0.5, 0.25, 0.75].map((share) => formatValue(quantile(bests, share)));
    const group = page.getByRole('region', { name: 'Compared searches' }).getByRole('row', { name: /3 seeds/ });
    expect(await group.textContent()).toContain(`${quartiles[0]}${quartiles[1]} … ${quartiles[2]}`);
    await page
      .getByRole('button', { name: /^Table of/ })
      .first()
      .click();
    const last = page
      .getByRole('region', { name: 'compared: validationAccuracy on iris: table' })
      .getByRole('row')
      .last();
    expect(await last.getByRole('cell').allTextContents()).toEqual([
      '12',
      ...quartiles,
      formatValue(searches.get('hyperband')!.best!.value),
    ]);
    await page.getByLabel('x axis').selectOption('epochs');
    await page.getByRole('img', { name: /so far by epochs trained/ }).waitFor();
    // Epochs of the group: 12 trials of 4 epochs.
    expect(await last.getByRole('cell').first().textContent()).toBe('48');
    await page.getByLabel('x axis').selectOption('time');
    expect(page.url()).toContain('over=time');
    await page.reload();
    await page.getByRole('img', { name: /so far by time/ }).waitFor();
    await page.close();
  });

  it('has the empirical CDF of each, those that differ only in their seed together', async () => {
    const { page } = await openPage(browser);
    const names = ['random 1', 'random 2', 'random 3', 'hyperband'];
    await page.goto(addressOf(...names));
    await page
      .getByRole('img', { name: /^share of complete trials .*: random 1 \(3 seeds\), 36 trials; hyperband/ })
      .waitFor();
    await page
      .getByRole('button', { name: /^Table of/ })
      .nth(1)
      .click();
    const values = await Promise.all(
      names.map(async (name) => {
        const response = await fetch(`${service.url}/v1/searches/${searches.get(name)!.id}/history`);
        return ((await response.json()) as History).points.map(({ value }) => value);
      }),
    );
    const [random, hyperband] = [values.slice(0, 3).flat(), values[3]!];
    const shareOf = (sample: readonly number[], value: number) =>
      formatValue(sample.filter((one) => one <= value).length / sample.length);
    const table = page.getByRole('region', { name: 'compared: empirical CDF of validationAccuracy on iris: table' });
    const rows = await table.locator('tbody tr').all();
    const distinct = [...new Set([...random, ...hyperband])].sort((a, b) => a - b);
    expect(await Promise.all(rows.map((row) => row.getByRole('cell').allTextContents()))).toEqual(
      distinct.map((value) => [formatNumber(value), shareOf(random, value), shareOf(hyperband, value)]),
    );
    await page.close();
  });

  it('draws values of different data sets in charts of their own, says so, and drops the others on demand', async () => {
    const { page } = await openPage(browser);
    await page.goto(addressOf('random 1', 'on wine', 'hyperband'));
    await page.getByRole('note').getByText('different data sets, iris and wine').waitFor();
    const headings = page.getByRole('heading', { name: /^Optimization history/ });
    expect(await headings.allTextContents()).toEqual([
      'Optimization history: validationAccuracy on iris',
      'Optimization history: validationAccuracy on wine',
    ]);
    await page.getByRole('button', { name: 'Compare only these 2' }).click();
    await page.getByRole('note').waitFor({ state: 'detached' });
    expect(page.url()).not.toContain(searches.get('on wine')!.id);
    await page.getByRole('button', { name: 'Remove hyperband from the comparison' }).click();
    await page.getByText('Add another search to compare.').waitFor();
    await page.close();
  });

  it('begins at the head of a search, where comparable ones come first', async () => {
    const { page } = await openPage(browser);
    await page.goto(`${service.url}/searches/${searches.get('hyperband')!.id}`);
    await page.getByRole('link', { name: 'Compare…' }).click();
    const add = page.getByLabel('Add a search');
    await add.locator('optgroup').nth(1).waitFor({ state: 'attached' });
    expect(await add.locator('optgroup').nth(0).locator('option').allTextContents()).toEqual([
      'random 3 · iris',
      'random 2 · iris',
      'random 1 · iris',
    ]);
    await add.selectOption({ label: 'random 2 · iris' });
    await page.getByRole('img', { name: /hyperband .*, random 2/ }).waitFor();
    await page.close();
  });

  for (const colorScheme of ['light', 'dark'] as const) {
    it(`fits a phone and is accessible, ${colorScheme}`, async () => {
      const { page } = await openPage(browser, { colorScheme, viewport: { width: 390, height: 800 } });
      await page.goto(addressOf(...specifications.map(({ name }) => name)));
      await page.locator('.u-over').nth(1).waitFor();
      await page
        .getByRole('button', { name: /^Table of/ })
        .first()
        .click();
      expect(await accessibilityFaults(page)).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
      await page.close();
    });
  }

  it('says which search is not there', async () => {
    const { page } = await openPage(browser);
    await page.goto(`${addressOf('random 1')},00000000-0000-4000-8000-000000000000`);
    await page.getByRole('alert').waitFor();
    const rest = page.getByRole('region', { name: 'Compared searches' }).getByRole('link', { name: 'random 1' });
    await rest.waitFor();
    await page.getByRole('button', { name: 'Remove it from the comparison' }).click();
    await page.getByRole('alert').waitFor({ state: 'detached' });
    await rest.waitFor();
    await page.close();
  });
});
