import type { ReactNode } from 'react';
import type { DragMode } from '../charts/box.ts';
import { useAddress } from './address.ts';

/** What dragging in charts does, kept in the address. */
export function useDragMode(): [mode: DragMode, choice: ReactNode] {
  const [chosen, choose] = useAddress('drag', 'zoom');
  const mode = chosen === 'select' ? 'select' : 'zoom';
  return [
    mode,
    <select
      key="drag"
      aria-label="Dragging in charts"
      title={`With Shift, dragging ${mode === 'zoom' ? 'selects' : 'zooms'}`}
      value={mode}
      onChange={(event) => choose(event.target.value)}
    >
      <option value="zoom">drag: zoom</option>
      <option value="select">drag: select</option>
    </select>,
  ];
}
