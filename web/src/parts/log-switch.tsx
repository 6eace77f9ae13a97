import type { ReactNode } from 'react';
import { useAddress } from './address.ts';

/** Whether charts of losses have a log scale, as the address says. */
export function useLog(): [log: boolean, toggle: ReactNode] {
  const [scale, setScale] = useAddress('scale', 'linear');
  const log = scale === 'log';
  const toggle = (
    <label className="small">
      <input type="checkbox" checked={log} onChange={(event) => setScale(event.target.checked ? 'log' : 'linear')} />{' '}
      log
    </label>
  );
  return [log, toggle];
}
