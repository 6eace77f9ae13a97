import { type ReactNode, useMemo } from 'react';
import { useAddress } from '../parts/address.ts';
import { Switch } from '../parts/log-switch.tsx';
import { type Scored, scoredIn } from './space.ts';
import { useShown } from './use-search.ts';

/** Whether charts show trials that are not complete, with their intermediate values; one choice for all charts, kept in the address. */
export function usePruned(): [isShown: boolean, choice: ReactNode] {
  const [hidden, hide] = useAddress('pruned', 'shown');
  const isShown = hidden === 'shown';
  return [
    isShown,
    <Switch key="pruned" on={isShown} set={(on) => hide(on ? 'shown' : 'hidden')}>
      pruned and paused trials
    </Switch>,
  ];
}

/** The trials with a value, without those that are not complete if they are hidden. */
export function useScored(): readonly Scored[] {
  const { trials } = useShown();
  const [isShown] = usePruned();
  return useMemo(() => {
    const scored = scoredIn(trials);
    return isShown ? scored : scored.filter(({ state }) => state === 'complete');
  }, [trials, isShown]);
}
