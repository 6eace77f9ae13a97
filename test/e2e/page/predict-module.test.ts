/** `predict.mjs` in a browser predicts with the bits of the service. */
import { describe, expect, it } from 'vitest';
import { createModelPredictor } from '../../../src/models/predict.ts';
import { predictModule } from '../../../src/models/predict-module.ts';
import { browserPath, launchBrowser } from '../../support/browser.ts';
import { modelSettings, modelTaskDataset, modelTasks, trainedModel, withoutTarget } from '../../support/models.ts';

if (browserPath === undefined) console.warn('no Chromium is installed: predict.mjs is not tested in a browser');

describe.skipIf(browserPath === undefined)('predict.mjs in a browser', () => {
  it.each(modelTasks)('every activation: $what', async (task) => {
    const browser = await launchBrowser();
    try {
      const page = await browser.newPage();
      const read = modelTaskDataset(task);
      const rows = withoutTarget(task.rows(50, 5));
      for (const settings of modelSettings.filter(({ preprocessing }) => preprocessing === 'standardize')) {
        const { model } = trainedModel(read, { ...settings, loss: task.loss });
        const url = `data:text/javascript;charset=utf-8,${encodeURIComponent(predictModule(model))}`;
        // As text, or the runner would replace the import by its own. Numbers travel as text too, with all their digits.
        const program = `import(${JSON.stringify(url)}).then(({ predict }) => JSON.stringify(predict(${JSON.stringify(rows)})))`;
        const text = await page.evaluate<string>(program);
        expect(JSON.parse(text)).toEqual(createModelPredictor(model).rows(rows));
      }
    } finally {
      await browser.close();
    }
  });
});
