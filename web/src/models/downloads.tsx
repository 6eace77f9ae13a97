/** The files of a model, each with the lines that use it. */
import type { ReactNode } from 'react';
import type { ModelRecord } from '../api.ts';
import { CopyButton } from '../parts/copy.tsx';

type Facts = NonNullable<ModelRecord['facts']>;

export function Downloads({ id, facts }: { readonly id: string; readonly facts: Facts }): ReactNode {
  return (
    <section className="card wide">
      <h2>Downloads</h2>
      <div className="row">
        {['model.onnx', 'predict.mjs', 'model.safetensors', 'model.json'].map((file) => (
          <a key={file} className="button" href={`/v1/models/${id}/files/${file}`} download>
            {file}
          </a>
        ))}
      </div>
      <Snippet title="Python, with onnxruntime" text={python(facts)} />
      <Snippet title="JavaScript, without any package" text={javascript(facts)} />
      <Snippet title="Command line" text={`npm run hypersearch -- predict ${id} rows.csv > predictions.csv`} />
    </section>
  );
}

function Snippet({ title, text }: { readonly title: string; readonly text: string }): ReactNode {
  return (
    <>
      <div className="row spread">
        <h3>{title}</h3>
        <CopyButton text={text}>copy</CopyButton>
      </div>
      <pre tabIndex={0}>{text}</pre>
    </>
  );
}

/** A category that is a value. */
function firstOf({ categories, missing }: { readonly categories: readonly string[]; readonly missing: string | null }) {
  return categories.find((name) => name !== missing) ?? '';
}

/** The most columns whose values are in the code; rows of more are read from a file. */
const MAX_SPELLED = 6;

function python({ columns, task }: Facts): string {
  const answer = task === 'classification' ? 'label, probabilities' : '[value]';
  const begin = ["session = onnxruntime.InferenceSession('model.onnx')"];
  if (columns.length > MAX_SPELLED) {
    return [
      'import numpy as np, onnxruntime, pandas as pd',
      ...begin,
      "rows = pd.read_csv('rows.csv', dtype={i.name: str for i in session.get_inputs() if 'string' in i.type})",
      'feed = {',
      "    i.name: rows[[i.name]].fillna('').to_numpy(object) if 'string' in i.type else rows[[i.name]].to_numpy(np.float32)",
      '    for i in session.get_inputs()',
      '}',
      `${answer} = session.run(None, feed)`,
    ].join('\n');
  }
  const inputs = columns.map(({ name, ...column }) => {
    const value = column.type === 'number' ? 'np.float32(0)' : JSON.stringify(firstOf(column));
    const dtype = column.type === 'number' ? '' : ', dtype=object';
    return `    ${JSON.stringify(name)}: np.array([[${value}]]${dtype}),`;
  });
  return ['import numpy as np, onnxruntime', ...begin, `${answer} = session.run(None, {`, ...inputs, '})'].join('\n');
}

/** `"__proto__": 1` in an object literal sets the prototype; a computed key does not. */
function keyOf(name: string): string {
  return name === '__proto__' ? '["__proto__"]' : JSON.stringify(name);
}

function javascript({ columns, task }: Facts): string {
  const show = `console.log(predictions[0].${task === 'classification' ? 'label' : 'value'});`;
  if (columns.length > MAX_SPELLED) {
    return [
      "import { readFileSync } from 'node:fs';",
      "import { predict } from './predict.mjs';",
      "const rows = JSON.parse(readFileSync('rows.json', 'utf8')); // a list of objects from column to value",
      'const { predictions } = predict(rows);',
      show,
    ].join('\n');
  }
  const row = columns.map((column) => {
    return `${keyOf(column.name)}: ${column.type === 'number' ? 0 : JSON.stringify(firstOf(column))}`;
  });
  return [
    "import { predict } from './predict.mjs';",
    `const { predictions } = predict([{ ${row.join(', ')} }]);`,
    show,
  ].join('\n');
}
