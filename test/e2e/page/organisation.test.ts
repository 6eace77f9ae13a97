/** Signing in on the page with a provider of OpenID Connect. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from '../../../src/config.ts';
import { browserPath, launchBrowser } from '../../support/browser.ts';
import { startIdentityProvider, type TestProvider } from '../../support/identity-provider.ts';
import { accessibilityFaults, openPage } from '../../support/page.ts';
import { startTestService, type TestService } from '../../support/service.ts';

describe.skipIf(browserPath === undefined)('a service with an identity provider', () => {
  let service: TestService;
  let provider: TestProvider;
  let browser: Browser;
  beforeAll(async () => {
    provider = await startIdentityProvider();
    const { oidc } = readConfig({
      HYPERSEARCH_OIDC_ISSUER: provider.issuer,
      HYPERSEARCH_OIDC_CLIENT_ID: 'hypersearch',
      HYPERSEARCH_OIDC_CLIENT_SECRET: 'of the service',
      HYPERSEARCH_OIDC_ROLES: 'staff=submitter:default',
      HYPERSEARCH_OIDC_SCOPE: 'openid email groups',
    });
    service = await startTestService({ oidc }, 'api');
    provider.groups.set('ada', ['staff']);
    const redirectUri = `${service.url}/v1/session/oidc/callback`;
    provider.register({ id: 'hypersearch', secret: 'of the service', redirectUri });
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await service?.close();
    await provider?.close();
  });

  it('signs in there, comes back to the page that was asked for, and signs out', async () => {
    const { page } = await openPage(browser);
    await page.goto(`${service.url}/models`);
    const link = page.getByRole('link', { name: 'Sign in with your organisation' });
    await link.waitFor();
    expect(await accessibilityFaults(page)).toEqual([]);
    await link.click();
    await page.getByPlaceholder('Enter any login').fill('ada');
    await page.getByPlaceholder('and password').fill('any');
    await page.getByRole('button').click();
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByText('oidc:ada@example.org (submitter of default)').waitFor();
    expect(new URL(page.url()).pathname).toBe('/models');
    await page.getByRole('heading', { name: 'Models' }).waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    // At the provider, too: it would sign in again without a question.
    await page.getByRole('button', { name: 'Yes, sign me out' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    expect(new URL(page.url()).origin).toBe(service.url);
    await page.getByRole('link', { name: 'Sign in with your organisation' }).click();
    await page.getByPlaceholder('Enter any login').waitFor();
  });
});
