/** A form generated from a schema: a type, and the fields of this type. */
import { type ReactNode, useMemo } from 'react';
import { z } from 'zod';
import { words } from '../../../src/format.ts';
import { type Draft, issuesAt, type ValidationIssue } from './draft.ts';
import { NumberInput } from './number-input.tsx';

interface JsonSchema {
  readonly type?: string;
  readonly const?: string;
  readonly default?: unknown;
  readonly description?: string;
  readonly oneOf?: readonly JsonSchema[];
  readonly anyOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
}

/** Fields that all types of a part have, and that stay if the type changes. */
const KEPT = ['seed', 'test'];

interface KindFormProps {
  readonly title: string;
  /** An object, or a union discriminated by `type`. */
  readonly schema: z.ZodType;
  /** The default type. */
  readonly fallback?: string;
  readonly value: Draft;
  readonly set: (value: Draft | undefined) => void;
  readonly path: string;
  readonly issues: readonly ValidationIssue[];
}

export function KindForm({ title, schema, fallback, value, set, path, issues }: KindFormProps): ReactNode {
  const json = useMemo(() => z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema, [schema]);
  const kinds = json.oneOf ?? json.anyOf ?? [json];
  const type = String(value['type'] ?? fallback ?? '');
  const kind = kinds.find(({ properties }) => properties?.['type']?.const === type) ?? kinds[0]!;
  const fields = Object.entries(kind.properties ?? {}).filter(([name]) => name !== 'type');
  const put = (name: string, own: unknown) => {
    const { [name]: _, ...others } = value;
    const after = own === undefined ? others : { ...value, [name]: own };
    set(Object.keys(after).length === 0 ? undefined : after);
  };
  return (
    <fieldset className="kind">
      <legend>{title}</legend>
      {kinds.length > 1 && (
        <select
          aria-label={title}
          value={type}
          onChange={(event) => {
            const kept = Object.entries(value).filter(([name]) => KEPT.includes(name));
            set({ type: event.target.value, ...Object.fromEntries(kept) });
          }}
        >
          {kinds.map(({ properties }) => (
            <option key={properties?.['type']?.const}>{properties?.['type']?.const}</option>
          ))}
        </select>
      )}
      {kind.description && <p className="soft small">{kind.description}</p>}
      <div className="fields">
        {fields.map(([name, field]) => (
          <Field
            key={name}
            name={name}
            field={field}
            value={value[name]}
            set={(own) => put(name, own)}
            issues={issuesAt(issues, `${path}.${name}`)}
          />
        ))}
      </div>
      {issues
        .filter((issue) => issue.path === path)
        .map(({ message }) => (
          <div key={message} className="fault" role="alert">
            {message}
          </div>
        ))}
    </fieldset>
  );
}

interface FieldProps {
  readonly name: string;
  readonly field: JsonSchema;
  readonly value: unknown;
  readonly set: (value: unknown) => void;
  readonly issues: readonly ValidationIssue[];
}

function Field({ name, field, value, set, issues }: FieldProps): ReactNode {
  const title = words(name);
  const isSwitch = field.type === 'boolean';
  if (!isSwitch && field.type !== 'number' && field.type !== 'integer') return null;
  return (
    <div className="field" title={field.description}>
      <span>{title}</span>
      {isSwitch ? (
        <input
          type="checkbox"
          aria-label={title}
          checked={Boolean(value ?? field.default)}
          onChange={(event) => set(event.target.checked)}
        />
      ) : (
        <NumberInput
          label={title}
          value={value as number | undefined}
          set={set}
          placeholder={field.default === undefined ? 'none' : String(field.default)}
          invalid={issues.length > 0}
        />
      )}
      {issues.map(({ message }) => (
        <span key={message} className="fault" role="alert">
          {message}
        </span>
      ))}
    </div>
  );
}
