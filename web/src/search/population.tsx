/** Which trials a chart shows, and after how many epochs their values are. */
import type { ReactNode } from 'react';
import { formatCount } from '../../../src/format.ts';
import { populationOf } from './history-data.ts';
import type { Scored } from './space.ts';

interface PopulationProps {
  /** The trials that the chart shows. */
  readonly shown: readonly Scored[];
  /** Those that it would show if they were not too many. */
  readonly of?: readonly Scored[];
  /** Why others are not shown. */
  readonly children?: ReactNode;
}

export function Population({ shown, of = shown, children }: PopulationProps): ReactNode {
  return (
    <p className="soft small population" style={{ margin: 0, maxWidth: 'none' }}>
      {populationOf(shown)}
      {shown.length < of.length && `: the best and a sample of ${formatCount(of.length)}`}.
      {children !== undefined && <> {children}</>}
    </p>
  );
}
