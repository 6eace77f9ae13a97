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
    await page.getByText('It is not known: it was trained on all rows').waitFor();
    expect((await page.locator('pre').allTextContents())[1]).toMatch(/predict\(\[\{ (?:"[^"]+": 0(?:, )?){4} \}\]\)/);
    expect(complaints).toEqual([]);
    await page.close();
  });
});
