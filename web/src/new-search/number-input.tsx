import { type ReactNode, useEffect, useState } from 'react';
import { formatValue } from '../../../src/format.ts';
import { numberIn } from './number-text.ts';

interface NumberInputProps {
  readonly label: string;
  readonly value: number | undefined;
  readonly set: (value: number | undefined) => void;
  readonly placeholder?: string;
  readonly invalid?: boolean;
}

/** A number input that accepts scientific notation such as `1e-4`. Invalid text stays in the field and is marked. */
export function NumberInput({ label, value, set, placeholder, invalid = false }: NumberInputProps): ReactNode {
  const [text, setText] = useState(written(value));
  useEffect(() => {
    setText((before) => (numberIn(before) === value ? before : written(value)));
  }, [value]);
  const number = numberIn(text);
  return (
    <input
      className="number-input"
      inputMode="decimal"
      aria-label={label}
      aria-invalid={invalid || Number.isNaN(number)}
      placeholder={placeholder}
      value={text}
      size={8}
      onChange={(event) => {
        setText(event.target.value);
        const typed = numberIn(event.target.value);
        if (!Number.isNaN(typed)) set(typed);
      }}
    />
  );
}

function written(value: number | undefined): string {
  if (value === undefined || value === null) return '';
  return Number(formatValue(value)) === value ? formatValue(value) : String(value);
}
