/** Every view, light, dark and on a phone: it shows what it is for, axe finds no serious fault, the console stays silent. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browserPath, launchBrowser } from '../../support/browser.ts';
import { accessibilityFaults, changeTheme, openPage, rulesOfColours, type TestPage } from '../../support/page.ts';
import { eventually } from '../../support/processes.ts';
import { ended } from '../../support/searches.ts';
import { startTestService, type TestService } from '../../support/service.ts';

/** Badly set, so that there is something to find: rates far too high, no batch norm, sigmoid among the choices. */
const badlySet = {
  name: 'badly set',
  dataset: 'iris',
  hyperparameters: {
    learningRate: { distribution: 'float', low: 1e-4, high: 100, scale: 'log' },
    hiddenUnits: { distribution: 'int', low: 8, high: 64, scale: 'log' },
    activation: { distribution: 'categorical', choices: ['relu', 'sigmoid'] },
    optimizer: 'sgd',
    epochs: 10,
  },
  sampler: { type: 'random', seed: 5 },
  budget: { trials: 60 },
};
const pruned = {
  name: 'pruned',
  dataset: 'diabetes',
  sampler: { type: 'tpe', seed: 1 },
  pruner: { type: 'hyperband' },
  validation: { type: 'kFold', folds: 3, test: 0.2 },
  budget: { trials: 20 },
};
const staged = {
  name: 'coarse to fine',
  dataset: 'iris',
  stages: [
    { epochs: 2, trials: 12 },
    { epochs: 6, trials: 6 },
  ],
};

describe.skipIf(browserPath === undefined)('the views', () => {
  let service: TestService;
  let browser: Browser;
  const ids: Record<string, string> = {};
  beforeAll(async () => {
    service = await startTestService();
    browser = await launchBrowser();
    for (const specification of [badlySet, pruned, staged]) {
      const { id } = await service.client.create(specification);
      await ended(service.client, id);
      ids[specification.name] = id;
    }
    const ensemble = await service.client.createModel(ids['coarse to fine']!, { ensemble: 5, name: 'five irises' });
    ids['ensemble'] = ensemble.id;
    const tested = await service.client.createModel(ids['pruned']!, { trial: 'best' });
    ids['tested'] = tested.id;
    for (const { id } of [ensemble, tested])
      await eventually(async () => (await service.client.model(id)).state === 'ready');
  });
  afterAll(async () => {
    await browser?.close();
    await service?.close();
  });

  /** Address, and a text that is there once the view is. */
  const views = (): [string, string | RegExp][] => [
    ['/', 'badly set'],
    ['/new', 'Dry run'],
    [`/new?from=${ids['coarse to fine']}`, 'stage 2'],
    ['/datasets', 'Handwritten digits'],
    ['/models', 'five irises'],
    [`/models/${ids['ensemble']}`, 'on rows that were not used to select the trials'],
    [`/models/${ids['tested']}`, /validation .*, test .* \[.*\] on 88 rows/],
    ['/new?dataset=iris', 'No test rows'],
    ['/new?dataset=diabetes', '20 % of the rows (about 88 rows of 442) are test rows'],
    [`/compare?a=${ids['badly set']}&b=${ids['pruned']}`, 'Differences'],
    [`/searches/${ids['badly set']}`, 'Learning curves'],
    [`/searches/${ids['badly set']}?view=trials&sort=-value`, /^60 trials$/],
    [`/searches/${ids['badly set']}?view=analysis`, /Shares of the variance|too few for reliable shares/],
    [`/searches/${ids['badly set']}?view=findings`, 'Pre-flight checks'],
    [`/searches/${ids['pruned']}?view=pruning`, 'reached'],
    [`/searches/${ids['pruned']}?view=timeline`, 'Timeline of 1 worker'],
    [`/searches/${ids['coarse to fine']}?view=specification`, 'Stages, coarse to fine'],
    [`/searches/${ids['badly set']}/trials/0`, 'On the validation rows'],
    [`/searches/${ids['pruned']}/trials/0`, 'Folds, with their'],
    ['/searches/one/two/three', 'Page not found'],
    ['/searches/00000000-0000-4000-8000-000000000000', 'Search not found'],
  ];

  /** Opens every view; what `faultsOf` finds there, with its address. */
  async function visit({ page }: TestPage, faultsOf: () => Promise<string[]>): Promise<string[]> {
    const faults: string[] = [];
    for (const [address, text] of views()) {
      await page.goto(service.url + address);
      await page.getByText(text).first().waitFor();
      await page.waitForFunction(() => document.querySelector('.waiting') === null);
      const found = await accessibilityFaults(page);
      const wider = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      if (wider > 0) found.push(`it is ${wider} px wider than its window`);
      faults.push(...[...found, ...(await faultsOf())].map((fault) => `${address}: ${fault}`));
    }
    return faults;
  }

  it('light, then dark: each is there, usable without sight, and silent', async () => {
    const opened = await openPage(browser, { colorScheme: 'light' });
    const { page, complaints } = opened;
    const faults = await visit(opened, async () => {
      await changeTheme(page, 'dark');
      const found = await accessibilityFaults(page, rulesOfColours);
      await page.emulateMedia({ colorScheme: 'light' });
      return found.map((fault) => `dark: ${fault}`);
    });
    expect(faults).toEqual([]);
    // A search that is not there is refused by the service, and the browser tells of every refusal.
    expect(complaints.filter((text) => !text.includes('404'))).toEqual([]);
    await page.close();
  });

  it('on a phone: each is there, usable without sight, and silent', async () => {
    const opened = await openPage(browser, { colorScheme: 'light', viewport: { width: 390, height: 800 } });
    expect(await visit(opened, async () => [])).toEqual([]);
    expect(opened.complaints.filter((text) => !text.includes('404'))).toEqual([]);
    await opened.page.close();
  });

  it('that lack a label, a contrast or a name are reported by what guards them', async () => {
    const { page } = await openPage(browser);
    await page.goto(`${service.url}/searches/${ids['badly set']}?view=trials`);
    await page.getByLabel('Ranges').waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    const ruleOf = async () => (await accessibilityFaults(page)).map((fault) => fault.split(':')[0]);
    await page.getByLabel('State', { exact: true }).evaluate((element) => element.removeAttribute('aria-label'));
    expect(await ruleOf()).toEqual(['select-name']);
    await page.reload();
    await page.getByLabel('Ranges').waitFor();
    await page
      .getByRole('status')
      .first()
      .evaluate((element) => {
        element.setAttribute('style', 'color: #ccc; background: #fff');
      });
    expect(await ruleOf()).toEqual(['color-contrast']);
    await page.reload();
    await page.getByLabel('Ranges').waitFor();
    await page.getByRole('tab', { name: 'Timeline' }).evaluate((element) => element.replaceChildren());
    expect(await ruleOf()).toEqual(['button-name']);
    await page.close();
  });

  it('links hold what a view shows', async () => {
    const { page } = await openPage(browser);
    await page.goto(`${service.url}/searches/${ids['badly set']}`);
    await page.getByRole('tab', { name: 'Trials' }).click();
    await page.getByLabel('Ranges').fill('learningRate>1 activation=relu');
    await page.getByRole('button', { name: 'learningRate' }).click();
    const shown = page.getByRole('status').filter({ hasText: 'trial' });
    const before = (await shown.textContent())!;
    expect(before).not.toBe('60 trials');
    const other = await openPage(browser);
    await other.page.goto(page.url());
    await other.page.getByRole('status').filter({ hasText: before }).waitFor();
    expect(await other.page.locator('[aria-sort=ascending]').textContent()).toContain('learningRate');
    await page.close();
    await other.page.close();
  });

  it('is operated by keyboard: tabs by arrows, a trial by Enter', async () => {
    const { page } = await openPage(browser);
    await page.goto(`${service.url}/searches/${ids['badly set']}`);
    await page.getByRole('tab', { name: 'Overview' }).focus();
    await page.keyboard.press('ArrowRight');
    await page.getByRole('tab', { name: 'Trials', selected: true }).waitFor();
    const link = page.locator('.trial-table .body a').first();
    const number = await link.textContent();
    await link.focus();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: `Trial ${number}`, exact: true }).waitFor();
    await page.close();
  });

  it('refines a search from what was found in it, after it has shown how', async () => {
    const { page, complaints } = await openPage(browser);
    await page.goto(`${service.url}/searches/${ids['badly set']}?view=findings`);
    await page.getByText(/lower the bound/).waitFor();
    const before = (await service.client.list()).items.length;
    await page.getByRole('button', { name: /^Apply \d+ suggestions?…/ }).click();
    const dialog = page.getByRole('dialog', { name: 'Refine the search' });
    const rate = dialog.getByRole('row', { name: /^learningRate/ });
    expect(await rate.getByRole('cell').first().textContent()).toBe('1e-4 … 100, log');
    expect(await rate.getByRole('cell').last().textContent()).not.toBe('1e-4 … 100, log');
    await dialog.getByLabel('Trials', { exact: true }).fill('7');
    await dialog
      .getByRole('status')
      .filter({ hasText: /^7 trials, random, about / })
      .waitFor();
    expect((await service.client.list()).items.length).toBe(before);
    await dialog.getByRole('button', { name: 'Start refined search' }).click();
    await page.getByRole('heading', { name: 'badly set, refined' }).waitFor();
    const refined = /searches\/([0-9a-f-]{36})/.exec(page.url())![1]!;
    const { parent, specification } = await service.client.search(refined);
    expect([parent, specification.budget.trials]).toEqual([ids['badly set'], 7]);
    const { learningRate } = specification.hyperparameters;
    expect(typeof learningRate === 'object' && 'high' in learningRate && learningRate.high).toBeLessThan(100);
    await page.getByRole('link', { name: 'an earlier search' }).click();
    await page.getByRole('tab', { name: 'Specification' }).click();
    await page.getByText('refined by').waitFor();
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('hands out what it shows: CSV, PNG, curl', async () => {
    const { page } = await openPage(browser);
    await page.goto(`${service.url}/searches/${ids['badly set']}`);
    const file = async (name: string) => {
      const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name }).click()]);
      return download.suggestedFilename();
    };
    expect(await file('badly set: optimization history: save as CSV')).toMatch(/\.csv$/);
    expect(await file('badly set: optimization history: save as PNG')).toMatch(/\.png$/);
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.getByText('Export').click();
    await page.getByRole('button', { name: 'Copy as curl' }).click();
    await page.getByText('copied').first().waitFor();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    expect(copied).toContain(`curl -X POST ${service.url}/v1/searches`);
    await page.close();
  });

  it('shows another, not the one before, when the address changes', async () => {
    const opened: TestPage = await openPage(browser);
    await opened.page.goto(`${service.url}/searches/${ids['badly set']}/trials/0`);
    await opened.page.getByRole('link', { name: '1 →' }).click();
    await opened.page.getByRole('heading', { name: 'Trial 1' }).waitFor();
    await opened.page.goBack();
    await opened.page.getByRole('heading', { name: 'Trial 0' }).waitFor();
    await opened.page.close();
  });
});
