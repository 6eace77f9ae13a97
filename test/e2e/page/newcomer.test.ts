/** A new user's path: from the empty page, by a CSV that no fixture prepared, to the best trial. */
import { stat } from 'node:fs/promises';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatTest } from '../../../src/format.ts';
import { browserPath, launchBrowser } from '../../support/browser.ts';
import { openPage, type TestPage } from '../../support/page.ts';
import { ended } from '../../support/searches.ts';
import { startTestService, type TestService } from '../../support/service.ts';

if (browserPath === undefined) console.warn('no Chromium is installed: the page is not tested');

/** Two kinds of plants, told apart by length and width; a colour that says nothing, a number that names, gaps, a quoted comma. */
function plants(): string {
  const rows = Array.from({ length: 240 }, (_, i) => {
    const tall = i % 2;
    const noise = (k: number) => ((i * 7919 + k * 104729) % 97) / 97;
    const length = (4 + 3 * tall + noise(1)).toFixed(2);
    const width = i % 20 === 3 ? '' : (1 + tall + 0.8 * noise(2)).toFixed(2);
    const colour = ['red', 'blue', '"white, pale"'][i % 3];
    return [i + 1000, length, width, colour, tall ? 'tall' : 'small'].join(',');
  });
  return ['plot,length,width,colour,kind', ...rows].join('\n');
}

/**
 * Seconds that a person takes to find and use one control: to prepare mentally 1.35, to point 1.1, to click 0.2 (Card, Moran & Newell 1980,
 * the keystroke-level model), and another second to read.
 */
const STEP_SECONDS = 3.65;

/** Counts what a newcomer does, and times it: what the page takes, and with a person's time for every step. */
class Path {
  readonly #begun = performance.now();
  steps = 0;

  async step(act: Promise<unknown>): Promise<void> {
    this.steps++;
    await act;
  }

  /** Steps, seconds that the page took so far, and seconds for a person. */
  soFar(): { readonly steps: number; readonly page: number; readonly person: number } {
    const page = (performance.now() - this.#begun) / 1000;
    return { steps: this.steps, page, person: page + this.steps * STEP_SECONDS };
  }
}

describe.skipIf(browserPath === undefined)('a newcomer', () => {
  let service: TestService;
  let browser: Browser;
  let opened: TestPage;
  beforeAll(async () => {
    service = await startTestService();
    browser = await launchBrowser();
    opened = await openPage(browser);
  });
  afterAll(async () => {
    await browser?.close();
    await service?.close();
  });

  it('is told how to begin', async () => {
    const { page } = opened;
    await page.goto(service.url);
    await page.getByText('No search yet').waitFor();
    await page.getByText('curl -X POST').waitFor();
  });

  it('brings a CSV, sees what is wrong with it, and corrects how it is taken', async () => {
    const { page } = opened;
    await page.getByRole('link', { name: 'Upload your own data' }).click();
    await page
      .getByLabel('Data file')
      .setInputFiles({ name: 'my plants.csv', mimeType: 'text/csv', buffer: Buffer.from(plants()) });
    await page.getByText('240 rows').waitFor();
    await page.getByText('line 5, column width').waitFor();
    const take = page.getByRole('button', { name: 'Upload and set up a search' });
    expect(await take.isDisabled()).toBe(true);
    await page.getByLabel('kind of plot').selectOption('ignored');
    await page.getByLabel('Missing values').selectOption('fill');
    await page.getByText('the target is kind, 2 classes').waitFor();
    await take.click();
    await page.waitForURL(/\/new\?dataset=my-plants/);
  });

  it('sets up a search, is refused nonsense at its field, and begins', async () => {
    const { page } = opened;
    await page.getByText('20 % of the rows (about 48 rows of 240) are test rows').waitFor();
    const low = page.getByLabel('learningRate, low');
    await low.fill('-1');
    await page
      .getByText(/must be above 0|Too small|greater than 0/)
      .first()
      .waitFor();
    await page.waitForFunction(
      () => document.querySelector('[aria-label="learningRate, low"]')?.ariaInvalid === 'true',
    );
    expect(await page.getByRole('button', { name: 'Start search' }).isDisabled()).toBe(true);
    await page.getByText('1 error to fix').waitFor();
    await low.fill('1e-4');
    await page.getByLabel('trials', { exact: true }).fill('12');
    // The form and the JSON are the same thing.
    await page.waitForFunction(() => /"trials": 12/.test(document.querySelector('aside textarea')?.textContent ?? ''));
    await page.getByText('12 trials').first().waitFor();
    // A share of test rows stays where the folds become others, and can be left out.
    const test = page.getByLabel('test', { exact: true });
    await page.getByLabel('Validation', { exact: true }).selectOption('kFold');
    expect(await test.inputValue()).toBe('0.2');
    await test.fill('');
    await page.getByText('No test rows').waitFor();
    await test.fill('0.25');
    await page.getByText('25 % of the rows (about 60 rows of 240) are test rows').waitFor();
    await page.getByLabel('Validation', { exact: true }).selectOption('holdout');
    await page.getByRole('button', { name: 'Start search' }).click();
    await page.waitForURL(/\/searches\/[0-9a-f-]{36}/);
  });

  it('watches it end without a reload, and opens the best', async () => {
    const { page } = opened;
    const id = /searches\/([0-9a-f-]{36})/.exec(page.url())![1]!;
    await page.getByText('12 of 12', { exact: true }).waitFor();
    const { best } = await ended(service.client, id);
    await page.getByLabel('The best trials').getByRole('link').first().click();
    await page.getByRole('heading', { name: `Trial ${best!.number}` }).waitFor();
    await page.getByText('best trial', { exact: true }).waitFor();
    await page.getByText('On the validation rows').waitFor();
    await page.getByText(`npm run hypersearch -- replay ${id} ${best!.number}`).waitFor();
  });

  it('makes a model of it, predicts while typing, and is told what it does not know', async () => {
    const { page } = opened;
    await page.getByText('Make a model').click();
    await page.getByRole('button', { name: 'Of this trial, as it was trained' }).click();
    await page.waitForURL(/\/models\/[0-9a-f-]{36}/);
    await page.getByRole('heading', { name: 'Predict kind' }).waitFor();
    const { origin, facts } = await service.client.model(/models\/([0-9a-f-]{36})/.exec(page.url())![1]!);
    expect(facts!.test!.rows).toBe(60);
    await page.getByRole('heading', { name: 'On the test rows' }).waitFor();
    await page.getByText(formatTest(origin.value, facts!.test!)).waitFor();
    expect(await page.getByLabel('Confusion matrix').getByRole('rowheader').allTextContents()).toEqual(facts!.classes);
    const answer = page.locator('.prediction');
    await page.getByLabel('length').fill('4.2');
    await page.getByLabel('width').fill('1.3');
    await answer.filter({ hasText: 'small' }).waitFor();
    await page.getByLabel('length').fill('7.8');
    await page.getByLabel('width').fill('2.6');
    await answer.filter({ hasText: 'tall' }).waitFor();
    await page.getByLabel('length').fill('780');
    await page.getByText('length is outside the range of the training rows.').waitFor();
    await page.getByLabel('length').fill('long');
    await page.getByText('length: must be a number, got long').waitFor();
    const downloads = ['model.onnx', 'predict.mjs', 'model.safetensors', 'model.json'].map(async (name) => {
      const href = await page.getByRole('link', { name, exact: true }).getAttribute('href');
      return (await fetch(service.url + href)).status;
    });
    expect(await Promise.all(downloads)).toEqual([200, 200, 200, 200]);
    await page.getByRole('link', { name: 'Models', exact: true }).first().click();
    await page.getByRole('cell', { name: 'ready' }).waitFor();
  });

  it('has a search running within a minute of the CSV, and a downloaded model within three', async () => {
    const { page, complaints } = await openPage(browser);
    await page.goto(service.url);
    const path = new Path();
    await path.step(page.getByRole('link', { name: 'Data sets' }).click());
    const file = { name: 'more plants.csv', mimeType: 'text/csv', buffer: Buffer.from(plants()) };
    const [chooser] = await Promise.all([
      page.waitForEvent('filechooser'),
      path.step(page.getByRole('button', { name: 'Choose a file' }).click()),
    ]);
    await path.step(chooser.setFiles(file));
    await path.step(page.getByLabel('kind of plot').selectOption('ignored'));
    await path.step(page.getByLabel('Missing values').selectOption('fill'));
    await path.step(page.getByRole('button', { name: 'Upload and set up a search' }).click());
    await page.waitForURL(/\/new\?dataset=more-plants/);
    await path.step(page.getByRole('button', { name: 'Start search' }).click());
    await page.locator('h1 ~ .state-running, h1 ~ .state-complete').waitFor();
    const running = path.soFar();
    await page.locator('h1 ~ .state-complete').waitFor();
    await path.step(page.locator('.best-trial').getByText('Make a model').click());
    await path.step(page.getByRole('button', { name: 'Of this trial, as it was trained' }).click());
    await page.waitForURL(/\/models\/[0-9a-f-]{36}/);
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      path.step(page.getByRole('link', { name: 'model.onnx', exact: true }).click()),
    ]);
    expect((await stat(await download.path())).size).toBeGreaterThan(1000);
    const downloaded = path.soFar();
    const textOf = ({ steps, page: took, person }: ReturnType<Path['soFar']>) =>
      `${steps} steps, ${took.toFixed(1)} s, ${person.toFixed(0)} s with ${STEP_SECONDS} s a step`;
    console.log(`from the CSV to a running search: ${textOf(running)}; to a downloaded model: ${textOf(downloaded)}`);
    expect(running.person).toBeLessThan(60);
    expect(downloaded.person).toBeLessThan(180);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('had nothing to complain about but the bound that was refused', () =>
    // If the dry run is sent before the bound is corrected, the browser reports the refusal.
    expect(opened.complaints.filter((text) => !text.includes('400'))).toEqual([]));
});
