/** What a search's view does when somebody uses it: filters, suggestions, the timeline, tabs, menus, and a service that goes away. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browserPath, launchBrowser } from '../../support/browser.ts';
import { openPage } from '../../support/page.ts';
import { contradictory, ended } from '../../support/searches.ts';
import { startTestService, type TestService } from '../../support/service.ts';

const pruned = {
  name: 'under hyperband',
  dataset: 'digits',
  hyperparameters: {
    // High enough that some diverge.
    learningRate: { distribution: 'float', low: 1e-4, high: 30, scale: 'log' },
    optimizer: 'sgd',
    hiddenUnits: 16,
    epochs: 9,
  },
  pruner: { type: 'hyperband' },
  budget: { trials: 60 },
};

describe.skipIf(browserPath === undefined)('a view of a search', () => {
  let service: TestService;
  let browser: Browser;
  const ids: Record<string, string> = {};
  beforeAll(async () => {
    service = await startTestService();
    browser = await launchBrowser();
    const oneEpoch = { name: 'one epoch', dataset: 'iris', hyperparameters: { epochs: 1 }, budget: { trials: 1 } };
    for (const specification of [pruned, { ...contradictory, name: 'contradictory' }, oneEpoch]) {
      const { id } = await service.client.create(specification);
      await ended(service.client, id);
      ids[specification.name] = id;
    }
  });
  afterAll(async () => {
    await browser?.close();
    await service?.close();
  });

  async function open(path: string, options: Parameters<typeof openPage>[1] = {}): Promise<Page> {
    const { page } = await openPage(browser, options);
    await page.goto(service.url + path);
    return page;
  }

  it('asks for its data once, before its scripts, all of which are in the document', async () => {
    const { page } = await openPage(browser);
    const asked: string[] = [];
    page.on('request', (request) => asked.push(new URL(request.url()).pathname));
    page.on('websocket', (socket) => asked.push(new URL(socket.url()).pathname));
    const address = `/searches/${ids['under hyperband']}`;
    const document = await (await page.goto(service.url + address))!.text();
    await page.locator('.overview canvas').first().waitFor();
    const scripts = asked.filter((path) => path.endsWith('.js'));
    const search = `/v1${address}`;
    for (const data of [
      search,
      `${search}/table`,
      `${search}/curves`,
      `${search}/best`,
      '/v1/session',
      '/v1/projects',
    ]) {
      expect(
        asked.filter((path) => path === data),
        data,
      ).toHaveLength(1);
      expect(asked.indexOf(data), data).toBeLessThan(asked.indexOf(scripts[0]!));
    }
    for (const path of scripts) expect(document).toContain(path);
    await page.close();
  });

  it('says what a filter does not understand, and shows nothing else than before', async () => {
    const page = await open(`/searches/${ids['under hyperband']}?view=trials`);
    const field = page.getByLabel('Ranges');
    await field.fill('lr>0.1');
    await page.getByText('there is no column lr; did you mean learningRate?').waitFor();
    await field.fill('trial=51');
    await page.getByText(/^1 trial$/).waitFor();
    expect(await page.locator('#range-issues').textContent()).toBe('');
    await page.close();
  });

  it('ticks suggestions that contradict each other one at a time', async () => {
    const page = await open(`/searches/${ids['contradictory']}?view=findings`);
    const raise = page.getByRole('checkbox', { name: /raise the bound/ });
    const widen = page.getByRole('checkbox', { name: /widen it to/ });
    await raise.waitFor();
    // Raising the bound would have excluded the best ten, so that widening comes first.
    expect([await widen.isChecked(), await raise.isChecked()]).toEqual([true, false]);
    await page.getByText(/It would have excluded .* trials so far: 0 diverged, \d+ of the best ten/).waitFor();
    await raise.check();
    expect([await widen.isChecked(), await raise.isChecked()]).toEqual([false, true]);
    await page.close();
  });

  it('has a row of the timeline per thread, from 0 s, with what each span was, and fits every bracket in its card', async () => {
    const page = await open(`/searches/${ids['under hyperband']}?view=timeline`, {
      viewport: { width: 1440, height: 900 },
    });
    const chart = page.getByRole('img', { name: /worker/ }).first();
    await chart.waitFor();
    // 70 pixels and 20 per row.
    const height = await page.locator('.echart').evaluate((element) => element.clientHeight);
    expect(height).toBeLessThanOrEqual(70 + 2 * 20);
    // Spans begin to the right of the names. 25 pixels below the top is within the first row, whether there are one or two.
    const tip = page.getByText(/^trial \d+: (complete|pruned|diverged), [\d.]+ m?s, value /);
    const shows = async (x: number) => {
      await page.locator('.echart').hover({ position: { x, y: 25 } });
      return tip.waitFor({ timeout: 250 }).then(
        () => true,
        () => false,
      );
    };
    let isShown = false;
    for (let x = 152; x < 1_100 && !isShown; x += 20) isShown = await shows(x);
    expect(isShown).toBe(true);
    await page.getByRole('tab', { name: 'Pruning' }).click();
    await page.getByText('reached').first().waitFor();
    const tooNarrow = () =>
      page.locator('.card').evaluateAll((cards) => cards.filter((card) => card.scrollWidth > card.clientWidth).length);
    expect(await tooNarrow()).toBe(0);
    await page
      .getByText(/\d diverged/)
      .first()
      .waitFor();
    const running = await page.locator('.bar-running').evaluateAll((bars) => bars.map((bar) => bar.clientWidth));
    expect(running.filter((width) => width > 0)).toEqual([]);
    await page.close();
  });

  it('returns to the tab before with Back, and closes its menus with Escape or a click elsewhere', async () => {
    const page = await open(`/searches/${ids['under hyperband']}`);
    const tab = (name: string) => page.getByRole('tab', { name, selected: true });
    await page.getByRole('tab', { name: 'Trials' }).click();
    await page.getByRole('tab', { name: 'Specification' }).click();
    await tab('Specification').waitFor();
    await page.goBack();
    await tab('Trials').waitFor();
    await page.goBack();
    await tab('Overview').waitFor();
    const menus = {
      Export: page.getByRole('link', { name: 'Trials as CSV' }),
      More: page.getByRole('button', { name: 'Rename…' }),
      'Make a model': page.getByRole('button', { name: 'Of the best trial, as it was trained' }),
    };
    for (const [menu, entry] of Object.entries(menus)) {
      for (const close of [
        () => page.keyboard.press('Escape'),
        () => page.getByRole('heading', { level: 1 }).click(),
      ]) {
        await page.getByText(menu, { exact: true }).first().click();
        await entry.waitFor();
        await close();
        await entry.waitFor({ state: 'hidden' });
      }
    }
    await page.close();
  });

  it('shows curves of one epoch, whole numbers of trials, and does not move when hovered', async () => {
    const page = await open(`/searches/${ids['one epoch']}`);
    await page.getByText('Learning curves').waitFor();
    const charts = page.locator('canvas');
    await charts.nth(1).waitFor();
    // The second chart has the curves: a green point in the middle.
    const coloured = () =>
      charts.nth(1).evaluate((canvas) => {
        const { width, height } = canvas as HTMLCanvasElement;
        const { data } = (canvas as HTMLCanvasElement).getContext('2d')!.getImageData(0, 0, width, height);
        let found = 0;
        for (let i = 0; i < data.length; i += 4) {
          const spread =
            Math.max(data[i]!, data[i + 1]!, data[i + 2]!) - Math.min(data[i]!, data[i + 1]!, data[i + 2]!);
          if (data[i + 3]! > 200 && spread > 60) found++;
        }
        return found;
      });
    await expect.poll(coloured).toBeGreaterThan(5);
    await page.goto(`${service.url}/searches/${ids['under hyperband']}`);
    await page.getByText('Learning curves').waitFor();
    const over = page.locator('.u-over').first();
    await over.waitFor();
    const height = () => page.evaluate(() => document.documentElement.scrollHeight);
    const before = await height();
    const tip = over.locator('.chart-tooltip');
    const { width, height: tall } = (await over.boundingBox())!;
    for (let y = 5; y < tall && !(await tip.isVisible()); y += 15) await over.hover({ position: { x: width / 2, y } });
    expect(await tip.textContent()).toMatch(/trial \d+/);
    expect(await height()).toBe(before);
    await page.close();
  });

  it('tries again where a view could not be fetched', async () => {
    const page = await open(`/searches/${ids['under hyperband']}`);
    await page.getByText('Learning curves').waitFor();
    await page.getByText('live', { exact: true }).waitFor();
    await page.context().setOffline(true);
    await page.getByRole('tab', { name: 'Timeline' }).click();
    await page.getByText('The service does not answer').waitFor();
    await page.context().setOffline(false);
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('Timeline of 1 worker').waitFor();
    await page.close();
  });

  it('keeps the draft of a new search that is left, until somebody starts over', async () => {
    const page = await open('/new');
    const name = page.getByLabel('Name', { exact: true });
    await name.fill('half done');
    await page.getByRole('link', { name: 'Models' }).click();
    await page.goto(`${service.url}/new`);
    await page.getByText('Your draft was restored.').waitFor();
    expect(await name.inputValue()).toBe('half done');
    await page.getByRole('button', { name: 'Start over' }).click();
    expect(await name.inputValue()).toBe('');
    await page.goto(`${service.url}/new`);
    await name.waitFor();
    expect(await name.inputValue()).toBe('');
    await page.close();
  });

  it('shows itself at an unknown address, and answers programs with a problem', async () => {
    const page = await open('/surches');
    await page.getByText('Page not found').waitFor();
    const response = await fetch(`${service.url}/surches`);
    expect([response.status, response.headers.get('content-type')]).toEqual([
      404,
      expect.stringContaining('application/problem+json'),
    ]);
    await page.close();
  });
});
