/** When charts are drawn: once with all trials, and not while nobody can see them. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browserPath, launchBrowser } from '../../support/browser.ts';
import { openPage } from '../../support/page.ts';
import { ended, lasting, reached } from '../../support/searches.ts';
import { startTestService, type TestService } from '../../support/service.ts';

/** Counts how often each canvas is drawn: uPlot clears it before. */
const counting = `
  const clear = CanvasRenderingContext2D.prototype.clearRect;
  CanvasRenderingContext2D.prototype.clearRect = function (...area) {
    this.canvas.dataset.draws = String(Number(this.canvas.dataset.draws ?? 0) + 1);
    return clear.apply(this, area);
  };`;

/** A selector of what was drawn at most so often. */
const upTo = (draws: number) => Array.from({ length: draws + 1 }, (_, i) => `[data-draws="${i}"]`).join(', ');

describe.skipIf(browserPath === undefined)('the charts of the overview', () => {
  let service: TestService;
  let browser: Browser;
  beforeAll(async () => {
    service = await startTestService();
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await service?.close();
  });

  async function open(id: string, height: number): Promise<Page> {
    const { page } = await openPage(browser, { viewport: { width: 1280, height } });
    await page.addInitScript(counting);
    const snapshot = page
      .waitForEvent('websocket', (socket) => socket.url().includes(id))
      .then((socket) => socket.waitForEvent('framereceived', ({ payload }) => String(payload).includes('"snapshot"')));
    await page.goto(`${service.url}/searches/${id}`);
    await snapshot;
    return page;
  }
  async function annotate(id: string, number: number): Promise<void> {
    const answer = await fetch(`${service.url}/v1/searches/${id}/trials/${number}`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ tags: ['seen'] }),
    });
    expect(answer.status).toBe(200);
  }
  const history = '.overview > section:first-child canvas';
  const drawsOf = async (page: Page) => Number(await page.locator(history).getAttribute('data-draws'));
  const drawnMoreThan = (page: Page, draws: number) =>
    page
      .locator(history)
      .and(page.locator(`:not(${upTo(draws)})`))
      .waitFor();

  it('are drawn once when the page is opened, and once for a change', async () => {
    const { id } = await service.client.create({ ...lasting(1, 30), name: 'drawn once' });
    await ended(service.client, id);
    const page = await open(id, 900);
    await page.getByText('30 complete trials').waitFor();
    expect(await drawsOf(page)).toBe(1);
    await annotate(id, 3);
    await drawnMoreThan(page, 1);
    expect(await drawsOf(page)).toBe(2);
    await page.close();
  });

  it('are not drawn again before somebody scrolls to them', async () => {
    const { id } = await service.client.create({ ...lasting(300, 200), name: 'below the screen' });
    const page = await open(id, 400);
    await page.locator(history).waitFor();
    const before = await drawsOf(page);
    const { trials } = await service.client.search(id);
    await reached(service.client, id, 'complete', trials.complete + 5);
    await page
      .getByText(/^\d+ of 200$/)
      .filter({ hasText: RegExp(`^(?!${trials.complete} )`) })
      .waitFor();
    expect(await drawsOf(page)).toBe(before);
    await page.locator(history).scrollIntoViewIfNeeded();
    await drawnMoreThan(page, before);
    await service.client.cancel(id);
    await page.close();
  });
});
