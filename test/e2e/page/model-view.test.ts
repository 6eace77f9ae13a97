/** The view of a model, in a real browser: its figures, its columns, and code that runs. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browserPath, launchBrowser } from '../../support/browser.ts';
import { accessibilityFaults, openPage } from '../../support/page.ts';
import { eventually } from '../../support/processes.ts';
import { ended } from '../../support/searches.ts';
import { startTestService, type TestService } from '../../support/service.ts';

describe.skipIf(browserPath === undefined)('the view of a model', () => {
  let service: TestService;
  let browser: Browser;
  beforeAll(async () => {
    service = await startTestService();
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await service?.close();
  });

  async function modelOf(dataset: string, refit = false): Promise<string> {
    const hyperparameters = {
      learningRate: { distribution: 'float', low: 0.01, high: 0.02 },
      hiddenUnits: 8,
      epochs: 8,
    };
    const search = await service.client.create({ dataset, hyperparameters, budget: { trials: 1 } });
    await ended(service.client, search.id);
    const { id } = await service.client.createModel(search.id, { trial: 'best', refit });
    await eventually(async () => (await service.client.model(id)).state === 'ready');
    return id;
  }

  it('shows the importance of columns, the validation rows, and whole code', async () => {
    const { page, complaints } = await openPage(browser);
    await page.goto(`${service.url}/models/${await modelOf('wine')}`);
    const card = page.locator('section.card', { hasText: 'Column importance' }).first();
    await card.locator('.importance .track').first().waitFor();
    expect(await card.locator('.importance .track').count()).toBe(12);
    await card.getByText('All 13 columns').click();
    expect(await card.locator('.importance .track').count()).toBe(13);
    await card.getByText('As a table').click();
    expect(await card.locator('tbody tr').count()).toBe(13);
    await page.getByText('On the validation rows').waitFor();
    const code = await page.locator('pre').allTextContents();
    expect(code.join('\n')).not.toContain('…');
    expect(code[0]).toContain("pd.read_csv('rows.csv'");
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.goto(`${service.url}/models/${await modelOf('iris', true)}`);
    await page.getByText('Not available: it was trained on all rows').waitFor();
    expect((await page.locator('pre').allTextContents())[1]).toMatch(/predict\(\[\{ (?:"[^"]+": 0(?:, )?){4} \}\]\)/);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('shows predictions over true values of validation rows for a regression', async () => {
    const { page, complaints } = await openPage(browser);
    const id = await modelOf('diabetes');
    await page.goto(`${service.url}/models/${id}`);
    const card = page.locator('section.card', { hasText: 'On the validation rows' });
    await card.getByText("of them within a tenth of the target's range").waitFor();
    const { validation } = (await service.client.model(id)).facts!;
    const { target } = validation!.predictions!;
    expect(target.length).toBeGreaterThan(50);
    await card.getByLabel(`predicted over true values of ${target.length} validation rows`).first().waitFor();
    expect(complaints).toEqual([]);
    await page.close();
  });

  it.each([
    [390, 0.1],
    [1440, 0.5],
  ])('keeps the importance of long names within its card: %d pixels wide', async (width, share) => {
    const names = Array.from({ length: 14 }, (_, k) => `measurement_of_column_number_${k}_in_millimetres_per_second`);
    const lines = Array.from({ length: 80 }, (_, i) => [...names.map((_, k) => (i * (k + 3)) % 17), i % 2].join(','));
    const name = `long-${width}`;
    const upload = await fetch(`${service.url}/v1/datasets?name=${name}&target=t`, {
      method: 'POST',
      headers: { 'content-type': 'text/csv' },
      body: [[...names, 't'].join(','), ...lines].join('\n'),
    });
    expect(upload.status).toBe(201);
    const id = await modelOf(name);
    const { page } = await openPage(browser, { viewport: { width, height: 900 } });
    await page.goto(`${service.url}/models/${id}`);
    const card = page.locator('section.card', { hasText: 'Column importance' }).first();
    await card.locator('.track').first().waitFor();
    const { right, left, tracks, numbers } = await card.evaluate((element) => {
      const boxes = (selector: string) =>
        [...element.querySelectorAll(selector)].map((one) => one.getBoundingClientRect());
      const { left, right } = element.getBoundingClientRect();
      return {
        ...{ left, right },
        tracks: boxes('.track').map((box) => box.width),
        numbers: boxes('.importance .number').map((box) => box.right),
      };
    });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    expect(Math.max(...numbers)).toBeLessThan(right);
    expect(Math.min(...tracks) / (right - left)).toBeGreaterThan(share);
    await page.close();
  });
});
