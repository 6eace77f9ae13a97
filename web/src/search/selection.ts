/**
 * The selected trials, one selection for every view, kept in the address as `select`: numbers and ranges of numbers (`1,5,9-12`), or
 * conditions (`learningRate>=0.01 learningRate<=0.1`).
 */
import { useCallback, useMemo } from 'react';
import { useAddress } from '../parts/address.ts';
import { objectiveOf } from '../parts/objective.ts';
import type { TrialRow } from './model.ts';
import { numbersIn, numbersText } from './numbers-text.ts';
import { variedIn } from './space.ts';
import { columnsOf, filtered, rangesIn } from './trial-columns.ts';
import { useShown } from './use-search.ts';

/** Longer lists do not fit an address that servers and proxies accept. */
const MAX_TEXT = 4000;

export interface Selection {
  /** Undefined if nothing is selected. */
  readonly selected: ReadonlySet<number> | undefined;
  /** Returns whether the selection fits the address. */
  readonly select: (numbers: Iterable<number>) => boolean;
  readonly selectBy: (conditions: string) => void;
  readonly clear: () => void;
}

export function useSelection(): Selection {
  const { search, trials } = useShown();
  const [text, setText] = useAddress('select');
  const selected = useMemo(() => {
    if (text === '') return undefined;
    return (
      numbersIn(text) ??
      matching(
        text,
        trials,
        columnsOf(variedIn(search), objectiveOf(search).metric, search.specification.hyperparameters),
      )
    );
  }, [text, trials, search]);
  const select = useCallback(
    (numbers: Iterable<number>) => {
      const after = numbersText(numbers);
      if (after.length > MAX_TEXT) return false;
      setText(after);
      return true;
    },
    [setText],
  );
  return { selected, select, selectBy: setText, clear: () => setText('') };
}

function matching(text: string, trials: readonly TrialRow[], columns: ReturnType<typeof columnsOf>): Set<number> {
  const { ranges } = rangesIn(text, columns);
  return new Set(
    ranges.length === 0 ? [] : filtered(trials, { state: '', finding: '', ranges }).map(({ number }) => number),
  );
}
