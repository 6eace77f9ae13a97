/** The code that the page shows for a model runs as it is, in Node and in a Python that TEST_PYTHON names (default python3). */
import { execFileSync, spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PredictionsAnswer } from '../../../src/contract/models.ts';
import type { RawRow } from '../../../src/models/predictions.ts';
import { browserPath, launchBrowser } from '../../support/browser.ts';
import { csvOf, mixedRows, withoutTarget } from '../../support/models.ts';
import { openPage } from '../../support/page.ts';
import { eventually } from '../../support/processes.ts';
import { ended } from '../../support/searches.ts';
import { startTestService, type TestService } from '../../support/service.ts';
import { type TemporaryFolder, temporaryFolder } from '../../support/temporary.ts';

const python = process.env['TEST_PYTHON'] ?? 'python3';
const modules = 'onnxruntime, numpy, pandas';
const hasPython = spawnSync(python, ['-c', `import ${modules}`]).status === 0;
if (!hasPython) console.warn(`The Python code of the page is not run: ${python} cannot import ${modules}.`);

/** Names that an object literal, or a text in Python, could misread. */
const few = Array.from({ length: 60 }, (_, i) => ({
  ['__proto__']: i % 7,
  'a "b" \\ é': i % 3 ? 'red' : 'blue',
  kind: i % 7 > 3 ? 'yes' : 'no',
}));

/** More columns than the code names: rows come from a file. With gaps, and categories that look like numbers. */
const many = mixedRows(120, 'regression').map((row, i) => ({ ...row, b: i % 5, c: i % 3, d: i % 2 }));

function quoted(rows: readonly RawRow[]): string {
  const cell = (value: unknown) => `"${String(value).replaceAll('"', '""')}"`;
  return [Object.keys(rows[0]!), ...rows.map(Object.values)].map((line) => line.map(cell).join(',')).join('\n');
}

describe.skipIf(browserPath === undefined)('the code for a model', () => {
  let service: TestService;
  let browser: Browser;
  let folder: TemporaryFolder;
  beforeAll(async () => {
    service = await startTestService();
    browser = await launchBrowser();
    folder = await temporaryFolder();
  });
  afterAll(async () => {
    await browser?.close();
    await service?.close();
    await folder?.remove();
  });

  async function modelOf(csv: string, options: Record<string, string>): Promise<string> {
    const query = new URLSearchParams(options);
    const headers = { 'content-type': 'text/csv' };
    const upload = await fetch(`${service.url}/v1/datasets?${query}`, { method: 'POST', headers, body: csv });
    expect(upload.status, await upload.clone().text()).toBe(201);
    const hyperparameters = {
      learningRate: { distribution: 'float', low: 0.01, high: 0.02 },
      preprocessing: 'standardize',
      epochs: 5,
    };
    const search = await service.client.create({
      dataset: options['name'],
      hyperparameters,
      budget: { trials: 1 },
    });
    await ended(service.client, search.id);
    const { id } = await service.client.createModel(search.id, { trial: 'best' });
    await eventually(async () => (await service.client.model(id)).state === 'ready');
    return id;
  }

  /** What the page shows, with the files beside it that the code reads. */
  async function codeOf(id: string): Promise<{ python: string; javascript: string }> {
    const { page } = await openPage(browser);
    await page.goto(`${service.url}/models/${id}`);
    await page.getByText('JavaScript, without any package').waitFor();
    const [inPython, javascript] = await page.locator('pre').allTextContents();
    await page.close();
    for (const name of ['model.onnx', 'predict.mjs']) {
      const response = await fetch(`${service.url}/v1/models/${id}/files/${name}`);
      await writeFile(join(folder.path, name), new Uint8Array(await response.arrayBuffer()));
    }
    return { python: inPython!, javascript: javascript! };
  }

  async function run(command: string, name: string, code: string): Promise<string> {
    await writeFile(join(folder.path, name), code);
    return execFileSync(command, [name], { cwd: folder.path, encoding: 'utf8' }).trim();
  }

  async function predicted(id: string, row: string) {
    const headers = { 'content-type': 'application/json' };
    const body = `{"rows":[${row}]}`;
    const response = await fetch(`${service.url}/v1/models/${id}/predict`, { method: 'POST', headers, body });
    const { predictions, failed } = (await response.json()) as PredictionsAnswer;
    expect(failed).toBe(0);
    return predictions[0]!;
  }

  it('of few columns names them, also __proto__ and those with quotes', async () => {
    const id = await modelOf(quoted(few), { name: 'few', target: 'kind' });
    const code = await codeOf(id);
    expect(code.javascript).toContain('["__proto__"]: 0');
    const { columns } = (await service.client.model(id)).facts!;
    const color = columns.flatMap((column) => (column.type === 'category' ? column.categories : []))[0];
    const answer = await predicted(id, `{"__proto__":0,"a \\"b\\" \\\\ é":"${color}"}`);
    const { label } = answer as Extract<typeof answer, { label: string }>;
    expect(await run(process.execPath, 'code.mjs', code.javascript)).toBe(label);
    if (hasPython) expect(await run(python, 'code.py', `${code.python}\nprint(label[0])`)).toBe(label);
  });

  it('of many columns reads rows from a file', async () => {
    const id = await modelOf(csvOf(many), { name: 'many', target: 'target', task: 'regression', missing: 'fill' });
    const code = await codeOf(id);
    const rows = withoutTarget(many);
    await writeFile(join(folder.path, 'rows.json'), JSON.stringify(rows));
    await writeFile(join(folder.path, 'rows.csv'), csvOf(many));
    const answer = await predicted(id, JSON.stringify(rows[0]));
    const { value } = answer as Extract<typeof answer, { value: number }>;
    expect(await run(process.execPath, 'code.mjs', code.javascript)).toBe(String(value));
    if (hasPython) {
      const inPython = Number(await run(python, 'code.py', `${code.python}\nprint(value[0][0])`));
      expect(Math.abs(inPython - value) / Math.abs(value)).toBeLessThan(1e-5);
    }
  });
});
