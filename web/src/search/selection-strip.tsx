/** Below every view but the table of trials: how many trials are selected, where to see them, and how to clear the selection. */
import { type ReactNode, useEffect } from 'react';
import { plural } from '../../../src/format.ts';
import { useAddress, useGo } from '../parts/address.ts';
import { useSelection } from './selection.ts';
import { useShown } from './use-search.ts';

export function SelectionStrip(): ReactNode {
  const { search, trials } = useShown();
  const go = useGo();
  const [text] = useAddress('select');
  const { selected, issues, clear } = useSelection();
  if (selected === undefined) return null;
  const known = trials.filter(({ number }) => selected.has(number)).length;
  const query = new URLSearchParams({ select: text }).toString();
  return (
    <section className="selection strip row" aria-label="Selected trials">
      <strong role="status">{plural(known, 'trial')} selected</strong>
      <button type="button" onClick={() => go(`/searches/${search.id}?view=trials&only=selected&${query}`)}>
        Show in the table
      </button>
      <button type="button" onClick={() => go(`/searches/${search.id}?${query}`)}>
        Compare curves
      </button>
      <button type="button" className="quiet" onClick={clear} title="Escape">
        Clear selection
      </button>
      <SelectionIssues issues={issues} />
    </section>
  );
}

/** Of an address that was typed, or that is of another search. */
export function SelectionIssues({ issues }: { readonly issues: readonly string[] }): ReactNode {
  return issues.map((issue) => (
    <span key={issue} className="fault small" role="alert">
      {issue}
    </span>
  ));
}

/** Escape clears the selection, unless it closes a dialog or a menu, or somebody types. */
export function useEscape(): void {
  const { selected, clear } = useSelection();
  const isSelected = selected !== undefined;
  useEffect(() => {
    if (!isSelected) return;
    const onKeyDown = ({ key, target }: KeyboardEvent) => {
      const isTyping = target instanceof Element && target.closest('input:not([type="checkbox"]), textarea, select');
      if (key === 'Escape' && !isTyping && document.querySelector('dialog[open], .menu[open]') === null) clear();
    };
    // Before a menu handles it: afterwards the menu would be closed already.
    document.addEventListener('keydown', onKeyDown, true);
    return () => document.removeEventListener('keydown', onKeyDown, true);
  }, [isSelected, clear]);
}
