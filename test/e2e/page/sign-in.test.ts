/** The page of a service that needs an API key. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createClient } from '../../../src/cli/api-client.ts';
import { browserPath, launchBrowser } from '../../support/browser.ts';
import { accessibilityFaults, openPage } from '../../support/page.ts';
import { ended, lasting } from '../../support/searches.ts';
import { startTestService, type TestService } from '../../support/service.ts';

describe.skipIf(browserPath === undefined)('a service with API keys', () => {
  let service: TestService;
  let browser: Browser;
  let id: string;
  const secrets: Record<string, string> = {};
  beforeAll(async () => {
    service = await startTestService();
    browser = await launchBrowser();
    ({ id } = await service.client.create(lasting(20, 3, { name: 'a secret search' })));
    await ended(service.client, id);
    for (const role of ['admin', 'reader'] as const) {
      const client = createClient(service.url, secrets['admin']);
      secrets[role] = (await client.createKey({ name: `Ada the ${role}`, role })).secret;
    }
  });
  afterAll(async () => {
    await browser?.close();
    await service?.close();
  });

  it('asks for the key, shows the address that was asked for, live, and forgets all on signing out', async () => {
    const { page } = await openPage(browser);
    await page.goto(`${service.url}/searches/${id}`);
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    expect(await page.textContent('body')).not.toContain('a secret search');
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.getByLabel('API key').fill('hs_wrong');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('the key is unknown or was revoked').waitFor();
    await page.getByLabel('API key').fill(secrets['admin']!);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'a secret search' }).waitFor();
    await page.getByText('Ada the admin (admin)').waitFor();
    // The websocket is authorised, too.
    await page.locator('.connection.live').waitFor();
    await createClient(service.url, secrets['admin']).create(lasting(20, 2, { name: 'another one' }));
    await page.getByRole('navigation').getByRole('link', { name: 'Searches' }).click();
    await page.getByText('another one').waitFor();
    expect(await page.evaluate('document.cookie + JSON.stringify({ ...localStorage, ...sessionStorage })')).not.toMatch(
      /hs_|hypersearch_session/,
    );
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await page.goBack();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  });

  it('says what a key does not allow', async () => {
    const { page } = await openPage(browser);
    await page.goto(service.url);
    await page.getByLabel('API key').fill(secrets['reader']!);
    await page.keyboard.press('Enter');
    await page.getByText('Ada the reader (reader)').waitFor();
    await page.goto(`${service.url}/new`);
    await page.getByRole('button', { name: /Start search/ }).click();
    await page.getByText(/Ada the reader has the role reader; POST \/v1\/searches needs submitter/).waitFor();
  });
});
