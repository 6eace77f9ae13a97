/** A page in a real browser that writes down whatever it complains of, and what a reader without sight would miss. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, Page } from 'playwright-core';

export interface TestPage {
  readonly page: Page;
  /** Errors of the console and of scripts, but for what the browser says of a connection that a test cut. */
  readonly complaints: readonly string[];
}

/** A busy machine has two cores, and the service trains on both. */
const PATIENCE_MS = 20_000;

export async function openPage(browser: Browser, options: Parameters<Browser['newPage']>[0] = {}): Promise<TestPage> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, ...options });
  page.setDefaultTimeout(PATIENCE_MS);
  const complaints: string[] = [];
  page.on('console', (message) => {
    const lost = /WebSocket|ERR_CONNECTION_REFUSED|net::ERR_/.test(message.text());
    if (message.type() === 'error' && !lost) complaints.push(`${message.text()} ${message.location().url}`.trim());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  return { page, complaints };
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Those of axe that may judge otherwise where colours alone are others. */
export const rulesOfColours = ['color-contrast', 'link-in-text-block'];

/** Resolves once the page is drawn in it. */
export async function changeTheme(page: Page, colorScheme: 'light' | 'dark'): Promise<void> {
  await page.emulateMedia({ colorScheme });
  await page.evaluate('new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)))');
}

interface AxeFinding {
  readonly id: string;
  readonly impact: string | null;
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
}

/** Serious and critical faults that axe finds on the page as it is, each with its first place; `only`: by these rules. */
export async function accessibilityFaults(page: Page, only?: readonly string[]): Promise<string[]> {
  // The page's own policy allows no script but its own; a test's comes in through the debugger.
  if (!(await page.evaluate("'axe' in window"))) await page.evaluate(axe);
  const options = JSON.stringify({
    resultTypes: ['violations'],
    ...(only && { runOnly: { type: 'rule', values: only } }),
  });
  // Only what is asked for crosses over: what else axe tells is a multiple of it.
  const violations = (await page.evaluate(
    `axe.run(document, ${options}).then(({ violations }) => violations)`,
  )) as readonly AxeFinding[];
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes[0]?.html} ${nodes[0]?.failureSummary ?? ''}`);
}
