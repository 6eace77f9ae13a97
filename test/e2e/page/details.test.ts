/** Details of the list and of trials that once were wrong: sparklines by trial number, the loss of a regression, attempts and rungs. */
import pg from 'pg';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browserPath, launchBrowser } from '../../support/browser.ts';
import { openPage } from '../../support/page.ts';
import { withPostgres } from '../../support/postgres.ts';
import { eventually } from '../../support/processes.ts';
import { allTrials, ended, lasting } from '../../support/searches.ts';
import { startTestService, type TestService } from '../../support/service.ts';

describe.skipIf(browserPath === undefined)('the page', () => {
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

  async function create(specification: object): Promise<string> {
    const { id } = await service.client.create(specification);
    await ended(service.client, id);
    return id;
  }

  async function open(address: string): Promise<Page> {
    const { page } = await openPage(browser);
    await page.goto(`${service.url}${address}`);
    return page;
  }

  const learningRate = { distribution: 'float', low: 1e-3, high: 0.1, scale: 'log' };

  it('draws the sparklines of the list by trial number, not by the order in which trials ended', async () => {
    const id = await create({
      name: 'out of order',
      dataset: 'iris',
      hyperparameters: { learningRate, epochs: 1 },
      budget: { trials: 11 },
    });
    // The order in which several workers might have ended them.
    const values = [0.3, 0.5, 0.4, 0.9];
    const improvements = [6, 8, 2, 5].map((number, i) => ({ number, value: values[i], stage: 0 }));
    const database = new pg.Client({ connectionString: service.databaseUrl });
    await database.connect();
    await database.query('UPDATE searches SET improvements = $2 WHERE id = $1', [id, JSON.stringify(improvements)]);
    await database.end();
    const page = await open('/');
    const path = page.getByRole('row', { name: /out of order/ }).locator('.best-so-far path');
    await path.waitFor({ state: 'attached' });
    // 11 trials over a width of 100: trials 2 and 5 improve, and the last value holds to the end.
    expect(await path.getAttribute('d')).toMatch(/^M20\.0 [\d.]+H50\.0V[\d.]+H100$/);
    // The first complete trial may stay the best, as under hyperband.
    await withPostgres(service.databaseUrl, (client) =>
      client.query('UPDATE searches SET improvements = $2 WHERE id = $1', [id, JSON.stringify(improvements.slice(3))]),
    );
    await page.reload();
    await path.waitFor({ state: 'attached' });
    expect(await path.getAttribute('d')).toMatch(/^M50\.0 [\d.]+H100$/);
    await page.close();
  });

  it('says that the curves of a trial were removed', async () => {
    const id = await create({ dataset: 'iris', hyperparameters: { learningRate, epochs: 3 }, budget: { trials: 2 } });
    const service30 = { retention: { signals: undefined, curves: 30 } };
    await withPostgres(service.databaseUrl, (client) =>
      client.query("UPDATE searches SET finished_at = finished_at - interval '40 days' WHERE id = $1", [id]),
    );
    service = await service.restart(service30);
    await eventually(async () => (await service.client.search(id)).removed.curves !== null, 10_000, 'the removal');
    const page = await open(`/searches/${id}`);
    await page.getByText(/^The curves of trials that had ended by .* were removed by the retention/).waitFor();
    await page.goto(`${service.url}/searches/${id}/trials/0`);
    await page.getByText(/^The curves and layer signals of this trial were removed on /).waitFor();
    await page.getByRole('heading', { name: 'Reproduce' }).waitFor();
    expect(await page.getByRole('heading', { name: 'Loss', exact: true }).count()).toBe(0);
    await page.close();
  });

  it('shows the loss of a regression trial by its name', async () => {
    const regression = await create({ dataset: 'diabetes', hyperparameters: { epochs: 2 }, budget: { trials: 1 } });
    const page = await open(`/searches/${regression}/trials/0`);
    const loss = page.locator('dl.settings > div', { has: page.getByText('loss', { exact: true }) }).locator('dd');
    await loss.waitFor();
    expect(await loss.textContent()).toBe('meanSquaredError');
    const classes = await create({ dataset: 'iris', hyperparameters: { epochs: 2 }, budget: { trials: 1 } });
    await page.goto(`${service.url}/searches/${classes}/trials/0`);
    await expect.poll(() => loss.textContent()).toBe('softmaxCrossEntropy');
    await page.close();
  });

  it('counts attempts, and not the rungs for which a trial was claimed again', async () => {
    const hyperband = await create({
      dataset: 'iris',
      hyperparameters: { learningRate, epochs: 9 },
      pruner: { type: 'hyperband' },
      budget: { trials: 17 },
    });
    const promoted = (await allTrials(service.client, hyperband)).find(({ rung }) => rung === 2)!;
    expect(promoted.attempt).toBe(3);
    const page = await open(`/searches/${hyperband}/trials/${promoted.number}`);
    const tile = (title: string) => page.locator('.tiles > div', { has: page.getByText(title, { exact: true }) });
    await tile('rung').waitFor();
    expect(await tile('rung').locator('dd').textContent()).toBe('2');
    expect(await tile('attempts').count()).toBe(0);
    const failed = await create({ ...lasting(3000, 1), limits: { trialSeconds: 0.05, attempts: 1 } });
    await fetch(`${service.url}/v1/searches/${failed}/trials/0/retry`, { method: 'POST' });
    await ended(service.client, failed);
    expect(await service.client.trial(failed, 0)).toMatchObject({ state: 'failed', attempt: 2 });
    await page.goto(`${service.url}/searches/${failed}/trials/0`);
    await tile('attempts').waitFor();
    expect(await tile('attempts').locator('dd').textContent()).toBe('2');
    await page.close();
  });
});
