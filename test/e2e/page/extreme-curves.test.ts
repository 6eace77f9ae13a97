/** Charts of numbers at the edge of what a chart can show. */
import pg from 'pg';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browserPath, launchBrowser } from '../../support/browser.ts';
import { openPage } from '../../support/page.ts';
import { ended } from '../../support/searches.ts';
import { startTestService, type TestService } from '../../support/service.ts';

describe.skipIf(browserPath === undefined)('the charts of a trial', () => {
  let service: TestService;
  let browser: Browser;
  let id: string;
  beforeAll(async () => {
    service = await startTestService();
    browser = await launchBrowser();
    const specification = { dataset: 'iris', hyperparameters: { hiddenUnits: 4, epochs: 4 }, budget: { trials: 1 } };
    id = (await service.client.create(specification)).id;
    await ended(service.client, id);
  });
  afterAll(async () => {
    await browser?.close();
    await service?.close();
  });

  it('with many decades on a log axis come to an end', async () => {
    const client = new pg.Client({ connectionString: service.databaseUrl });
    await client.connect();
    try {
      const sql = `UPDATE trials SET curves = jsonb_set(curves, '{0,gradientNorm}', '[100, 1e-10, 1e-20, 1e-30]') WHERE search_id = $1`;
      await client.query(sql, [id]);
    } finally {
      await client.end();
    }
    const { page, complaints } = await openPage(browser);
    await page.goto(`${service.url}/searches/${id}/trials/0`);
    await page.locator('.u-over').nth(2).waitFor();
    expect(complaints).toEqual([]);
    await page.close();
  });
});
