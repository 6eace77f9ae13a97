import type { ReactNode } from 'react';
import { useAddress } from './address.ts';

interface SwitchProps {
  readonly on: boolean;
  readonly set: (on: boolean) => void;
  readonly disabled?: boolean;
  readonly children: ReactNode;
}

export function Switch({ on, set, disabled = false, children }: SwitchProps): ReactNode {
  return (
    <label className="small">
      <input type="checkbox" checked={on} disabled={disabled} onChange={(event) => set(event.target.checked)} />{' '}
      {children}
    </label>
  );
}

/** Whether loss charts have a log scale; stored in the address. */
export function useLog(): [log: boolean, toggle: ReactNode] {
  const [scale, setScale] = useAddress('scale', 'linear');
  const log = scale === 'log';
  return [
    log,
    <Switch key="log" on={log} set={(on) => setScale(on ? 'log' : 'linear')}>
      log y
    </Switch>,
  ];
}
