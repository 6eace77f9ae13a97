/** Every chart of every view has its numbers in a table, or in its description. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browserPath, launchBrowser } from '../../support/browser.ts';
import { accessibilityFaults, openPage } from '../../support/page.ts';
import { eventually } from '../../support/processes.ts';
import { ended } from '../../support/searches.ts';
import { startTestService, type TestService } from '../../support/service.ts';

const varied = {
  learningRate: { distribution: 'float', low: 1e-4, high: 30, scale: 'log' },
  hiddenUnits: { distribution: 'int', low: 8, high: 64, scale: 'log' },
  activation: { distribution: 'categorical', choices: ['relu', 'sigmoid'] },
};
const specifications = [
  {
    name: 'classes',
    dataset: 'iris',
    hyperparameters: { ...varied, optimizer: 'sgd', epochs: 9 },
    sampler: { type: 'tpe', seed: 1 },
    pruner: { type: 'hyperband' },
    budget: { trials: 40 },
  },
  {
    name: 'numbers',
    dataset: 'diabetes',
    hyperparameters: { ...varied, learningRate: { ...varied.learningRate, high: 0.1 }, epochs: 4 },
    validation: { type: 'holdout', test: 0.2 },
    budget: { trials: 12 },
  },
];

interface Chart {
  /** Undefined for a canvas that is in no frame. */
  readonly name: string | undefined;
  readonly kind: 'canvas' | 'svg';
  /** What it lacks; empty if it has its numbers. */
  readonly fault: string;
}

describe.skipIf(browserPath === undefined)('charts', () => {
  let service: TestService;
  let browser: Browser;
  const ids: Record<string, string> = {};
  beforeAll(async () => {
    service = await startTestService();
    browser = await launchBrowser();
    for (const specification of specifications) {
      const { id } = await service.client.create(specification);
      await ended(service.client, id);
      ids[specification.name] = id;
    }
    const model = await service.client.createModel(ids['numbers']!, { trial: 'best' });
    ids['model'] = model.id;
    await eventually(async () => (await service.client.model(model.id)).state === 'ready');
  });
  afterAll(async () => {
    await browser?.close();
    await service?.close();
  });

  /** Address, a text that is there once the view is, and the charts that it has: `canvas` by the ends of their names, `svg` by parts of their descriptions. */
  const views = (): [address: string, text: string | RegExp, canvas: string[], svg: string[]][] => [
    ['/', 'classes', [], ['best value: from', 'best value: from']],
    ['/new?dataset=iris', 'Dry run', [], ['trials in the plane of', 'samples of learningRate']],
    ['/datasets', 'Handwritten digits', [], []],
    [`/models/${ids['model']}`, 'Column importance', ['on test rows'], []],
    [
      `/compare?ids=${ids['classes']},${ids['numbers']}`,
      'Differences',
      ['on iris', 'on diabetes', 'on iris', 'on diabetes'],
      [],
    ],
    [`/searches/${ids['classes']}`, 'Learning curves', ['optimization history', 'curves'], []],
    [`/searches/${ids['classes']}?view=trials`, /^40 trials$/, [], []],
    [
      `/searches/${ids['classes']}?view=analysis`,
      'Random and grid search',
      [
        'slice of learningRate',
        'parallel coordinates',
        'contour of learningRate and hiddenUnits',
        'empirical CDF',
        'rank',
      ],
      ['grid: ', 'random: '],
    ],
    [`/searches/${ids['classes']}?view=pruning`, 'reached', ['what if'], []],
    [`/searches/${ids['classes']}?view=timeline`, 'Timeline of', ['timeline'], []],
    [`/searches/${ids['classes']}?view=specification`, 'hyperparameters', [], []],
    [
      `/searches/${ids['classes']}/trials/0`,
      'Activations through the layers',
      ['loss', 'Accuracy', 'learning rate and gradient', 'Gradient norm'],
      ['mean and standard deviation by layer'],
    ],
    [
      `/searches/${ids['numbers']}/trials/0`,
      'Activations through the layers',
      ['loss', 'RMSE', 'learning rate and gradient', 'Gradient norm', 'predictions'],
      ['mean and standard deviation by layer'],
    ],
  ];

  it('have their numbers in a table or in their description', async () => {
    const { page, complaints } = await openPage(browser, { viewport: { width: 1440, height: 900 } });
    const seen: unknown[] = [];
    const faults: string[] = [];
    for (const [address, text, canvas, svg] of views()) {
      await page.goto(service.url + address);
      await page.getByText(text).first().waitFor();
      await page.waitForFunction(() => document.querySelector('.waiting') === null);
      const charts = await chartsOf(page);
      const named = (kind: Chart['kind']) => charts.filter((chart) => chart.kind === kind).map(({ name }) => name);
      seen.push([address, named('canvas').map((name) => canvas.find((end) => name?.endsWith(end)) ?? name)]);
      for (const part of svg)
        if (!named('svg').some((name) => name?.includes(part))) faults.push(`${address}: no ${part}`);
      faults.push(
        ...charts.filter(({ fault }) => fault !== '').map(({ name, fault }) => `${address}: ${name}: ${fault}`),
      );
      faults.push(...(await accessibilityFaults(page)).map((fault) => `${address}: ${fault}`));
    }
    expect(faults).toEqual([]);
    expect(seen).toEqual(views().map(([address, , canvas]) => [address, canvas]));
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('of problems describe themselves with numbers', async () => {
    const { page } = await openPage(browser);
    await page.goto(`${service.url}/searches/${ids['classes']}?view=findings`);
    await page.locator('.finding-chart').first().waitFor();
    const charts = await chartsOf(page);
    expect(charts.length).toBeGreaterThan(0);
    expect(charts.filter(({ fault }) => fault !== '')).toEqual([]);
    await page.close();
  });

  it('without a table are seen by this test', async () => {
    const { page } = await openPage(browser);
    await page.goto(`${service.url}/searches/${ids['classes']}`);
    await page.locator('.u-over').nth(1).waitFor();
    await page.evaluate(() => {
      const [framed] = document.querySelectorAll('figure.chart');
      for (const button of framed!.querySelectorAll('button')) button.remove();
      document.querySelector('main')!.append(document.createElement('canvas'));
      document.querySelector('main')!.insertAdjacentHTML('beforeend', '<svg role="img" aria-label="a line"></svg>');
    });
    const charts = await chartsOf(page);
    expect(charts.map(({ kind, fault }) => `${kind}: ${fault}`)).toEqual([
      'canvas: no button that shows a table',
      'canvas: ',
      'canvas: in no frame',
      'svg: no number in its description, and no table beside it',
    ]);
    await page.close();
  });
});

/** All charts of the view; opens their tables. */
async function chartsOf(page: Page): Promise<Chart[]> {
  // Charts of ECharts come with their own code, and those below the screen are drawn a second later.
  await page.waitForFunction(() =>
    [...document.querySelectorAll('figure.chart')].every((figure) => figure.querySelector('canvas') !== null),
  );
  const charts: Chart[] = [];
  for (const canvas of await page.locator('canvas').all()) {
    if (!(await canvas.evaluate((element) => element.closest('figure.chart') !== null))) {
      charts.push({ name: undefined, kind: 'canvas', fault: 'in no frame' });
      continue;
    }
    charts.push(await framed(canvas.locator('xpath=ancestor::figure')));
  }
  const svgs = await page.locator('svg[role=img]').evaluateAll((elements) =>
    elements.map((element) => {
      const name = element.getAttribute('aria-label') ?? '';
      const hasTable = Boolean(element.closest('section')?.querySelector('table'));
      return { name, says: /\d/.test(name), hasTable };
    }),
  );
  for (const { name, says, hasTable } of svgs) {
    charts.push({
      name,
      kind: 'svg',
      fault: says || hasTable ? '' : 'no number in its description, and no table beside it',
    });
  }
  return charts;
}

async function framed(frame: ReturnType<Page['locator']>): Promise<Chart> {
  const chart = (name: string | undefined, fault: string): Chart => ({ name, kind: 'canvas', fault });
  const button = frame.getByRole('button', { name: /^Table of / });
  if ((await button.count()) === 0) {
    // One that has a better table says so.
    const own = frame.locator('xpath=ancestor::section').locator('details table');
    const saved = frame.getByRole('button', { name: /: save as CSV$/ });
    const name = (await saved.count()) === 0 ? undefined : await saved.getAttribute('aria-label');
    return chart(name?.replace(': save as CSV', ''), (await own.count()) > 0 ? '' : 'no button that shows a table');
  }
  const name = (await button.textContent())!.replace('Table of ', '');
  if ((await button.getAttribute('aria-expanded')) === 'false') await button.click();
  const rows = frame.getByRole('region').locator('tbody tr');
  if ((await rows.count()) === 0) return chart(name, 'an empty table');
  const cells = await rows.first().locator('td').allTextContents();
  return chart(name, cells.length > 1 && cells.some((cell) => /\d/.test(cell)) ? '' : `its table begins with ${cells}`);
}
