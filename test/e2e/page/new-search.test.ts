/** How a search starts: presets, the measured best as default, the picture of its space, and what a refinement asks first. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Search } from '../../../src/domain/search.ts';
import { browserPath, launchBrowser } from '../../support/browser.ts';
import { accessibilityFaults, openPage } from '../../support/page.ts';
import { ended } from '../../support/searches.ts';
import { startTestService, type TestService } from '../../support/service.ts';

describe.skipIf(browserPath === undefined)('the start of a search', () => {
  let service: TestService;
  let browser: Browser;
  let parent: Search;
  beforeAll(async () => {
    service = await startTestService();
    browser = await launchBrowser();
    const { id } = await service.client.create({
      name: 'parent',
      dataset: 'iris',
      hyperparameters: { learningRate: { distribution: 'float', low: 1e-5, high: 1, scale: 'log' }, epochs: 3 },
      budget: { trials: 20 },
    });
    parent = await ended(service.client, id);
  });
  afterAll(async () => {
    await browser?.close();
    await service?.close();
  });

  const draftIn = async (page: Page) =>
    JSON.parse(await page.getByRole('textbox', { name: 'As JSON' }).inputValue()) as Record<string, unknown>;

  it('is by default what measured best: tpe with hyperband', async () => {
    const { page, complaints } = await openPage(browser, { viewport: { width: 1440, height: 900 } });
    await page.goto(`${service.url}/new`);
    await page.getByText('20 % of the rows (about 359 rows of 1,797) are test rows').waitFor();
    // Nothing of the dry run is out of sight on a wide window.
    const clipped = page.getByRole('region', { name: 'The first trials' });
    await clipped.waitFor();
    expect(await clipped.evaluate(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)).toBe(0);
    await page.goto(`${service.url}/new?dataset=iris`);
    await page.getByText('tpe · hyperband · 51 trials of up to 20 epochs').waitFor();
    expect(await page.getByRole('radio', { name: /Recommended/ }).isChecked()).toBe(true);
    const dryRun = page.getByRole('region', { name: 'The first trials' });
    const cells = dryRun.getByRole('row').nth(1).getByRole('cell');
    await cells.first().waitFor();
    const alignments = await cells.evaluateAll((cells) =>
      cells.map((cell) => [Number.isNaN(Number(cell.textContent)), getComputedStyle(cell).textAlign]),
    );
    expect(alignments.length).toBeGreaterThan(2);
    for (const [isWord, alignment] of alignments) expect(alignment).toBe(isWord ? 'left' : 'right');
    await page.getByRole('button', { name: 'Start search' }).click();
    await page.waitForURL(/\/searches\/[0-9a-f-]{36}/);
    const { specification } = await service.client.search(/searches\/([0-9a-f-]{36})/.exec(page.url())![1]!);
    expect(specification).toMatchObject({
      sampler: { type: 'tpe' },
      pruner: { type: 'hyperband' },
      budget: { trials: 51 },
      hyperparameters: { epochs: 20 },
    });
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('may come from a file of another tool, whose names and readings can be changed', async () => {
    const { page, complaints } = await openPage(browser);
    await page.goto(`${service.url}/new?dataset=iris`);
    await page.getByText('Import from another tool').click();
    await page.getByLabel('File of another tool').setInputFiles({
      name: 'sweep.yaml',
      mimeType: 'application/yaml',
      // As PowerShell writes what a program prints.
      buffer: Buffer.from(
        '\ufeffmethod: random\nrun_cap: 7\nparameters:\n  my_rate: {min: 0.01, max: 0.1}\n  units: {distribution: q_uniform, min: 1, max: 11, q: 4}\n',
        'utf16le',
      ),
    });
    await page.getByText('1 of 2 hyperparameters imported').waitFor();
    await page.getByText('no hyperparameter here is known by this name').waitFor();
    await page.getByLabel('my_rate means').selectOption('learningRate');
    await page.getByText('2 of 2 hyperparameters imported').waitFor();
    await page.getByLabel('values of units').selectOption('1');
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.getByRole('button', { name: 'Use in this draft' }).click();
    expect(await draftIn(page)).toMatchObject({
      dataset: 'iris',
      hyperparameters: {
        learningRate: { distribution: 'float', low: 0.01, high: 0.1 },
        hiddenUnits: { distribution: 'int', low: 1, high: 9, step: 4 },
      },
      sampler: { type: 'random' },
      budget: { trials: 7 },
    });
    await page.getByLabel('Text of another tool').fill('{"hyperparameters": [');
    await page.getByRole('button', { name: 'Read', exact: true }).click();
    await page.getByText('line 1, column 22: is not JSON').waitFor();
    // The browser itself writes down the refusal.
    expect(complaints.filter((one) => !one.includes('400'))).toEqual([]);
    await page.close();
  });

  it('may be no search at all but trials of another tool, which are stored and shown', async () => {
    const { page, complaints } = await openPage(browser);
    await page.goto(`${service.url}/new?dataset=iris`);
    await page.getByText('Import from another tool').click();
    expect(await page.getByLabel('Their data set').inputValue()).toBe('iris');
    const rows = Array.from({ length: 12 }, (_, i) =>
      [i, 1 / (i + 1), 10 ** (-i / 4), i % 3, i % 2 ? '"(8,)"' : `"(${i + 1}, 4)"`, 'COMPLETE'].join(),
    );
    const header = 'number,value,params_lr,params_my_depth,params_hidden_layer_sizes,state';
    const buffer = Buffer.from([header, ...rows].join('\n'));
    await page.getByLabel('File of trials').setInputFiles({ name: 'study.csv', mimeType: 'text/csv', buffer });
    await page.getByRole('button', { name: 'Store its trials' }).click();
    await page.getByText('whether value is to be minimized or maximized').waitFor();
    await page.getByLabel('Direction').selectOption('minimize');
    await page.getByRole('button', { name: 'Store its trials' }).click();
    await page.getByText('12 trials are now the search').waitFor();
    const rowOf = (name: string) => page.getByRole('table').getByRole('row').filter({ hasText: name });
    expect(await rowOf('lr').getByLabel('lr means').inputValue()).toBe('learningRate');
    expect(await rowOf('my_depth').getByLabel('my_depth means').inputValue()).toBe('my_depth');
    expect(await rowOf('hidden_layer_sizes').allTextContents()).toEqual([
      expect.stringContaining('hiddenLayers'),
      expect.stringContaining('hiddenUnits1'),
      expect.stringContaining('hiddenUnits2'),
    ]);
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.getByLabel('my_depth means').selectOption('l2');
    await page.getByLabel('lr means').selectOption('not imported');
    await page.getByRole('button', { name: 'Store its trials' }).click();
    await page.getByText('lr: is left out, as was asked').waitFor();
    // It can still be given a meaning.
    expect(await page.getByLabel('lr means').inputValue()).toBe('');
    expect(await rowOf('my_depth').getByLabel('my_depth means').inputValue()).toBe('l2');
    await page.getByRole('link', { name: 'study.csv' }).click();
    await page.getByText('iris · trials of optuna-csv, study.csv').waitFor();
    await page.getByText('best value', { exact: true }).waitFor();
    // The file tells no epochs and no curves.
    await page.getByText('12 complete trials. Drag').waitFor();
    expect(await page.getByText(/0 epochs|epochs trained/).count()).toBe(0);
    expect(await page.getByRole('heading', { name: 'Learning curves' }).count()).toBe(0);
    for (const view of ['trials', 'analysis', 'findings', 'pruning', 'timeline', 'specification']) {
      await page.goto(`${page.url().split('?')[0]}?view=${view}`);
      await page.getByRole('heading', { level: 1 }).waitFor();
    }
    await page.goto(`${page.url().split('?')[0]}/trials/11`);
    await page.getByText('Another tool has run this trial').waitFor();
    expect(await page.getByRole('button', { name: /model|Refine/i }).count()).toBe(0);
    expect(await page.getByText('No problems found').count()).toBe(0);
    expect(await page.getByRole('heading', { name: /^(Loss|Learning rate)/ }).count()).toBe(0);
    // The browser itself writes down the refusal.
    expect(complaints.filter((one) => !one.includes('400'))).toEqual([]);
    await page.close();
  });

  it('may be a preset, which is no longer chosen once a setting of it changes; a cut bracket is a caution', async () => {
    const { page } = await openPage(browser);
    await page.goto(`${service.url}/new?dataset=iris`);
    await page.getByRole('radio', { name: /Thorough/ }).check();
    expect(await draftIn(page)).toMatchObject({
      confirm: {},
      budget: { trials: 143 },
      hyperparameters: { epochs: 81 },
    });
    await page.getByLabel('trials', { exact: true }).fill('20');
    await page.getByText('a cycle of hyperband has 143 trials').waitFor();
    expect(await page.getByRole('radio', { checked: true }).count()).toBe(0);
    await page.getByRole('radio', { name: /Quick look/ }).check();
    await page.getByText('a cycle of hyperband has').waitFor({ state: 'detached' });
    const draft = await draftIn(page);
    expect(draft).toMatchObject({ sampler: { type: 'random' }, budget: { trials: 16 } });
    expect(draft).not.toHaveProperty('pruner');
    expect(draft).not.toHaveProperty('confirm');
    await page.close();
  });

  it('draws the points of the space as the service will try them', async () => {
    const { page } = await openPage(browser);
    await page.goto(`${service.url}/new?from=${parent.id}`);
    await page.getByText('All 20 trials of random.').waitFor();
    // Only one hyperparameter varies: there is nothing to choose.
    expect(await page.getByLabel('x of the search space').count()).toBe(0);
    await page.goto(`${service.url}/new?dataset=iris`);
    await page.getByText(/The first 8 of 51 trials of tpe; later ones are proposed from their results/).waitFor();
    await page.getByRole('radio', { name: /Quick look/ }).check();
    await page.getByText('All 16 trials of random.').waitFor();
    await page.getByLabel('x of the search space').selectOption('activation');
    const picture = page.getByRole('img', { name: '16 trials in the plane of activation and l2' });
    expect(await picture.locator('circle').count()).toBe(16);
    // Trial 0 as the dry run says it, once it has answered for this draft.
    const card = page.locator('section[aria-busy=false]', { has: page.getByRole('heading', { name: 'Dry run' }) });
    const first = card.getByRole('region', { name: 'The first trials' }).getByRole('row').nth(1);
    const activation = await first.getByRole('cell').nth(1).textContent();
    expect(await picture.locator('circle title').first().textContent()).toContain(`trial 0: activation ${activation}`);
    await page.close();
  });

  it('of a refinement asks first: with the ranges, the trials and the time', async () => {
    const { page } = await openPage(browser);
    await page.goto(`${service.url}/searches/${parent.id}`);
    await page.getByRole('button', { name: 'Refine search…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Refine the search' });
    await dialog.getByRole('row', { name: /learningRate 1e-5 … 1, log/ }).waitFor();
    await dialog.getByText(/^50 trials, random, about/).waitFor();
    // Nothing has started.
    const refinements = async () => (await fetch(`${service.url}/v1/searches?parent=${parent.id}`)).json();
    expect(await refinements()).toMatchObject({ items: [] });
    await dialog.getByLabel('Trials', { exact: true }).fill('4');
    await dialog.getByLabel('Epochs of a trial').fill('2');
    await dialog.getByText(/^4 trials, random, about/).waitFor();
    const ranges = dialog
      .getByRole('row', { name: /learningRate/ })
      .getByRole('cell')
      .last();
    const before = await ranges.textContent();
    await dialog.getByLabel('Narrow ranges to the best trials, in %').fill('100');
    await page.waitForFunction((text) => !document.querySelector('dialog[open]')?.textContent?.includes(text!), before);
    await dialog.getByLabel('Narrow ranges to the best trials, in %').fill('900');
    await dialog
      .getByRole('alert')
      .getByText(/quantile/)
      .waitFor();
    expect(await dialog.getByRole('button', { name: 'Start refined search' }).isDisabled()).toBe(true);
    await dialog.getByLabel('Narrow ranges to the best trials, in %').fill('25');
    expect(await accessibilityFaults(page)).toEqual([]);
    await dialog.getByText(before!).waitFor();
    await dialog.getByRole('button', { name: 'Start refined search' }).click();
    await page.getByRole('heading', { name: 'parent, refined' }).waitFor();
    const id = /searches\/([0-9a-f-]{36})/.exec(page.url())![1]!;
    const refined = await service.client.search(id);
    expect(refined.parent).toBe(parent.id);
    expect(refined.specification).toMatchObject({ budget: { trials: 4 }, hyperparameters: { epochs: 2 } });
    await page.close();
  });

  it('fits a phone, and is accessible', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      const { page } = await openPage(browser, { colorScheme, viewport: { width: 390, height: 800 } });
      await page.goto(`${service.url}/new`);
      await page.getByText(/^The first 8 of 51/).waitFor();
      expect(await accessibilityFaults(page)).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
      await page.goto(`${service.url}/searches/${parent.id}`);
      await page.getByRole('button', { name: 'Refine search…' }).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByText(/^50 trials/).waitFor();
      expect(await accessibilityFaults(page)).toEqual([]);
      expect((await dialog.boundingBox())!.width).toBeLessThanOrEqual(390);
      await page.close();
    }
  });
});
