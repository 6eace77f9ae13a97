/** A data set that is read from its address, by the field of the page. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fetchHostsSchema } from '../../../src/domain/fetch-hosts.ts';
import { browserPath, launchBrowser } from '../../support/browser.ts';
import { openPage } from '../../support/page.ts';
import { startTestService, type TestService } from '../../support/service.ts';

const rows = Array.from({ length: 40 }, (_, i) => `${i % 7};${(i * 5) % 11};${i % 2 ? 'odd' : 'even'}`);
const csv = ['first;second;kind', ...rows].join('\n');

describe.skipIf(browserPath === undefined)('the address of a file', () => {
  let files: Server;
  let host: string;
  let service: TestService;
  let browser: Browser;
  beforeAll(async () => {
    files = createServer(({ url }, response) => {
      response.statusCode = url === '/numbers.csv' ? 200 : 404;
      response.end(url === '/numbers.csv' ? csv : 'nothing');
    });
    await new Promise<void>((resolve) => files.listen(0, '127.0.0.1', resolve));
    host = `http://127.0.0.1:${(files.address() as AddressInfo).port}`;
    service = await startTestService({
      fetch: { hosts: fetchHostsSchema.parse(host), privateHosts: fetchHostsSchema.parse(host) },
    });
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await service?.close();
    files?.close();
  });

  async function read(page: Page, address: string): Promise<void> {
    await page.getByLabel('Address of a file').fill(address);
    await page.keyboard.press('Enter');
  }

  it('is read, shown and stored', async () => {
    const { page } = await openPage(browser);
    await page.goto(`${service.url}/datasets`);
    await read(page, `${host}/numbers.csv`);
    await page.getByText('40 rows, 2 inputs; the target is kind, 2 classes.').waitFor();
    await page.getByRole('button', { name: 'Upload and set up a search' }).click();
    await page.waitForURL('**/new?dataset=numbers');
    await page.close();
  });

  it('may be corrected after it was refused, without settings of a file that nobody has read', async () => {
    const { page } = await openPage(browser);
    await page.goto(`${service.url}/datasets`);
    await read(page, `${host}/numbrs.csv`);
    await page.getByRole('alert').getByText('answered 404').waitFor();
    expect(await page.getByText('How the file is read').count()).toBe(0);
    await page.getByRole('button', { name: 'Another file' }).click();
    expect(await page.getByLabel('Address of a file').inputValue()).toBe(`${host}/numbrs.csv`);
    await read(page, 'https://data.example.org/numbers.csv');
    await page.getByRole('alert').getByText('https://data.example.org is not in HYPERSEARCH_FETCH_HOSTS').waitFor();
    await page.close();
  });
});
