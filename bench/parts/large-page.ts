/** The page with large and with fast searches, measured in a real browser by its own clocks. */
import type { Browser, Page } from 'playwright-core';
import { median } from './report.ts';

const viewport = { width: 1280, height: 900 };

/** A new context opens a window of Chromium's own, whose scripts keep a core busy for half a second. */
export const WINDOW_MS = 2000;

/**
 * Seconds from the navigation until the overview of a search shows its history and the page is idle, so that inputs are answered, and the
 * memory of scripts in MB.
 */
export async function untilInteractive(browser: Browser, url: string): Promise<{ seconds: number; megabytes: number }> {
  const context = await browser.newContext({ viewport });
  const page = await context.newPage();
  await page.addInitScript(`
    globalThis.interactive = new Promise((resolve) => {
      const observer = new MutationObserver(() => {
        const overview = document.querySelector('.overview');
        // A history without trials has a canvas too.
        if (!overview?.querySelector('canvas') || !overview.textContent.includes('complete trial')) return;
        if (document.querySelector('.waiting') !== null) return;
        observer.disconnect();
        requestAnimationFrame(() => requestIdleCallback(() => resolve(performance.now() / 1000)));
      });
      observer.observe(document, { childList: true, subtree: true });
    });`);
  await page.waitForTimeout(WINDOW_MS);
  await page.goto(url);
  const seconds = Number(await page.evaluate('globalThis.interactive'));
  const megabytes = await heapOf(page);
  await context.close();
  return { seconds, megabytes };
}

/** Memory of scripts that is still in use, in MB. */
export async function heapOf(page: Page): Promise<number> {
  const debug = await page.context().newCDPSession(page);
  await debug.send('HeapProfiler.collectGarbage');
  const { usedSize } = await debug.send('Runtime.getHeapUsage');
  return usedSize / 1e6;
}

/** Milliseconds from a movement of the pointer to the next paint, while a range is brushed on an axis of the parallel coordinates. */
export async function brushing(browser: Browser, url: string): Promise<{ median: number; worst: number }> {
  const context = await browser.newContext({ viewport });
  const page = await context.newPage();
  await page.goto(`${url}?view=analysis`);
  const chart = page.locator('section', { has: page.getByRole('heading', { name: 'Parallel coordinates' }) });
  const canvas = chart.locator('.echart canvas').first();
  await canvas.waitFor();
  await canvas.scrollIntoViewIfNeeded();
  await page.evaluate('new Promise((resolve) => requestIdleCallback(resolve))');
  await page.evaluate(`
    globalThis.delays = [];
    addEventListener('pointermove', ({ timeStamp }) =>
      requestAnimationFrame(() => setTimeout(() => globalThis.delays.push(performance.now() - timeStamp))), true);`);
  const { x, y } = (await canvas.boundingBox())!;
  // The first axis.
  await page.mouse.move(x + 50, y + 80);
  await page.mouse.down();
  for (let i = 1; i <= BRUSH_MOVES; i++) {
    await page.mouse.move(x + 50, y + 80 + 6 * i);
    await page.evaluate('new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))');
  }
  await page.mouse.up();
  await page.getByRole('status').filter({ hasText: 'selected' }).waitFor();
  const delays = (await page.evaluate('globalThis.delays')) as number[];
  await context.close();
  return { median: median(delays), worst: Math.max(...delays) };
}
const BRUSH_MOVES = 25;

/** The share of a core that the page's process takes within `seconds`, and how many trials ended in a second meanwhile. */
export async function busyShare(
  browser: Browser,
  url: string,
  seconds: number,
  ended: () => Promise<number>,
): Promise<{ share: number; trialsPerSecond: number }> {
  const context = await browser.newContext({ viewport });
  const page = await context.newPage();
  await page.goto(url);
  await page.locator('.overview canvas').first().waitFor();
  const debug = await context.newCDPSession(page);
  await debug.send('Performance.enable');
  const look = async () => {
    const { metrics } = await debug.send('Performance.getMetrics');
    const of = (name: string) => metrics.find((metric) => metric.name === name)!.value;
    return { cpu: of('ProcessTime'), at: of('Timestamp'), ended: await ended() };
  };
  const before = await look();
  await page.waitForTimeout(seconds * 1000);
  const after = await look();
  const elapsed = after.at - before.at;
  await context.close();
  return { share: (after.cpu - before.cpu) / elapsed, trialsPerSecond: (after.ended - before.ended) / elapsed };
}
