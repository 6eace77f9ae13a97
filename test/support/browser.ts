/** A real browser for tests, driven by Playwright. */
import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';
import { browserSwitches, browserPath as fullBrowser } from '../../bench/parts/browser.ts';

/** The same engine without the windows of a desktop, Debian's package of that name: it opens the page for two thirds of the CPU time. */
const headlessShell = [process.env['TEST_BROWSER'], '/usr/bin/chromium-headless-shell'].find(
  (path) => path && existsSync(path),
);
export const browserPath = headlessShell ?? fullBrowser;

export function launchBrowser(executablePath = browserPath): Promise<Browser> {
  return chromium.launch({ executablePath: executablePath!, args: [...browserSwitches] });
}
