/** The form that predicts with a model, in a real browser. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browserPath, launchBrowser } from '../../support/browser.ts';
import { openPage } from '../../support/page.ts';
import { eventually } from '../../support/processes.ts';
import { ended } from '../../support/searches.ts';
import { startTestService, type TestService } from '../../support/service.ts';

/** With groups of thousands and decimal commas, so that `0.125` as a text means 125. */
function germanFile(): string {
  const rows = Array.from({ length: 60 }, (_, i) => `1.${100 + i},5;0,${100 + i};${i}`);
  return ['Preis;Anteil;Ziel', ...rows, ''].join('\n');
}

describe.skipIf(browserPath === undefined)('the form that predicts', () => {
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

  it('reads numbers with a decimal point as they are, and others as the file of the data set', async () => {
    const upload = await fetch(`${service.url}/v1/datasets?name=preise&task=regression`, {
      method: 'POST',
      headers: { 'content-type': 'text/csv' },
      body: germanFile(),
    });
    expect(await upload.json()).toMatchObject({ reading: { decimal: 'comma', thousands: 'point' } });
    const search = await service.client.create({
      dataset: 'preise',
      hyperparameters: { hiddenUnits: 4, epochs: 3 },
      budget: { trials: 1 },
    });
    await ended(service.client, search.id);
    const { id } = await service.client.createModel(search.id, { trial: 'best', refit: true });
    await eventually(async () => (await service.client.model(id)).state === 'ready');
    const { page, complaints } = await openPage(browser);
    await page.goto(`${service.url}/models/${id}`);
    await page.locator('.prediction').waitFor();
    const share = page.getByLabel('Anteil');
    await share.fill('0.125');
    const asked = page.waitForResponse((response) => response.url().endsWith('/predict'));
    const answer = (await (await asked).json()) as { warnings: unknown };
    expect(answer.warnings).toEqual([]);
    await share.fill('1.125,0');
    await page.getByText('Anteil is outside the range of the training rows.').waitFor();
    await share.fill('many');
    await page.getByText('must be a number, got many').waitFor();
    expect(complaints).toEqual([]);
    await page.close();
  });
});
