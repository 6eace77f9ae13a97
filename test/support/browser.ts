/** A real browser for tests, driven by Playwright. */
import { type Browser, chromium } from 'playwright-core';
import { browserPath, browserSwitches } from '../../bench/parts/browser.ts';

export { browserPath };

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: browserPath!, args: [...browserSwitches] });
}
