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
import { columnsOf, filtered, type Range, rangesIn } from './trial-columns.ts';
import { useShown } from './use-search.ts';

/** Longer lists do not fit an address that servers and proxies accept. */
const MAX_TEXT = 4000;

export interface Selection {
  /** Undefined if nothing is selected. */
  readonly selected: ReadonlySet<number> | undefined;
  /** What the address has that cannot be understood. */
  readonly issues: readonly string[];
  /** Returns whether the selection fits the address. */
  readonly select: (numbers: Iterable<number>) => boolean;
  readonly selectBy: (conditions: string) => void;
  readonly clear: () => void;
}

export function useSelection(): Selection {
  const { search, trials } = useShown();
  const [text, setText] = useAddress('select');
  const conditions = useMemo(
    () =>
      text === '' || numbersIn(text) !== undefined
        ? undefined
        : rangesIn(text, columnsOf(variedIn(search), objectiveOf(search).metric, search.specification.hyperparameters)),
    [text, search],
  );
  const selected = useMemo(
    () => (text === '' ? undefined : conditions === undefined ? numbersIn(text) : matching(conditions.ranges, trials)),
    [text, conditions, trials],
  );
  const select = useCallback(
    (numbers: Iterable<number>) => {
      const after = numbersText(numbers);
      if (after.length > MAX_TEXT) return false;
      setText(after);
      return true;
    },
    [setText],
  );
  return { selected, issues: conditions?.issues ?? none, select, selectBy: setText, clear: () => setText('') };
}

const none: readonly string[] = [];

function matching(ranges: readonly Range[], trials: readonly TrialRow[]): Set<number> {
  return new Set(
    ranges.length === 0 ? [] : filtered(trials, { state: '', finding: '', ranges }).map(({ number }) => number),
  );
}
