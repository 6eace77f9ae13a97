/**
 * `model.onnx` and `model.safetensors` in Python. Runs where a Python has onnx, onnxruntime, safetensors and numpy: python3, or the one that TEST_PYTHON
 * names.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { onnxModel } from '../../../src/models/onnx/onnx.ts';
import { createModelPredictor } from '../../../src/models/predict.ts';
import { safetensorsModel } from '../../../src/models/safetensors.ts';
import { projectRoot } from '../../../src/paths.ts';
import { modelSettings, modelTaskDataset, modelTasks, trainedModel, withoutTarget } from '../../support/models.ts';

const python = process.env['TEST_PYTHON'] ?? 'python3';
const modules = 'onnx, onnxruntime, safetensors, numpy';
const { status } = spawnSync(python, ['-c', `import ${modules}`]);
if (status !== 0)
  console.warn(`Models are not checked in Python: ${python} cannot import ${modules}; TEST_PYTHON names another one.`);

interface Report {
  readonly models: Readonly<Record<string, Readonly<Record<'batch' | 'single' | 'safetensors', number>>>>;
}

const TOLERANCE = 1e-5;

describe.skipIf(status !== 0)('in Python', () => {
  it.each(modelTasks)('onnx checks the graph, and all predict the same: $what', (task) => {
    const folder = mkdtempSync(join(tmpdir(), 'hypersearch-python-'));
    try {
      const rows = withoutTarget(task.rows(1_000, 8));
      writeFileSync(join(folder, 'rows.json'), JSON.stringify(rows));
      const read = modelTaskDataset(task);
      const trained = modelSettings.map((settings) => trainedModel(read, { ...settings, loss: task.loss }).model);
      const kFold = { validation: { type: 'kFold', folds: 3 }, divergence: false } as const;
      for (const [i, model] of [...trained, trainedModel(read, { loss: task.loss }, kFold).model].entries()) {
        const { predictions } = createModelPredictor(model).rows(rows);
        const labels = predictions.flatMap((one) => (one !== null && 'label' in one ? [one.label] : []));
        const numbers = predictions.flatMap((one) =>
          one === null ? [] : 'label' in one ? model.classes.map((name) => one.probabilities[name]!) : [one.value],
        );
        writeFileSync(join(folder, `${i}.json`), JSON.stringify({ columns: model.columns, labels, numbers }));
        writeFileSync(join(folder, `${i}.onnx`), onnxModel(model));
        writeFileSync(join(folder, `${i}.safetensors`), safetensorsModel(model));
      }
      const program = join(projectRoot, 'test', 'support', 'check-models.py');
      const { models } = JSON.parse(execFileSync(python, [program, folder], { encoding: 'utf8' })) as Report;
      expect(Object.keys(models)).toHaveLength(trained.length + 1);
      const differences = Object.entries(models).flatMap(([i, own]) =>
        Object.entries(own).map(([how, d]) => ({ i, how, d })),
      );
      expect(differences.filter(({ d }) => !(d < TOLERANCE))).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
