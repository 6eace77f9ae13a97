/** Writes `predict.mjs`: one ES module of plain JavaScript with the model and the code that predicts, for Node and browsers. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../paths.ts';
import type { Model } from './model.ts';

/** The bundle of standalone.ts; set-up makes it, so it is the code of `predict` itself and no second copy. */
const bundle = join(projectRoot, 'dist', 'models', 'standalone.mjs');
const exported = /^export \{ createStandalone \};\s*$/m;

/** The file exports `predict(rows)`, with the bits of `createModelPredictor(model).rows(rows)`, and the `model`. */
export function predictModule(model: Model): string {
  const code = readFileSync(bundle, 'utf8');
  if (!exported.test(code)) throw new Error(`${bundle} does not end with its export; run npm run build`);
  const { name } = model.dataset;
  // In HTML a script ends at «</script>», which a category might contain.
  const json = JSON.stringify(model).replaceAll('<', '\\u003c');
  return `/**
 * Predicts ${commented(model.target)} of the data set ${commented(name)}. No dependencies; Node 20 or later, and browsers.
 *
 *   import { predict } from './predict.mjs';
 *   const { predictions, errors, warnings } = predict([{ column: value, … }]);
 *
 * Columns: ${commented(model.columns.map((column) => column.name).join(', '))}
 */
${code.replace(exported, '')}
export const model = ${json};
const predictRowsOf = createStandalone(model);

/** Predicts rows \`{ column: value }\`; null is a missing value. */
export function predict(rows) {
  return predictRowsOf(rows);
}
`;
}

/** A text inside a comment. */
function commented(text: string): string {
  return text.replaceAll('*/', '*∕').replaceAll('<', '‹').replaceAll(/\s+/g, ' ').slice(0, 500);
}
