import type { ReactNode } from 'react';
import type { Draft, ValidationIssue } from './draft.ts';
import { NumberInput } from './number-input.tsx';

interface StagesFieldProps {
  readonly stages: unknown;
  readonly set: (stages: readonly Draft[] | undefined) => void;
  readonly issues: readonly ValidationIssue[];
}

const usual: readonly Draft[] = [
  { epochs: 3, trials: 40 },
  { epochs: 20, trials: 20 },
];

/** Coarse to fine: few epochs first, then more around the best trials. */
export function StagesField({ stages, set, issues }: StagesFieldProps): ReactNode {
  const list: readonly Draft[] = Array.isArray(stages) ? stages : [];
  const put = (place: number, part: Draft) =>
    set(list.map((stage, i) => (i === place ? { ...stage, ...part } : stage)));
  return (
    <fieldset className="kind">
      <legend>Coarse to fine</legend>
      <label>
        <input
          type="checkbox"
          checked={list.length > 0}
          onChange={(event) => set(event.target.checked ? usual : undefined)}
        />{' '}
        in stages, each in the ranges of the best trials of the one before; epochs and trials are set per stage
      </label>
      {list.map((stage, i) => (
        <div key={i} className="row">
          <span className="soft">stage {i + 1}</span>
          <NumberInput
            label={`trials of stage ${i + 1}`}
            value={stage['trials'] as number}
            set={(trials) => put(i, { trials })}
          />{' '}
          trials
          <NumberInput
            label={`epochs of stage ${i + 1}`}
            value={stage['epochs'] as number}
            set={(epochs) => put(i, { epochs })}
          />{' '}
          epochs
          {list.length > 1 && (
            <button type="button" className="quiet small" onClick={() => set(list.filter((_, k) => k !== i))}>
              remove
            </button>
          )}
        </div>
      ))}
      {list.length > 0 && (
        <button type="button" className="small" onClick={() => set([...list, { ...list.at(-1) }])}>
          Add a stage
        </button>
      )}
      {issues.map(({ path, message }) => (
        <div key={`${path} ${message}`} className="fault" role="alert">
          {path}: {message}
        </div>
      ))}
    </fieldset>
  );
}
