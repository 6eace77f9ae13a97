/** Files as people have them, on the page: what was seen in one, what can be said otherwise, and what to do about what is odd. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browserPath, launchBrowser } from '../../support/browser.ts';
import { fileCases } from '../../support/files.ts';
import { accessibilityFaults, openPage, type TestPage } from '../../support/page.ts';
import { ended } from '../../support/searches.ts';
import { startTestService, type TestService } from '../../support/service.ts';

if (browserPath === undefined) console.warn('no Chromium is installed: the page is not tested');

const fileOf = (kind: string) => fileCases.find((one) => one.kind.startsWith(kind))!.file;

describe.skipIf(browserPath === undefined)('a file on the page', () => {
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

  const choose = async (name: string, buffer: Buffer) => {
    const { page } = opened;
    await page.goto(`${service.url}/datasets`);
    await page.getByLabel('Data file').setInputFiles({ name, mimeType: 'text/csv', buffer });
  };
  const chosenIn = async (label: string) =>
    opened.page.getByLabel(label).evaluate((element) => {
      const select = element as HTMLSelectElement;
      return select.selectedOptions[0]?.text;
    });

  it('shows what was decided about a file of Excel in a German locale, and how to say otherwise', async () => {
    const { page } = opened;
    await choose('Preise.csv', fileOf('Excel in a German'));
    await page.getByText('30 rows, 3 inputs; the target is Größe, 2 classes').waitFor();
    expect(await chosenIn('Fields separated by')).toBe('semicolons (detected)');
    expect(await chosenIn('Decimal mark')).toBe('comma: 1,5 (detected)');
    expect(await chosenIn('Thousands')).toBe('points: 1.000 (detected)');
    expect(await chosenIn('Encoding')).toBe('Windows-1252 (Western, Latin-1) (detected)');
    expect(await chosenIn('First line')).toBe('column names (detected)');
    expect(await accessibilityFaults(page)).toEqual([]);
    // Something else is said, and taken back.
    await page.getByLabel('Fields separated by').selectOption('tab');
    await page.getByText('the delimiter is tab').waitFor();
    await page.getByLabel('Fields separated by').selectOption('');
    await page.getByText('30 rows, 3 inputs').waitFor();
    await page.getByLabel('First line').selectOption('false');
    await page.getByLabel('predict column4', { exact: true }).waitFor();
    await page.getByLabel('First line').selectOption('');
    await page.getByLabel('predict Größe', { exact: true }).waitFor();
    // A warning is dealt with where it stands.
    await page.getByRole('button', { name: 'Straße: leave it out' }).click();
    await page.getByText('30 rows, 2 inputs').waitFor();
    await page.getByLabel('Warnings').waitFor({ state: 'detached' });
  });

  it('shows of Parquet and svmlight only what can be said otherwise', async () => {
    const { page } = opened;
    await choose('plants.parquet', fileOf('Parquet of pandas, with an index'));
    await page.getByText('30 rows, 3 inputs; the target is kind, 2 classes').waitFor();
    expect(await page.getByLabel('Name', { exact: true }).inputValue()).toBe('plants');
    expect(await chosenIn('Format')).toBe('Parquet (detected)');
    expect(await page.getByLabel('Fields separated by').count()).toBe(0);
    await page.getByRole('button', { name: '__index_level_0__: leave it out' }).click();
    await page.getByText('30 rows, 2 inputs').waitFor();
    await choose('letters.svm', fileOf('svmlight, numbered from 1'));
    await page.getByText('40 rows, 3 inputs').waitFor();
    await page.getByRole('button', { name: 'the file: they start at 0' }).click();
    await page.getByText('40 rows, 4 inputs').waitFor();
    expect(await page.getByLabel('The first feature is').inputValue()).toBe('0');
    // It is no delimited text; what is said of the format can be taken back.
    await page.getByLabel('The first feature is').selectOption('');
    await page.getByLabel('Format').selectOption('json');
    await page.getByText('is not valid JSON').waitFor();
    await page.getByLabel('Format').selectOption('');
    await page.getByText('40 rows, 3 inputs').waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
  });

  it('asks whether a first line that looks like a row is one', async () => {
    const { page } = opened;
    await choose('adult.data', fileOf('UCI headerless'));
    await page.getByText('the first line looks like a row, not like column names').waitFor();
    expect(await chosenIn('First line')).toBe('a row (detected)');
    await page.getByRole('button', { name: 'the file: it is a row' }).click();
    await page.getByText('the first line looks like a row').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'the file: fill them' }).click();
    await page.getByText('30 rows, 5 inputs').waitFor();
    expect(await page.getByRole('button', { name: 'Upload and set up a search' }).isDisabled()).toBe(false);
  });

  it('takes markers of missing values that are typed', async () => {
    const { page } = opened;
    await choose('air.csv', fileOf('-200 as missing'));
    await page.getByText('30 rows').waitFor();
    await page.getByLabel('Missing is also').fill('-200');
    await page.getByLabel('Missing is also').press('Enter');
    await page.getByRole('button', { name: 'the file: fill them' }).click();
    await page.getByText('27 rows, 3 dropped').waitFor();
  });

  it('offers the most frequent of many words', async () => {
    const { page } = opened;
    await choose('towns.csv', fileOf('more than 100 words'));
    await page.getByText('has 173 categories').first().waitFor();
    await page.getByLabel('kind of town').selectOption('frequent');
    await page.getByText('240 rows, 102 inputs').waitFor();
  });

  it('shows some of 2,000 columns, finds any, and asks for the service no more than it can take', async () => {
    const { page } = opened;
    await choose('genes.csv', fileOf('2,000 columns'));
    await page.getByText('30 rows, 1,999 inputs').waitFor();
    await page.getByText('201 columns of 2,000 shown').waitFor();
    await page.getByLabel('Find a column').fill('gene1998');
    await page.getByLabel('kind of gene1998').selectOption('ignored');
    await page.getByText('30 rows, 1,998 inputs').waitFor();
  });

  it('stores a file, says afterwards how it was read, and keeps a second version beside the first', async () => {
    const { page } = opened;
    const take = page.getByRole('button', { name: 'Upload and set up a search' });
    await choose('mine.csv', fileOf('semicolons'));
    await take.click();
    await page.waitForURL(/\/new\?dataset=mine/);
    const { id } = await service.client.create({
      dataset: 'mine',
      budget: { trials: 1 },
      hyperparameters: { epochs: 1 },
    });
    await ended(service.client, id);
    await choose('mine.csv', fileOf('tabs'));
    await page.getByText('a new version; existing searches keep theirs').waitFor();
    await page.getByLabel('predict width', { exact: true }).click();
    await page.getByText('the target is width').waitFor();
    await take.click();
    await page.waitForURL(/\/new\?dataset=mine/);
    await page.goto(`${service.url}/datasets`);
    const row = page.getByRole('row', { name: /^mine/ });
    await row.getByText('2 versions').waitFor();
    await row.getByText(/How it was read/).click();
    await row.getByText('fields are separated by tabs').waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
  });

  it('says that searches use a data set before it is deleted all the same', async () => {
    const { page } = opened;
    await page.getByRole('button', { name: 'Delete mine' }).click();
    await page.getByRole('button', { name: 'Delete it', exact: true }).click();
    await page.getByText('1 search uses mine').waitFor();
    await page.getByRole('button', { name: 'Delete anyway' }).click();
    await page.getByRole('button', { name: 'Delete mine' }).waitFor({ state: 'detached' });
    expect((await fetch(`${service.url}/v1/datasets/mine`)).status).toBe(404);
  });

  it('had nothing to complain about but what was refused on purpose', () => {
    expect(opened.complaints.filter((text) => !/status of 4(00|09)/.test(text))).toEqual([]);
  });
});
