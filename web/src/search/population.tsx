/** Which trials a chart shows, and after how many epochs their values are. */
import type { ReactNode } from 'react';
import { formatCount, plural } from '../../../src/format.ts';
import { populationOf } from './history-data.ts';
import type { Scored } from './space.ts';

interface PopulationProps {
  /** The trials that the chart shows. */
  readonly shown: readonly Scored[];
  /** Those that it would show if they were not too many. */
  readonly of?: readonly Scored[];
  /** Their values are intermediate ones, after so many epochs. */
  readonly after?: number | undefined;
  /** Why others are not shown. */
  readonly children?: ReactNode;
}

export function Population({ shown, of = shown, after, children }: PopulationProps): ReactNode {
  return (
    <p className="soft small population" style={{ margin: 0, maxWidth: 'none' }}>
      {after === undefined ? populationOf(shown) : afterText(shown, after)}
      {shown.length < of.length && `: the best and a sample of ${formatCount(of.length)}`}.
      {children !== undefined && <> {children}</>}
    </p>
  );
}

/** 27 trials by their values after 1 epoch, 3 of them complete */
function afterText(shown: readonly Scored[], after: number): string {
  const complete = shown.filter(({ state }) => state === 'complete').length;
  return `${plural(shown.length, 'trial')} by their values after ${plural(after, 'epoch')}, ${formatCount(complete)} of them complete`;
}
