/** The page while things happen: live, from two browsers, over restarts, and the same for whoever comes late. */
import type { Browser, Page, WebSocket } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createClient } from '../../../src/cli/api-client.ts';
import { browserPath, launchBrowser } from '../../support/browser.ts';
import { openPage, type TestPage } from '../../support/page.ts';
import { createTestDatabase } from '../../support/postgres.ts';
import { freePort, startApi, startWorkerProcess } from '../../support/processes.ts';
import { ended, lasting, reached } from '../../support/searches.ts';
import { startTestService, type TestService } from '../../support/service.ts';

/** Between two attempts to connect, once several have failed: the longest pause is five seconds. */
const LONG_PAUSE_MS = 3500;

/** A table to be uploaded. */
const fewRows = Buffer.from(
  `size,label\n${Array.from({ length: 24 }, (_, i) => `${i + 0.5},${i % 2 === 0 ? 'even' : 'odd'}`).join('\n')}\n`,
);

/** The table of the best has so many rows, and no more. */
async function hasBest(page: Page, count: number): Promise<void> {
  const rows = page.getByLabel('The best trials').locator('tbody tr');
  await rows.nth(count - 1).waitFor();
  expect(await rows.count()).toBe(count);
}
const trialsEnded = (page: Page, text: string) => page.locator('dd', { hasText: text }).first().waitFor();

describe.skipIf(browserPath === undefined)('a search on the page', () => {
  let service: TestService;
  let browser: Browser;
  let first: TestPage;
  beforeAll(async () => {
    service = await startTestService();
    browser = await launchBrowser();
    first = await openPage(browser);
  });
  afterAll(async () => {
    await browser?.close();
    await service?.close();
  });

  it('appears in the list, moves, and ends there, without a reload', async () => {
    const { page } = first;
    await page.goto(service.url);
    await page.getByText('No search yet').waitFor();
    // Every state that is shown is noted as it is drawn, so that the search need not wait for somebody to look.
    const states = page.evaluate(
      () =>
        new Promise<(string | undefined)[]>((resolve) => {
          const seen: (string | undefined)[] = [];
          const look = () => {
            const chip = document.querySelector('.chip[class*=state-]');
            const state = chip?.className.match(/state-(\w+)/)?.[1];
            if (state !== seen.at(-1)) seen.push(state);
            if (state === 'complete') resolve(seen);
          };
          new MutationObserver(look).observe(document.body, { subtree: true, childList: true, attributes: true });
        }),
    );
    const { id } = await service.client.create(lasting(500, 6, { name: 'six nets' }));
    await page.getByRole('link', { name: 'six nets' }).waitFor();
    await ended(service.client, id);
    await page.getByText('6 of 6').waitFor();
    expect(await states).toEqual(['running', 'complete']);
  });

  it('shows curves that grow, then the best', async () => {
    const { page } = first;
    const { id } = await service.client.create(lasting(3000, 6, { name: 'growing' }));
    await page.goto(`${service.url}/searches/${id}`);
    await page.locator('.live-cards [data-epoch]').first().waitFor();
    // As drawn, one after the other, of whichever trial shows three first.
    const epochs = await page.evaluate(
      () =>
        new Promise<number[]>((resolve) => {
          const seen = new Map<string, number[]>();
          const look = () => {
            for (const card of document.querySelectorAll<HTMLElement>('.live-cards [data-epoch]')) {
              const own = seen.get(card.dataset['trial']!) ?? [];
              seen.set(card.dataset['trial']!, own);
              const epoch = Number(card.dataset['epoch']);
              if (epoch !== own.at(-1)) own.push(epoch);
              if (own.length >= 3) resolve(own);
            }
          };
          new MutationObserver(look).observe(document.body, { subtree: true, childList: true, attributes: true });
        }),
    );
    expect(epochs).toEqual([...epochs].sort((a, b) => a - b));
    await reached(service.client, id, 'complete', 2);
    await page.getByLabel('The best trials').locator('tbody tr').nth(1).waitFor();
    await service.client.cancel(id);
  });

  it('is the same for two browsers; one cancels, both see it', async () => {
    const second = await openPage(browser);
    const { id } = await service.client.create(lasting(9000, 20, { name: 'shared' }));
    for (const { page } of [first, second]) await page.goto(`${service.url}/searches/${id}`);
    await first.page.getByRole('button', { name: 'Pause' }).click();
    await second.page.getByRole('button', { name: 'Resume' }).click();
    await first.page.getByRole('button', { name: 'Pause' }).waitFor();
    await second.page.getByRole('button', { name: 'Cancel' }).click();
    for (const { page } of [first, second]) await page.locator('h1 + .state-cancelled').waitFor();
    expect((await service.client.search(id)).state).toBe('cancelled');
    expect(second.complaints).toEqual([]);
    await second.page.close();
  });

  it('is the same for who comes in the middle as for who was there from the start', async () => {
    const late = await openPage(browser);
    const pruned = { pruner: { type: 'successiveHalving', minEpochs: 8 }, sampler: { type: 'tpe', seed: 3 } };
    const { id } = await service.client.create(lasting(120, 30, { name: 'two readers', ...pruned }));
    await first.page.goto(`${service.url}/searches/${id}?view=trials`);
    await first.page.getByRole('table', { name: 'Trials' }).waitFor();
    await reached(service.client, id, 'complete', 1);
    await late.page.goto(`${service.url}/searches/${id}?view=trials`);
    await ended(service.client, id);
    const seen: string[][] = [];
    for (const { page } of [first, late]) {
      await page.locator('h1 + .state-complete').waitFor();
      await page.locator('.trial-table').evaluate((table) => {
        (table as HTMLElement).style.height = '3000px';
      });
      const rows = page.locator('.trial-table .body [role=row]');
      await rows.nth(29).waitFor();
      // The head comes with the stream of all searches, the trials with that of this one.
      await expect.poll(async () => (await rows.allInnerTexts()).join()).not.toMatch(/running|paused|waiting/);
      seen.push(await rows.allInnerTexts());
    }
    expect(seen[0]).toHaveLength(30);
    expect(seen[1]).toEqual(seen[0]);
    // And as one that was not there at all.
    await first.page.reload();
    await first.page.locator('.trial-table').evaluate((table) => {
      (table as HTMLElement).style.height = '3000px';
    });
    await first.page.locator('.trial-table .body [role=row]').nth(29).waitFor();
    expect(await first.page.locator('.trial-table .body [role=row]').allInnerTexts()).toEqual(seen[0]);
    await late.page.close();
  });

  it('says that a search was deleted while it was shown', async () => {
    await service.client.create(lasting(50, 1, { name: 'to stay' }));
    const { id } = await service.client.create(lasting(50, 1, { name: 'to go' }));
    await ended(service.client, id);
    const other = await openPage(browser);
    await other.page.goto(`${service.url}/searches/${id}`);
    await other.page.getByRole('heading', { name: 'to go' }).waitFor();
    // The stream of all searches says so before the response arrives.
    const told = new Promise<void>((resolve) =>
      first.page.on('websocket', (socket) => {
        if (!socket.url().endsWith('/v1/events')) return;
        socket.on('framereceived', ({ payload }) => String(payload).includes('"removed"') && resolve());
      }),
    );
    await first.page.route(`**/v1/searches/${id}`, async (route) => {
      if (route.request().method() !== 'DELETE') return route.continue();
      const response = await route.fetch();
      await told;
      await first.page.evaluate(() => new Promise((painted) => requestAnimationFrame(() => setTimeout(painted))));
      return route.fulfill({ response });
    });
    await first.page.goto(`${service.url}/searches/${id}`);
    await first.page.waitForLoadState('networkidle');
    await first.page.getByText('More', { exact: true }).click();
    await first.page.getByRole('button', { name: 'Delete…' }).click();
    await first.page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await first.page.getByRole('heading', { name: 'Searches' }).waitFor();
    expect(await first.page.getByRole('link', { name: 'to go' }).count()).toBe(0);
    await other.page.getByRole('heading', { name: 'Search not found' }).waitFor();
    expect(await other.page.title()).toBe('Search not found · hypersearch');
    expect(other.complaints).toEqual([]);
    await other.page.close();
  });

  it('had nothing to complain about', () => expect(first.complaints).toEqual([]));
});

describe.skipIf(browserPath === undefined)('the page over a restart of the API', () => {
  it('says that it is cut off, comes back by itself, and has missed nothing', async () => {
    const database = await createTestDatabase();
    const environment = {
      DATABASE_URL: database.url,
      HYPERSEARCH_PORT: String(await freePort()),
      HYPERSEARCH_THREADS: '2',
    };
    let api = await startApi(environment);
    const worker = await startWorkerProcess(environment);
    const browser = await launchBrowser();
    try {
      const { page, complaints } = await openPage(browser);
      const client = createClient(api.url);
      const { id } = await client.create(lasting(1000, 8, { name: 'over a restart' }));
      await page.goto(`${api.url}/searches/${id}`);
      await page.locator('.live-cards [data-epoch]').first().waitFor();
      const { page: setUp } = await openPage(browser);
      await setUp.goto(`${api.url}/new?dataset=iris`);
      await setUp.getByText(/ trials, about /).waitFor();
      const { page: uploading } = await openPage(browser);
      await uploading.goto(`${api.url}/datasets`);
      await uploading.getByRole('button', { name: 'Choose a file' }).waitFor();
      await api.end('SIGKILL');
      await page.getByText('disconnected').first().waitFor();
      // Pauses between attempts grow to five seconds; a machine that is online again does not wait for the end of one.
      const isOfSearch = (socket: WebSocket) => socket.url().includes(id);
      let last = performance.now();
      let failed: Promise<unknown> | undefined;
      await page.waitForEvent('websocket', (socket) => {
        if (!isOfSearch(socket)) return false;
        const pause = performance.now() - last;
        last = performance.now();
        // Listened for at once: a connection is refused within milliseconds.
        if (pause > LONG_PAUSE_MS) failed = socket.waitForEvent('socketerror');
        return failed !== undefined;
      });
      await failed;
      const next = page.waitForEvent('websocket', { predicate: isOfSearch, timeout: LONG_PAUSE_MS });
      await page.evaluate("dispatchEvent(new Event('online'))");
      await next;
      // The code of this view was not loaded yet.
      await page.getByRole('tab', { name: 'Timeline' }).click();
      await page.getByText('The service does not answer').waitFor();
      await setUp.getByLabel('trials', { exact: true }).fill('7');
      await setUp.getByText('The service does not answer').first().waitFor();
      await uploading.getByLabel('Data file').setInputFiles({ name: 'few.csv', mimeType: 'text/csv', buffer: fewRows });
      await uploading.getByText('The service does not answer').first().waitFor();
      api = await startApi(environment);
      await page.locator('.connection.live').waitFor();
      // As these say, they go on by themselves.
      await setUp.getByText(/^7 trials, about /).waitFor();
      await uploading.getByText(/^24 rows, 1 input; the target is label/).waitFor();
      for (const other of [setUp, uploading])
        await expect.poll(() => other.getByText('does not answer').count()).toBe(0);
      await page.getByText('Timeline of 1 worker').waitFor();
      await page.getByRole('tab', { name: 'Overview' }).click();
      const { trials } = await ended(client, id);
      await trialsEnded(page, '8 of 8');
      await hasBest(page, trials.complete - trials.diverged);
      expect(complaints.filter((text) => !text.includes('dynamically imported module'))).toEqual([]);
    } finally {
      await browser.close();
      await worker.end();
      await api.end();
      await database.drop();
    }
  });
});
