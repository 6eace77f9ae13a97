/** The input for one hyperparameter: default, value, range or choices, with a preview of its samples. */
import { type ReactNode, useId } from 'react';
import type { CategoricalDistribution, NumericDistribution, Value } from '../../../src/algorithms/space/space.ts';
import { hyperparameterTable, settingSchemas } from '../../../src/domain/specification/hyperparameters.ts';
import { formatValue } from '../../../src/format.ts';
import { Dots } from './dots.tsx';
import { type Mode, modeOf, type ValidationIssue } from './draft.ts';
import type { Name } from './groups.ts';
import { NumberInput } from './number-input.tsx';

interface SettingFieldProps {
  readonly name: Name;
  readonly setting: unknown;
  readonly set: (setting: unknown) => void;
  /** Issues reported by the service. */
  readonly issues: readonly ValidationIssue[];
  /** Values the sampler would try. */
  readonly values: readonly Value[];
}

const titles: Readonly<Record<Mode, string>> = {
  default: 'default',
  value: 'one value',
  range: 'a range',
  choices: 'a choice',
  json: 'as in the JSON',
};

export function SettingField({ name, setting, set, issues, values }: SettingFieldProps): ReactNode {
  const id = useId();
  const row = hyperparameterTable[name];
  const mode = modeOf(setting);
  const parsed = setting === undefined ? undefined : settingSchemas[name]!.safeParse(setting);
  // Validated here immediately, and by the service together with other parts.
  const own = parsed?.success === false && mode !== 'json' ? issuesIn(parsed.error.issues) : [];
  const issuesShown =
    issues.length > 0
      ? issues.map(({ path, message }) => ({
          path: path.replace(`hyperparameters.${name}`, '').replace(/^\./, ''),
          message,
        }))
      : own;
  const modes: Mode[] =
    row.kind === 'float' || row.kind === 'int'
      ? ['default', 'value', 'range', 'choices']
      : ['default', 'value', 'choices'];
  if (mode === 'json') modes.push('json');
  return (
    <fieldset className="setting" aria-describedby={`${id}-about`}>
      <legend>{name}</legend>
      <div className="row">
        <select
          aria-label={`${name} is`}
          value={mode}
          onChange={(event) => set(initial(name, event.target.value as Mode, setting))}
        >
          {modes.map((one) => (
            <option key={one} value={one}>
              {one === 'default' ? `default: ${formatValue(row.fallback)}` : titles[one]}
            </option>
          ))}
        </select>
        {mode === 'value' && (
          <ValueInput name={name} value={setting as Value} set={set} invalid={issuesShown.length > 0} />
        )}
        {mode === 'range' && (
          <RangeInput name={name} value={setting as NumericDistribution} set={set} issues={issuesShown} />
        )}
        {mode === 'choices' && <ChoicesInput name={name} value={setting as CategoricalDistribution} set={set} />}
      </div>
      {issuesShown.map(({ path, message }) => (
        <div key={`${path} ${message}`} className="fault" role="alert">
          {path !== '' && `${path}: `}
          {message}
        </div>
      ))}
      {mode === 'range' && parsed?.success && values.length > 0 && (
        <Dots name={name} distribution={setting as NumericDistribution} values={values as readonly number[]} />
      )}
      <div className="soft small" id={`${id}-about`}>
        {row.about}
      </div>
    </fieldset>
  );
}

interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly code?: string | undefined;
  readonly errors?: readonly (readonly Issue[])[];
}

/** The issues of the alternative of a union that matches best. */
function issuesIn(issues: readonly Issue[]): ValidationIssue[] {
  return issues.flatMap((issue) => {
    if (issue.code === 'invalid_union' && issue.errors !== undefined && issue.errors.length > 0) {
      const deepest = [...issue.errors].sort((a, b) => depth(b) - depth(a))[0]!;
      return issuesIn(deepest);
    }
    return [{ path: issue.path.map(String).join('.'), message: issue.message }];
  });
}

function depth(issues: readonly Issue[]): number {
  return Math.max(0, ...issues.map(({ path, errors }) => path.length + Math.max(0, ...(errors ?? []).map(depth))));
}

/** The initial setting of a mode, close to the previous one. */
function initial(name: Name, mode: Mode, before: unknown): unknown {
  const row = hyperparameterTable[name];
  if (mode === 'default') return undefined;
  if (mode === 'value') return typeof before === 'object' || before === undefined ? row.fallback : before;
  if (mode === 'choices') {
    const choices =
      row.kind === 'choice' ? row.choices.slice(0, 3) : row.kind === 'switch' ? [true, false] : [row.fallback];
    return { distribution: 'categorical', choices };
  }
  return { distribution: row.kind === 'int' ? 'int' : 'float', ...rangeOf(name) };
}

/** Reasonable default ranges. */
const ranges: Partial<Record<Name, readonly [low: number, high: number, scale: 'linear' | 'log']>> = {
  learningRate: [1e-5, 1e-1, 'log'],
  l2: [1e-6, 1e-2, 'log'],
  hiddenLayers: [1, 3, 'linear'],
  hiddenUnits: [16, 256, 'log'],
  batchSize: [16, 256, 'log'],
  epochs: [5, 50, 'log'],
  momentum: [0.5, 0.99, 'linear'],
  dropout: [0, 0.5, 'linear'],
  weightDecay: [1e-4, 1e-1, 'log'],
};

function rangeOf(name: Name): { low: number; high: number; scale: 'linear' | 'log' } {
  const row = hyperparameterTable[name];
  const { min, max } = row as { min: number; max: number };
  const [low, high, scale] = ranges[name] ?? [min, Math.min(max, Math.max(1, 2 * Number(row.fallback))), 'linear'];
  return { low, high, scale };
}

interface InputProps<T> {
  readonly name: Name;
  readonly value: T;
  readonly set: (value: unknown) => void;
}

function ValueInput({ name, value, set, invalid }: InputProps<Value> & { readonly invalid: boolean }): ReactNode {
  const row = hyperparameterTable[name];
  if (row.kind === 'switch') {
    return (
      <label>
        <input type="checkbox" checked={value === true} onChange={(event) => set(event.target.checked)} /> on
      </label>
    );
  }
  if (row.kind === 'choice') {
    return (
      <select aria-label={name} value={String(value)} onChange={(event) => set(event.target.value)}>
        {row.choices.map((choice) => (
          <option key={choice}>{choice}</option>
        ))}
      </select>
    );
  }
  return <NumberInput label={name} value={Number(value)} set={set} invalid={invalid} />;
}

function RangeInput({
  name,
  value,
  set,
  issues,
}: InputProps<NumericDistribution> & { readonly issues: readonly ValidationIssue[] }): ReactNode {
  const wrong = (part: string) => issues.some(({ path }) => path === part || path === '');
  return (
    <>
      <NumberInput
        label={`${name}, low`}
        value={value.low}
        set={(low) => set({ ...value, low })}
        invalid={wrong('low')}
      />
      <span>to</span>
      <NumberInput
        label={`${name}, high`}
        value={value.high}
        set={(high) => set({ ...value, high })}
        invalid={wrong('high')}
      />
      <label>
        <input
          type="checkbox"
          checked={value.scale === 'log'}
          onChange={(event) => set({ ...value, scale: event.target.checked ? 'log' : 'linear' })}
        />{' '}
        log
      </label>
      {'when' in value && <span className="soft small">with a condition</span>}
    </>
  );
}

function ChoicesInput({ name, value, set }: InputProps<CategoricalDistribution>): ReactNode {
  const row = hyperparameterTable[name];
  if (row.kind === 'float' || row.kind === 'int') {
    return (
      <input
        aria-label={`${name}, choices`}
        placeholder="16, 32, 64"
        defaultValue={value.choices.join(', ')}
        onChange={(event) =>
          set({
            ...value,
            choices: event.target.value
              .split(/[\s,]+/)
              .filter((text) => text !== '')
              .map((text) => (Number.isNaN(Number(text)) ? text : Number(text))),
          })
        }
      />
    );
  }
  const all: readonly Value[] = row.kind === 'choice' ? row.choices : [true, false];
  const toggle = (choice: Value) => {
    const chosen = all.filter((one) => (one === choice ? !value.choices.includes(one) : value.choices.includes(one)));
    set({ ...value, choices: chosen });
  };
  return (
    <>
      {all.map((choice) => (
        <label key={String(choice)}>
          <input type="checkbox" checked={value.choices.includes(choice)} onChange={() => toggle(choice)} />{' '}
          {typeof choice === 'boolean' ? (choice ? 'on' : 'off') : choice}
        </label>
      ))}
    </>
  );
}
