/** What if: other pruners replayed on the page, at a slider, and one click to a search that uses one. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Search } from '../../../src/domain/search.ts';
import { formatPercent } from '../../../src/format.ts';
import { browserPath, launchBrowser } from '../../support/browser.ts';
import { accessibilityFaults, openPage } from '../../support/page.ts';
import { ended } from '../../support/searches.ts';
import { startTestService, type TestService } from '../../support/service.ts';

const wide = {
  name: 'without a pruner',
  dataset: 'iris',
  hyperparameters: { learningRate: { distribution: 'float', low: 1e-5, high: 0.3, scale: 'log' }, epochs: 9 },
  budget: { trials: 30 },
};

describe.skipIf(browserPath === undefined)('what if', () => {
  let service: TestService;
  let browser: Browser;
  let plain: Search;
  let pruned: Search;
  beforeAll(async () => {
    service = await startTestService();
    browser = await launchBrowser();
    plain = await ended(service.client, (await service.client.create(wide)).id);
    const hyperband = { ...wide, name: 'pruned', pruner: { type: 'hyperband' } };
    pruned = await ended(service.client, (await service.client.create(hyperband)).id);
  });
  afterAll(async () => {
    await browser?.close();
    await service?.close();
  });
  const addressOf = ({ id }: Search) => `${service.url}/searches/${id}?view=pruning`;

  it('shows what a pruner saves and loses at each setting, as the service computes it', async () => {
    const { rules } = await service.client.whatIf(plain.id);
    const { options } = rules.find(({ rule }) => rule === 'median')!;
    const { page, complaints } = await openPage(browser);
    await page.goto(addressOf(plain));
    await page.getByLabel('Pruner', { exact: true }).selectOption('median');
    const slider = page.getByRole('slider', { name: 'warmup epochs' });
    for (const place of [0, options.length - 1]) {
      await slider.focus();
      await page.keyboard.press(place === 0 ? 'Home' : 'End');
      const { setting, saved, stopped } = options[place]!;
      await page.getByText(`It would have saved ${formatPercent(saved)} of the epochs`).waitFor();
      expect(await slider.getAttribute('aria-valuetext')).toContain(`warmup epochs ${setting}`);
      const tile = page.locator('.tiles > div').filter({ hasText: 'trials stopped' });
      expect(await tile.textContent()).toBe(`trials stopped${stopped} of 30`);
    }
    // The address has the choice.
    const verdict = await page.getByText('It would have saved').textContent();
    await page.reload();
    expect(await page.getByText('It would have saved').textContent()).toBe(verdict);
    await page.getByText('Table', { exact: true }).click();
    const rows = page.getByRole('region', { name: 'All settings of all rules' }).getByRole('row');
    expect(await rows.count()).toBe(1 + rules.reduce((sum, one) => sum + one.options.length, 0));
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('makes the pruner that of the next search with one click', async () => {
    const { page } = await openPage(browser);
    await page.goto(`${addressOf(plain)}&replay=hyperband:2`);
    await page.getByRole('link', { name: 'New search with this pruner' }).click();
    await page.getByRole('heading', { name: 'New search' }).waitFor();
    await page.getByRole('button', { name: 'Start search' }).click();
    await page.getByRole('heading', { name: 'without a pruner, again' }).waitFor();
    const id = /searches\/([0-9a-f-]{36})/.exec(page.url())![1]!;
    const { specification } = await service.client.search(id);
    expect(specification.pruner).toMatchObject({ type: 'hyperband', reductionFactor: 2 });
    expect(specification.hyperparameters).toEqual(plain.specification.hyperparameters);
    await service.client.cancel(id).catch(() => undefined);
    await page.goto(`${addressOf(plain)}&replay=patience:2`);
    await page.getByRole('link', { name: 'New search with this patience' }).click();
    await page.getByRole('textbox', { name: 'As JSON' }).waitFor();
    expect(JSON.parse(await page.getByRole('textbox', { name: 'As JSON' }).inputValue())).toMatchObject({
      hyperparameters: { patience: 2 },
    });
    await page.close();
  });

  it('chooses an option by a click on its point', async () => {
    const { page } = await openPage(browser);
    await page.goto(addressOf(plain));
    const over = page.locator('.u-over');
    const { width, height } = (await over.boundingBox())!;
    const tip = over.locator('.chart-tooltip');
    const before = page.url();
    for (let x = 2; x < width && page.url() === before; x += 20) {
      for (let y = 2; y < height && page.url() === before; y += 20) {
        await over.hover({ position: { x, y } });
        if ((await tip.isVisible()) && (await tip.textContent())!.includes('saved')) {
          await page.mouse.down();
          await page.mouse.up();
          await page.waitForURL(/replay=/);
        }
      }
    }
    expect(page.url()).toMatch(/replay=\w+/);
    await page.close();
  });

  it('says which trials of a pruned search are left out, and why', async () => {
    const { page } = await openPage(browser);
    await page.goto(addressOf(pruned));
    await page
      .getByText(new RegExp(`Left out: ${pruned.trials.pruned} pruned \\(their final values are unknown\\)`))
      .waitFor();
    await page.close();
  });

  for (const colorScheme of ['light', 'dark'] as const) {
    it(`fits a phone and is accessible, ${colorScheme}, with its tab in view`, async () => {
      const { page } = await openPage(browser, { colorScheme, viewport: { width: 390, height: 800 } });
      await page.goto(addressOf(plain));
      await page.locator('.u-over').waitFor();
      await page.getByText('Table', { exact: true }).click();
      expect(await accessibilityFaults(page)).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
      const legend = (await page.locator('.u-legend').boundingBox())!;
      const card = (await page.locator('.card', { has: page.locator('.u-legend') }).boundingBox())!;
      expect(legend.x + legend.width).toBeLessThan(card.x + card.width);
      const tab = (await page.getByRole('tab', { name: 'Pruning' }).boundingBox())!;
      expect(tab.x).toBeGreaterThanOrEqual(0);
      expect(tab.x + tab.width).toBeLessThanOrEqual(390);
      await page.close();
    });
  }
});
