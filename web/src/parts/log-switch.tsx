import type { ReactNode } from 'react';
import { useAddress } from './address.ts';

/** Whether loss charts have a log scale; stored in the address. */
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
