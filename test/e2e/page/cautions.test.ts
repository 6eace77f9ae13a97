/** What the page says where numbers could mislead: searches whose values do not compare, and searches that repeat themselves. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browserPath, launchBrowser } from '../../support/browser.ts';
import { accessibilityFaults, openPage, type TestPage } from '../../support/page.ts';
import { ended } from '../../support/searches.ts';
import { startTestService, type TestService } from '../../support/service.ts';

const small = (name: string, more: object = {}) => ({
  name,
  dataset: 'iris',
  hyperparameters: { learningRate: { distribution: 'float', low: 0.001, high: 0.1 }, hiddenUnits: 4, epochs: 1 },
  budget: { trials: 3 },
  ...more,
});
const searches = [
  small('first'),
  small('second', { sampler: { type: 'sobol' } }),
  small('other seed', { sampler: { type: 'random', seed: 1 } }),
  small('other data', { dataset: 'wine' }),
  small('other metric', { objective: { metric: 'validationLoss' } }),
  small('other direction', { objective: { metric: 'validationAccuracy', direction: 'minimize' } }),
  small('repeating', { hyperparameters: { hiddenUnits: 4, epochs: 1 } }),
];

describe.skipIf(browserPath === undefined)('the page cautions', () => {
  let service: TestService;
  let browser: Browser;
  let opened: TestPage;
  const ids = new Map<string, string>();
  beforeAll(async () => {
    service = await startTestService();
    browser = await launchBrowser();
    opened = await openPage(browser);
    for (const specification of searches) {
      const { id } = await service.client.create(specification);
      await ended(service.client, id);
      ids.set(specification.name, id);
    }
  });
  afterAll(async () => {
    await browser?.close();
    await service?.close();
  });

  const compared = async (a: string, b: string) => {
    const { page } = opened;
    await page.goto(`${service.url}/compare?a=${ids.get(a)}&b=${ids.get(b)}`);
    await page.getByRole('heading', { name: 'Differences' }).waitFor();
    return page.getByRole('note').allTextContents();
  };

  it.each([
    ['other data', 'different data sets, iris and wine'],
    ['other metric', 'different metrics, validationAccuracy and validationLoss'],
    ['other direction', 'different directions: maximize and minimize'],
  ])('of a comparison with %s', async (other, reason) => {
    const notes = await compared('first', other);
    expect(notes).toHaveLength(1);
    expect(notes[0]).toContain('Their values are not comparable.');
    expect(notes[0]).toContain(reason);
    expect(await accessibilityFaults(opened.page)).toEqual([]);
  });

  it('of other rows that are held out, and of nothing where all is the same', async () => {
    expect(await compared('first', 'other seed')).toEqual([expect.stringContaining('use different validation rows')]);
    expect(await compared('first', 'second')).toEqual([]);
  });

  it('of a search in which nothing varies: in the form, before it is begun, and on its own page', async () => {
    const { page, complaints } = opened;
    await page.goto(`${service.url}/new?from=${ids.get('repeating')}`);
    await page
      .getByRole('list', { name: 'Warnings' })
      .getByText(/nothing varies: all 3 trials/)
      .waitFor();
    await page.goto(`${service.url}/searches/${ids.get('repeating')}`);
    await page
      .getByRole('list', { name: 'Warnings' })
      .getByText(/nothing varies: all 3 trials/)
      .waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.goto(`${service.url}/searches/${ids.get('first')}`);
    await page.getByRole('heading', { name: 'first' }).waitFor();
    expect(await page.getByRole('list', { name: 'Warnings' }).count()).toBe(0);
    expect(complaints).toEqual([]);
  });
});
