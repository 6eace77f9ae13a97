/** The files of a model, each with the lines that use it. */
import type { ReactNode } from 'react';
import type { ModelRecord } from '../api.ts';
import { CopyButton } from '../parts/copy.tsx';

type Facts = NonNullable<ModelRecord['facts']>;

export function Downloads({ id, facts }: { readonly id: string; readonly facts: Facts }): ReactNode {
  return (
    <section className="card wide">
      <h2>Take it with you</h2>
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

const SHOWN = 3;

function python({ columns, task }: Facts): string {
  const inputs = columns.slice(0, SHOWN).map(({ name, ...column }) => {
    const value = column.type === 'number' ? 'np.float32(0)' : JSON.stringify(firstOf(column));
    const dtype = column.type === 'number' ? '' : ', dtype=object';
    return `${JSON.stringify(name)}: np.array([[${value}]]${dtype})`;
  });
  const more = columns.length > SHOWN ? [`…  # ${columns.length - SHOWN} more columns`] : [];
  return [
    'import numpy as np, onnxruntime',
    "session = onnxruntime.InferenceSession('model.onnx')",
    `${task === 'classification' ? 'label, probabilities' : '[value]'} = session.run(None, {${[...inputs, ...more].join(', ')}})`,
  ].join('\n');
}

function javascript({ columns, task }: Facts): string {
  const row = columns.slice(0, SHOWN).map((column) => {
    return `${JSON.stringify(column.name)}: ${column.type === 'number' ? 0 : JSON.stringify(firstOf(column))}`;
  });
  const more = columns.length > SHOWN ? ', …' : '';
  return [
    "import { predict } from './predict.mjs';",
    `const { predictions } = predict([{ ${row.join(', ')}${more} }]);`,
    `console.log(predictions[0].${task === 'classification' ? 'label' : 'value'});`,
  ].join('\n');
}
