/** Problems on the page: each with its picture, those of the search said once, and no fault where a network has learned. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { words } from '../../../src/format.ts';
import { browserPath, launchBrowser } from '../../support/browser.ts';
import { accessibilityFaults, openPage } from '../../support/page.ts';
import { allTrials, ended } from '../../support/searches.ts';
import { startTestService, type TestService } from '../../support/service.ts';

/** 30 validation rows; some networks saturate and learn, others do not learn. */
const specification = {
  name: 'saturated',
  dataset: 'iris',
  hyperparameters: {
    learningRate: { distribution: 'float', low: 1e-6, high: 3, scale: 'log' },
    activation: { distribution: 'categorical', choices: ['tanh', 'relu'] },
    optimizer: 'momentum',
    hiddenLayers: 2,
    hiddenUnits: 16,
    epochs: 20,
  },
  sampler: { type: 'random', seed: 2 },
  budget: { trials: 60 },
};

describe.skipIf(browserPath === undefined)('problems', () => {
  let service: TestService;
  let browser: Browser;
  let id: string;
  beforeAll(async () => {
    service = await startTestService();
    browser = await launchBrowser();
    ({ id } = await service.client.create(specification));
    await ended(service.client, id);
  });
  afterAll(async () => {
    await browser?.close();
    await service?.close();
  });

  async function open(address: string): Promise<Page> {
    const { page } = await openPage(browser, { viewport: { width: 1440, height: 900 } });
    await page.goto(`${service.url}/searches/${id}${address}`);
    return page;
  }

  it('are no faults of networks that have learned', async () => {
    const trials = await Promise.all(
      (await allTrials(service.client, id)).map(({ number }) => service.client.trial(id, number)),
    );
    const learned = trials.filter(({ folds }) => (folds[0]?.trainMetric.at(-1) ?? 0) > 0.9);
    const found = learned.flatMap(({ findings }) => findings.filter(({ code }) => code !== 'diverged'));
    expect(found.filter(({ severity }) => severity === 'fault')).toEqual([]);
    expect(found.filter(({ text }) => text.endsWith('The network learned nevertheless.')).length).toBeGreaterThan(0);
    const others = trials.filter(({ folds }) => (folds[0]?.trainMetric.at(-1) ?? 1) < 0.5);
    expect(others.flatMap(({ findings }) => findings).some(({ severity }) => severity === 'fault')).toBe(true);
  });

  it('of the best trial are called no errors, and said not to have kept it from being the best', async () => {
    const { best } = await service.client.search(id);
    const { findings } = await service.client.trial(id, best!.number);
    const page = await open(`/trials/${best!.number}`);
    await page.getByRole('heading', { name: `Trial ${best!.number}`, exact: true }).waitFor();
    const own = findings.filter(({ code }) => code !== 'validationTooSmall');
    expect(own.length).toBeGreaterThan(0);
    await page.getByText('This is the best trial in spite of these problems').waitFor();
    expect(await page.locator('article.finding .chip').allTextContents()).toEqual(own.map(({ severity }) => severity));
    expect(own.map(({ severity }) => severity)).not.toContain('fault');
    await page.close();
  });

  it('have among the best trials the names that they have elsewhere', async () => {
    const { best } = await service.client.search(id);
    const { findings } = await service.client.trial(id, best!.number);
    const codes = findings.map(({ code }) => code).filter((code) => code !== 'validationTooSmall');
    expect(codes.length).toBeGreaterThan(0);
    const page = await open('');
    const section = page.locator('section', { has: page.getByRole('heading', { name: 'Best trials' }) });
    const rows = section.locator('tbody tr');
    await rows.first().waitFor();
    expect(await rows.first().textContent()).toContain(codes.map(words).join(', '));
    expect(await rows.allTextContents()).toEqual(expect.arrayContaining([expect.stringMatching(/[a-z] [a-z]/)]));
    expect((await rows.allTextContents()).join()).not.toMatch(/[a-z][A-Z]/);
    await page.close();
  });

  it('of the search are said once, and not of its trials', async () => {
    const { items } = await service.client.findings(id);
    expect(items.find(({ code }) => code === 'validationTooSmall')).toMatchObject({ concerns: 'search', trials: 60 });
    const page = await open('?view=findings');
    const own = page.locator('article.finding', { hasText: 'validation too small' });
    await own.getByText(/With 30 validation rows/).waitFor();
    expect(await own.count()).toBe(1);
    expect(await own.textContent()).not.toMatch(/In trial|of 60 trials/);
    expect(await page.getByRole('heading', { level: 3 }).allTextContents()).toContain('Of the search');
    const { best } = await service.client.search(id);
    await page.goto(`${service.url}/searches/${id}/trials/${best!.number}`);
    await page.getByText('search as a whole').waitFor();
    expect(await page.locator('article.finding', { hasText: 'validation too small' }).count()).toBe(0);
    await page.goto(`${service.url}/searches/${id}?view=trials`);
    await page.locator('.trial-table .body a').first().waitFor();
    expect(await page.locator('.trial-table').textContent()).not.toContain('validation too small');
    // Problems of trials have there the names that they have elsewhere.
    const { code } = items.find((one) => one.concerns !== 'search' && /[A-Z]/.test(one.code))!;
    await page.goto(`${service.url}/searches/${id}?view=trials&finding=${code}`);
    await page.locator('.trial-table .body', { hasText: words(code) }).waitFor();
    expect(await page.locator('.trial-table').textContent()).not.toContain(code);
    const filter = page.getByLabel('Problem', { exact: true });
    expect(await filter.inputValue()).toBe(code);
    const offered = await filter.locator('option').allTextContents();
    expect(offered).toContain(words(code));
    // No row shows what the search has.
    expect(offered).not.toContain('validation too small');
    expect(offered.join()).not.toMatch(/[a-z][A-Z]/);
    await page.close();
  });

  it('have the picture that shows them, in the search and in the trial', async () => {
    const page = await open('?view=findings');
    const { items } = await service.client.findings(id);
    const pictured = items.filter(({ code }) => !['inputsOffCentre', 'inputScales', 'batchTooSmall'].includes(code));
    await page.locator('.finding-chart svg').first().waitFor();
    await expect.poll(() => page.locator('article.finding .finding-chart').count()).toBe(pictured.length);
    const saturated = items.find(({ code }) => code === 'saturated')!;
    const picture = page.getByRole('img', { name: /^share of saturated outputs by epoch: layer \d/ }).first();
    await picture.waitFor();
    expect(await picture.locator('path').first().getAttribute('d')).toMatch(/^M[\d.]+ [\d.]+L/);
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.goto(`${service.url}/searches/${id}/trials/${saturated.numbers[0]}`);
    await page.getByRole('img', { name: /^share of saturated outputs by epoch/ }).waitFor();
    await page.close();
  });
});
