/** On a phone, at 200 % zoom and with reduced motion: nothing is cut off, the best comes first, the active tab is in sight. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browserPath, launchBrowser } from '../../support/browser.ts';
import { openPage } from '../../support/page.ts';
import { eventually } from '../../support/processes.ts';
import { ended } from '../../support/searches.ts';
import { startTestService, type TestService } from '../../support/service.ts';

const specification = {
  name: 'a name that is longer than a phone is wide, and goes on for a while',
  dataset: 'iris',
  hyperparameters: {
    learningRate: { distribution: 'float', low: 1e-4, high: 30, scale: 'log' },
    hiddenUnits: { distribution: 'int', low: 4, high: 64, scale: 'log' },
    activation: { distribution: 'categorical', choices: ['relu', 'tanh'] },
    optimizer: 'sgd',
    epochs: 9,
  },
  sampler: { type: 'tpe', seed: 4 },
  pruner: { type: 'hyperband' },
  budget: { trials: 40 },
};
const tabs = ['Overview', 'Trials', 'Analysis', 'Problems', 'Pruning', 'Timeline', 'Specification'];

describe.skipIf(browserPath === undefined)('a small window', () => {
  let service: TestService;
  let browser: Browser;
  let id: string;
  let other: string;
  let model: string;
  beforeAll(async () => {
    service = await startTestService();
    browser = await launchBrowser();
    ({ id } = await service.client.create(specification));
    ({ id: other } = await service.client.create({ ...specification, name: 'other', sampler: { type: 'random' } }));
    await ended(service.client, id);
    await ended(service.client, other);
    ({ id: model } = await service.client.createModel(id, { trial: 'best' }));
    await eventually(async () => (await service.client.model(model)).state === 'ready');
  });
  afterAll(async () => {
    await browser?.close();
    await service?.close();
  });

  const addresses = () => [
    '/',
    '/new',
    `/new?from=${id}`,
    '/datasets',
    '/models',
    `/models/${model}`,
    `/compare?ids=${id},${other}`,
    ...['live', 'trials', 'analysis', 'findings', 'pruning', 'timeline', 'specification'].map(
      (view) => `/searches/${id}?view=${view}&select=1-3`,
    ),
    `/searches/${id}/trials/0`,
  ];

  /** What reaches beyond the right edge of the window and of everything that scrolls. */
  async function cutOff(page: Page): Promise<string[]> {
    return page.evaluate(() => {
      const width = document.documentElement.clientWidth;
      const scrolls = (element: Element | null): boolean =>
        element !== null &&
        (/auto|scroll|hidden/.test(getComputedStyle(element).overflowX) || scrolls(element.parentElement));
      const isShown = (element: Element) => element.checkVisibility() && element.closest('.hidden, .skip') === null;
      return [...document.querySelectorAll('main *, header *')]
        .filter(
          (element) =>
            isShown(element) && element.getBoundingClientRect().right > width + 1 && !scrolls(element.parentElement),
        )
        .map((element) => `${element.tagName} ${element.className} ${element.textContent?.slice(0, 40)}`);
    });
  }

  for (const [how, width] of Object.entries({ 'of a phone': 390, 'of 1440 pixels at 200 %': 720 })) {
    it(`${how} cuts nothing off in any view`, async () => {
      const { page } = await openPage(browser, { viewport: { width, height: 800 } });
      for (const address of addresses()) {
        await page.goto(service.url + address);
        await page.getByRole('heading', { level: 1 }).waitFor();
        await page.waitForFunction(() => document.querySelector('.waiting') === null);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth);
        expect({ address, wide, cutOff: await cutOff(page) }).toEqual({ address, wide: width, cutOff: [] });
      }
      await page.close();
    });
  }

  it('has the best value in sight in the list, the overview and the table of trials', async () => {
    const { page } = await openPage(browser, { viewport: { width: 390, height: 800 } });
    const { best } = await service.client.search(id);
    const rightOf = async (locator: ReturnType<Page['locator']>) => {
      await locator.waitFor();
      const { x, width } = (await locator.boundingBox())!;
      return x + width;
    };
    await page.goto(service.url);
    const row = page.getByRole('row', { name: /a name that is longer/ });
    expect(await rightOf(row.getByRole('link', { name: /best trial/ }))).toBeLessThan(390);
    await page.goto(`${service.url}/searches/${id}`);
    const card = page.locator('.best-trial');
    await card.waitFor();
    const [top, history] = [(await card.boundingBox())!.y, (await page.locator('canvas').first().boundingBox())!.y];
    expect(top).toBeLessThan(history);
    await page.goto(`${service.url}/searches/${id}?view=trials`);
    const first = page.locator('.trial-table .body [role=row]').first();
    expect(await first.getByRole('link').textContent()).toBe(String(best!.number));
    expect(await rightOf(first.getByRole('cell').nth(2))).toBeLessThan(390);
    await page.close();
  });

  it('has the active tab in sight', async () => {
    const { page } = await openPage(browser, { viewport: { width: 390, height: 800 } });
    for (const view of ['live', 'pruning', 'specification', 'analysis']) {
      await page.goto(`${service.url}/searches/${id}?view=${view}`);
      const tab = page.getByRole('tab', { selected: true });
      await tab.waitFor();
      const { x, width } = (await tab.boundingBox())!;
      expect([view, x >= 0, x + width <= 390]).toEqual([view, true, true]);
    }
    // By keyboard, from the first to the last.
    await page.goto(`${service.url}/searches/${id}`);
    await page.getByRole('tab', { name: 'Overview' }).focus();
    for (const name of tabs.slice(1)) {
      await page.keyboard.press('ArrowRight');
      const tab = page.getByRole('tab', { name, selected: true });
      await tab.waitFor();
      const { x, width } = (await tab.boundingBox())!;
      expect([name, x >= 0, x + width <= 390]).toEqual([name, true, true]);
    }
    await page.close();
  });

  it('does not move where reduced motion is asked for', async () => {
    const { page } = await openPage(browser, { reducedMotion: 'reduce' });
    await page.goto(`${service.url}/searches/${id}`);
    await page.locator('canvas').first().waitFor();
    // What somebody adds later, or a library.
    const moving = () =>
      page.evaluate(() => {
        const sheet = new CSSStyleSheet();
        sheet.replaceSync(
          '@keyframes turn { to { rotate: 1turn } } .brand { animation: turn 9s } a { transition: color 2s }',
        );
        document.adoptedStyleSheets = [sheet];
        const { animationDuration, transitionDuration } = getComputedStyle(document.querySelector('.brand')!);
        return [animationDuration, transitionDuration];
      });
    expect(await moving()).toEqual(['0.001s', '0s']);
    await page.emulateMedia({ reducedMotion: 'no-preference' });
    expect(await moving()).toEqual(['9s', '2s']);
    await page.close();
  });
});
