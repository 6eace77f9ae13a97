/** `predict.mjs` alone, in a Node process without this project, predicts with the bits of the service. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import type { Model } from '../../../src/models/model.ts';
import { createModelPredictor } from '../../../src/models/predict.ts';
import { predictModule } from '../../../src/models/predict-module.ts';
import type { RawRow } from '../../../src/models/predictions.ts';
import { fused } from '../../support/kernels.ts';
import {
  mixedDataset,
  modelSettings,
  modelTaskDataset,
  modelTasks,
  trainedModel,
  withoutTarget,
} from '../../support/models.ts';

const folder = mkdtempSync(join(tmpdir(), 'hypersearch-predict-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const program = `
import { readFileSync } from 'node:fs';
const rows = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const all = [];
for (const file of process.argv.slice(3)) all.push((await import(file)).predict(rows));
process.stdout.write(JSON.stringify(all));
`;

function predictedElsewhere(models: readonly Model[], rows: readonly RawRow[]): unknown[] {
  writeFileSync(join(folder, 'run.mjs'), program);
  writeFileSync(join(folder, 'rows.json'), JSON.stringify(rows));
  const files = models.map((model, i) => {
    const file = join(folder, `predict-${i}.mjs`);
    writeFileSync(file, predictModule(model));
    return file;
  });
  const arguments_ = [join(folder, 'run.mjs'), join(folder, 'rows.json'), ...files];
  const options = { cwd: folder, encoding: 'utf8', maxBuffer: 1 << 28 } as const;
  return JSON.parse(execFileSync(process.execPath, arguments_, options)) as unknown[];
}

const strange: RawRow[] = [
  { age: '30', height: 1.7, color: ' red', size: 2 },
  { age: 1e6, height: -1e6, color: 'violet', size: '1.0' },
  { age: 'x', height: 1.7, color: 'red', size: 2 },
  { height: 1.7, color: '', size: 2, more: 1 },
  { age: 30, height: null, color: 'none', size: '7' },
];

const families = ['simd', 'plain', ...fused.slice(0, 1).map(([name]) => name as 'fused')] as const;

it.each(modelTasks.flatMap((task) => families.map((name) => ({ task, name, what: task.what }))))(
  '1,000 rows, every activation and preprocessing, with and without batch norm: $what, $name',
  ({ task, name }) => {
    const read = modelTaskDataset(task);
    const models = modelSettings.map(
      (settings) => trainedModel(read, { ...settings, loss: task.loss }, { name }).model,
    );
    const rows = [...withoutTarget(task.rows(1_000, 8)), ...strange];
    const elsewhere = predictedElsewhere(models, rows);
    models.forEach((model, i) => {
      const here = createModelPredictor(model).rows(rows);
      expect(here.failed).toBe(2);
      expect(elsewhere[i], JSON.stringify(modelSettings[i])).toEqual(here);
    });
  },
);

it('several members', () => {
  const { model } = trainedModel(mixedDataset('regression'), {}, { validation: { type: 'kFold', folds: 4 } });
  const rows = withoutTarget(modelTasks[2].rows(50, 6));
  expect(predictedElsewhere([model], rows)).toEqual([createModelPredictor(model).rows(rows)]);
});

it('is one file that imports nothing, whatever is in its texts', () => {
  const { model } = trainedModel(mixedDataset('classification'), { epochs: 1 });
  const [first, ...others] = model.columns;
  const odd = { ...model, target: 'a */ b </script>', classes: ['</script>', '`$`', '\u2028'] };
  const text = predictModule({ ...odd, columns: [first!, ...others] });
  expect(text).not.toMatch(/^\s*import /m);
  expect(text).not.toMatch(/\b(require|Buffer|process)\b[.(]/);
  expect(text).not.toContain('</script');
  const rows = withoutTarget(modelTasks[0].rows(10, 6));
  expect(predictedElsewhere([odd], rows)).toEqual([createModelPredictor(odd).rows(rows)]);
});
