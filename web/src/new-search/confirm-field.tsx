import type { ReactNode } from 'react';
import { designs } from '../../../src/algorithms/confirmation/rounds.ts';
import { words } from '../../../src/format.ts';
import { type Draft, partOf, type ValidationIssue, withPart } from './draft.ts';
import { NumberInput } from './number-input.tsx';

interface ConfirmFieldProps {
  readonly draft: Draft;
  readonly set: (confirm: Draft | undefined) => void;
  readonly issues: readonly ValidationIssue[];
}

/** Confirm the best: the best trials are trained again, on splits and seeds that chose nothing. */
export function ConfirmField({ draft, set, issues }: ConfirmFieldProps): ReactNode {
  const isOn = draft['confirm'] !== undefined;
  const confirm = partOf(draft, 'confirm');
  const field = (name: 'trials' | 'repeats', title: string, fallback: number) => (
    <div className="field">
      <span>{title}</span>
      <NumberInput
        label={title}
        value={confirm[name] as number | undefined}
        set={(value) => set(withPart(confirm, name, value))}
        placeholder={String(fallback)}
        invalid={issues.some(({ path }) => path === `confirm.${name}`)}
      />
    </div>
  );
  return (
    <fieldset className="kind">
      <legend>Confirmation</legend>
      <label>
        <input type="checkbox" checked={isOn} onChange={(event) => set(event.target.checked ? {} : undefined)} />{' '}
        confirm the best: train the best trials again, on splits and seeds that were not used to select them: the best
        value of many trials is partly luck
      </label>
      {isOn && (
        <div className="fields">
          {field('trials', 'finalists', 10)}
          {field('repeats', 'runs of each, on average', 5)}
          <label className="field">
            <span>design</span>
            <select
              value={String(confirm['design'] ?? designs[0])}
              onChange={(event) => set(withPart(confirm, 'design', event.target.value))}
            >
              {designs.map((design) => (
                <option key={design} value={design}>
                  {words(design)}
                </option>
              ))}
            </select>
          </label>
        </div>
      )}
      {issues.map(({ path, message }) => (
        <div key={`${path} ${message}`} className="fault" role="alert">
          {path}: {message}
        </div>
      ))}
    </fieldset>
  );
}
