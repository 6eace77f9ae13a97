/** A form with a field for every column, which predicts while one types. */
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useEffect, useState } from 'react';
import { formatNumber, formatValue } from '../../../src/format.ts';
import { api, type ModelRecord, type Predictions } from '../api.ts';
import { Problem } from '../parts/problem.tsx';

type Facts = NonNullable<ModelRecord['facts']>;
type Column = Facts['columns'][number];
type Row = Readonly<Record<string, string | null>>;

const TYPING_MS = 150;

export function PredictForm({ id, facts }: { readonly id: string; readonly facts: Facts }): ReactNode {
  const [row, setRow] = useState<Row>(() =>
    Object.fromEntries(facts.columns.map((column) => [column.name, first(column)])),
  );
  const settled = useSettled(row);
  const { data, error } = useQuery({
    queryKey: ['prediction', id, settled],
    queryFn: () => api.predict(id, [cellsOf(settled, facts)]),
    placeholderData: (before) => before,
  });
  return (
    <section className="card wide predict">
      <h2>Predict {facts.target}</h2>
      <div className="predict-parts">
        <form className="predict-fields" onSubmit={(event) => event.preventDefault()}>
          {facts.columns.map((column) => (
            <Field
              key={column.name}
              column={column}
              value={row[column.name] ?? ''}
              set={(value) => setRow((before) => ({ ...before, [column.name]: value }))}
            />
          ))}
        </form>
        <div aria-live="polite">
          {error && <Problem error={error} />}
          {data && <Answer answer={data} classes={facts.classes} />}
        </div>
      </div>
    </section>
  );
}

/** The middle of the range, or the first category. */
function first(column: Column): string | null {
  if (column.type === 'category') return column.categories.find((name) => name !== column.missing) ?? null;
  if (column.range === null) return column.gaps ? null : '0';
  const [low, high] = column.range;
  const middle = (low + high) / 2;
  return String(Number.isInteger(low) && Number.isInteger(high) ? Math.round(middle) : Number(middle.toPrecision(3)));
}

/** As formatted by JavaScript. */
const plainNumber = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** Numbers in the form that the page shows them in: as texts they would be read as the data set's file, where `0.125` may mean 125. */
function cellsOf(row: Row, { columns }: Facts): Readonly<Record<string, string | number | null>> {
  return Object.fromEntries(
    columns.map(({ name, type }) => {
      const text = row[name] ?? null;
      const isPlain = type === 'number' && text !== null && plainNumber.test(text.trim());
      return [name, isPlain ? Number(text) : text];
    }),
  );
}

/** The value once it has not changed for a moment. */
function useSettled(row: Row): Row {
  const [settled, setSettled] = useState(row);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(row), TYPING_MS);
    return () => clearTimeout(timer);
  }, [row]);
  return settled;
}

interface FieldProps {
  readonly column: Column;
  readonly value: string;
  readonly set: (value: string | null) => void;
}

function Field({ column, value, set }: FieldProps): ReactNode {
  const { name, gaps } = column;
  const set_ = (text: string) => set(text === '' ? null : text);
  if (column.type === 'number') {
    const range = column.range === null ? '' : `${formatValue(column.range[0])} … ${formatValue(column.range[1])}`;
    return (
      <label className="field">
        <span>{name}</span>
        <input inputMode="decimal" value={value} onChange={(event) => set_(event.target.value)} />
        <span className="soft small">
          {range}
          {gaps && ', may be empty'}
        </span>
      </label>
    );
  }
  return (
    <label className="field">
      <span>{name}</span>
      <select value={value} onChange={(event) => set_(event.target.value)}>
        {gaps && <option value="">(missing)</option>}
        {column.categories
          .filter((one) => one !== column.missing)
          .map((one) => (
            <option key={one}>{one}</option>
          ))}
      </select>
    </label>
  );
}

function Answer({ answer, classes }: { readonly answer: Predictions; readonly classes: readonly string[] }): ReactNode {
  const [prediction = null] = answer.predictions;
  return (
    <>
      {prediction !== null && 'label' in prediction && (
        <>
          <p className="prediction">{prediction.label}</p>
          <ul className="probabilities">
            {classes.map((name) => (
              <li key={name} className={name === prediction.label ? 'chosen' : ''}>
                <span>{name}</span>
                <meter value={prediction.probabilities[name] ?? 0} max={1} aria-label={`probability of ${name}`} />
                <span>{formatNumber(100 * (prediction.probabilities[name] ?? 0), 3)} %</span>
              </li>
            ))}
          </ul>
        </>
      )}
      {prediction !== null && 'value' in prediction && <p className="prediction">{formatValue(prediction.value)}</p>}
      {prediction !== null && prediction.spread !== null && (
        <p className="soft small">The networks differ by {formatNumber(prediction.spread, 2)} (standard deviation).</p>
      )}
      {answer.errors.map(({ path, message }) => (
        <p key={path} className="fault">
          {path.replace('rows[0].', '')}: {message}
        </p>
      ))}
      {answer.warnings.map(({ code, column, message }) => (
        <p key={`${code} ${column}`} className="notice">
          {code === 'outsideRange' ? `${column} is outside the range of the training rows.` : message}
        </p>
      ))}
    </>
  );
}
