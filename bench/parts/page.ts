/** How fast the page is, measured in a real browser by its own clocks. */
import type { Browser, Page } from 'playwright-core';
import { heapOf, WINDOW_MS } from './large-page.ts';
import { median } from './report.ts';

/** Bytes over the wire, as they are compressed, and seconds until the heading of the first view is painted and the page idle. */
export async function firstLoad(browser: Browser, url: string): Promise<{ seconds: number; bytes: number }> {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.addInitScript(`
    globalThis.usable = new Promise((resolve) => {
      const observer = new MutationObserver(() => {
        if (document.querySelector('main h1') === null) return;
        observer.disconnect();
        requestAnimationFrame(() => requestIdleCallback(() => resolve(performance.now() / 1000)));
      });
      observer.observe(document, { childList: true, subtree: true });
    });`);
  await page.waitForTimeout(WINDOW_MS);
  await page.goto(url);
  const seconds = Number(await page.evaluate('globalThis.usable'));
  const bytes = Number(
    await page.evaluate(
      `[...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
        .reduce((sum, { transferSize }) => sum + transferSize, 0)`,
    ),
  );
  await context.close();
  return { seconds, bytes };
}

/** Milliseconds from the end of an epoch in its thread until the frame in which the page shows it; `count` of them. */
export async function epochsToPixels(
  browser: Browser,
  url: string,
  count: number,
): Promise<{ median: number; worst: number }> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  await page.goto(url);
  await page.locator('.live-cards [data-at]').first().waitFor();
  const delays = (await page.evaluate(
    `new Promise((resolve) => {
      const delays = [];
      const observer = new MutationObserver((changes) => {
        const shown = changes.map(({ target }) => Number(target.dataset.at)).filter((at) => at > 0);
        requestAnimationFrame(() => setTimeout(() => {
          const now = performance.timeOrigin + performance.now();
          for (const at of shown) delays.push(now - at);
          if (delays.length >= ${count}) { observer.disconnect(); resolve(delays); }
        }));
      });
      observer.observe(document.querySelector('.live-cards').parentElement, { subtree: true, attributes: true, attributeFilter: ['data-at'] });
    })`,
  )) as number[];
  await context.close();
  return { median: median(delays), worst: Math.max(...delays) };
}

/** Medians, in milliseconds, from an input to the next paint (Event Timing), and the memory of scripts after all of them. */
export async function interactions(
  browser: Browser,
  url: string,
): Promise<{ medians: Record<string, number>; megabytes: number }> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  const medians: Record<string, number> = {};
  const measure = async (what: string, acts: readonly (() => Promise<unknown>)[]) => {
    const taken: number[] = [];
    for (const act of acts) {
      await page.evaluate(startTiming);
      await act();
      taken.push(Number(await page.evaluate(endTiming)));
    }
    medians[what] = median(taken);
  };
  await page.goto(`${url}?view=trials`);
  await page.locator('.trial-table .body [role=row]').first().waitFor();
  const columns = ['learningRate', 'validationAccuracy', 'l2', 'trial', 'validationAccuracy'];
  await measure(
    'sort the table',
    columns.map((name) => () => page.getByRole('columnheader', { name }).getByRole('button').click()),
  );
  await measure(
    'type a filter',
    [...'l2>1e-4'].map((key) => () => page.getByLabel('Ranges').press(key)),
  );
  await page.getByLabel('Ranges').fill('');
  await measure(
    'scroll the table',
    Array.from({ length: 5 }, () => () => page.locator('.trial-table').press('PageDown')),
  );
  await measure(
    'turn to another view',
    ['Overview', 'Pruning', 'Specification', 'Trials', 'Overview'].map((name) => () => turnTo(page, name)),
  );
  await turnTo(page, 'Analysis');
  await page.locator('.echart canvas').first().waitFor();
  await measure(
    'another slice',
    ['l2', 'activation', 'learningRate'].map(
      (name) => () => page.getByLabel('Hyperparameter', { exact: true }).selectOption(name),
    ),
  );
  const megabytes = await heapOf(page);
  await context.close();
  return { medians, megabytes };
}

function turnTo(page: Page, name: string): Promise<void> {
  return page.getByRole('tab', { name }).click();
}

/** Event Timing rounds to 8 ms and tells of nothing below 16: what it does not tell of took at most that. */
const startTiming = `
  globalThis.longest = 0;
  globalThis.timing ??= new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) globalThis.longest = Math.max(globalThis.longest, duration);
  });
  globalThis.timing.observe({ type: 'event', durationThreshold: 16, buffered: false });`;
/** Told of after the paint: two frames and a task later at the latest. */
const endTiming = `new Promise((resolve) =>
  requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => resolve(Math.max(globalThis.longest, 16)), 60))))`;
