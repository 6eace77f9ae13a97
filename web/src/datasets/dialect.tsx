/** How the file is read: detected settings and choices to override them. */
import { type ReactNode, useEffect, useState } from 'react';
import { type Choices, type DatasetPreview, type DialectOption, withDialect } from './preview.ts';

interface DialectProps {
  /** Undefined if the file could not be read. */
  readonly preview: DatasetPreview | undefined;
  readonly choices: Choices;
  readonly change: (choices: Choices) => void;
}

interface Field {
  readonly label: string;
  /** Value and name of each choice; without choices, a text input. */
  readonly values: readonly (readonly [value: string, name: string])[];
}

const fields: Readonly<Record<DialectOption, Field>> = {
  format: {
    label: 'Format',
    values: [
      ['csv', 'delimited text (CSV)'],
      ['json', 'JSON'],
      ['arff', 'ARFF'],
      ['svmlight', 'svmlight'],
      ['parquet', 'Parquet'],
    ],
  },
  base: {
    label: 'The first feature is',
    values: [
      ['0', 'number 0'],
      ['1', 'number 1'],
    ],
  },
  header: {
    label: 'First line',
    values: [
      ['true', 'column names'],
      ['false', 'a row'],
    ],
  },
  delimiter: {
    label: 'Fields separated by',
    values: [
      ['comma', 'commas'],
      ['semicolon', 'semicolons'],
      ['tab', 'tabs'],
      ['pipe', 'vertical bars'],
      ['space', 'spaces'],
    ],
  },
  decimal: {
    label: 'Decimal mark',
    values: [
      ['point', 'point: 1.5'],
      ['comma', 'comma: 1,5'],
    ],
  },
  thousands: {
    label: 'Thousands',
    values: [
      ['none', 'not marked'],
      ['comma', 'commas: 1,000'],
      ['point', 'points: 1.000'],
      ['space', 'spaces: 1 000'],
      ['apostrophe', "apostrophes: 1'000"],
    ],
  },
  quote: {
    label: 'Quotes',
    values: [
      ['double', 'double: "a"'],
      ['single', "single: 'a'"],
      ['none', 'are text'],
    ],
  },
  encoding: {
    label: 'Encoding',
    values: [
      ['utf-8', 'UTF-8'],
      ['windows-1252', 'Windows-1252 (Western, Latin-1)'],
      ['windows-1250', 'Windows-1250 (Central European)'],
      ['windows-1251', 'Windows-1251 (Cyrillic)'],
      ['utf-16le', 'UTF-16, little-endian'],
      ['utf-16be', 'UTF-16, big-endian'],
      ['macintosh', 'Mac OS Roman'],
      ['shift_jis', 'Shift JIS'],
      ['gb18030', 'GB 18030'],
    ],
  },
  comment: { label: 'Comments start with', values: [] },
  skip: { label: 'Lines above the header', values: [] },
};

export function Dialect({ preview, choices, change }: DialectProps): ReactNode {
  const seen = (option: DialectOption) => preview?.decisions.find((decision) => decision.option === option);
  return (
    <fieldset className="dialect">
      <legend>How the file is read</legend>
      {(Object.keys(fields) as DialectOption[]).map((option) => {
        const { label, values } = fields[option];
        const decided = seen(option);
        const chosen = choices.dialect[option];
        // Of what the format has no use for, only a choice that must be taken back.
        if (decided === undefined && chosen === undefined && (preview !== undefined || option === 'base')) return null;
        const set = (value: string) => change(withDialect(choices, option, value));
        const named = values.find(([value]) => value === decided?.value)?.[1] ?? decided?.value;
        if (values.length === 0) {
          return (
            <Typed key={option} label={label} value={chosen ?? ''} placeholder={decided?.value ?? ''} done={set} />
          );
        }
        return (
          <label key={option} className="field">
            <span>{label}</span>
            <select value={chosen ?? ''} onChange={(event) => set(event.target.value)}>
              <option value="">{decided?.guessed === true ? `${named} (detected)` : 'detect'}</option>
              {values.map(([value, name]) => (
                <option key={value} value={value}>
                  {name}
                </option>
              ))}
            </select>
          </label>
        );
      })}
      <Typed
        label="Missing is also"
        value={choices.missingValues}
        placeholder="-200, x"
        done={(missingValues) => change({ ...choices, missingValues })}
      />
    </fieldset>
  );
}

interface TypedProps {
  readonly label: string;
  readonly value: string;
  readonly placeholder: string;
  readonly done: (value: string) => void;
}

/** A text input that is applied on blur or Enter, when the file is read again. */
function Typed({ label, value, placeholder, done }: TypedProps): ReactNode {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  const leave = () => text !== value && done(text);
  return (
    <label className="field">
      <span>{label}</span>
      <input
        value={text}
        placeholder={placeholder}
        maxLength={200}
        onChange={(event) => setText(event.target.value)}
        onBlur={leave}
        onKeyDown={(event) => event.key === 'Enter' && leave()}
      />
    </label>
  );
}
