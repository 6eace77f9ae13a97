/** Selects trials by conditions or numbers that are typed: what a box in a chart does, without a pointer. */
import { type ReactNode, useId, useMemo, useRef, useState } from 'react';
import { useAddress } from '../parts/address.ts';
import { objectiveOf } from '../parts/objective.ts';
import { numbersIn } from './numbers-text.ts';
import { useSelection } from './selection.ts';
import { variedIn } from './space.ts';
import { columnsOf, rangesIn } from './trial-columns.ts';
import { useShown } from './use-search.ts';

export function SelectWhere(): ReactNode {
  const dialog = useRef<HTMLDialogElement>(null);
  const [current] = useAddress('select');
  const [text, setText] = useState('');
  const open = () => {
    setText(current);
    dialog.current?.showModal();
  };
  return (
    <>
      <button type="button" onClick={open}>
        Select…
      </button>
      <dialog ref={dialog} aria-label="Select trials">
        <Conditions text={text} setText={setText} close={() => dialog.current?.close()} />
      </dialog>
    </>
  );
}

interface ConditionsProps {
  readonly text: string;
  readonly setText: (text: string) => void;
  readonly close: () => void;
}

function Conditions({ text, setText, close }: ConditionsProps): ReactNode {
  const { search } = useShown();
  const { selectBy } = useSelection();
  const id = useId();
  const columns = useMemo(
    () => columnsOf(variedIn(search), objectiveOf(search).metric, search.specification.hyperparameters),
    [search],
  );
  const wanted = text.trim();
  const issues = numbersIn(wanted) === undefined ? rangesIn(wanted, columns).issues : [];
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (issues.length > 0) return;
        selectBy(wanted);
        close();
      }}
    >
      <label>
        Trials where{' '}
        <input
          value={text}
          placeholder="learningRate>0.01 value>=0.9"
          style={{ width: 'min(24rem, 100%)' }}
          aria-invalid={issues.length > 0}
          aria-describedby={id}
          onChange={(event) => setText(event.target.value)}
        />
      </label>
      <p className="soft small" style={{ margin: '0.5rem 0' }}>
        Conditions of columns, or numbers of trials such as 1,5,9-12. absent: without a value, as in momentum=absent.
      </p>
      <div id={id} role="status">
        {issues.map((issue) => (
          <p key={issue} className="fault small">
            {issue}
          </p>
        ))}
      </div>
      <p className="row">
        <button type="submit" className="primary" disabled={issues.length > 0}>
          Select
        </button>
        <button type="button" onClick={close}>
          Cancel
        </button>
      </p>
    </form>
  );
}
