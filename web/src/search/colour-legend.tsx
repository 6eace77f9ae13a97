/** What the colours of trials stand for. */
import type { ReactNode } from 'react';
import { formatValue } from '../../../src/format.ts';
import type { Varied } from './space.ts';
import { choiceColours, gradientCss } from './trial-colours.ts';

export function ColourLegend({ of: { name, distribution } }: { readonly of: Varied }): ReactNode {
  if (distribution.distribution === 'categorical') {
    return (
      <span className="row">
        {choiceColours(distribution.choices).map(({ choice, colour }) => (
          <Swatch key={String(choice)} colour={colour}>
            {formatValue(choice)}
          </Swatch>
        ))}
      </span>
    );
  }
  return (
    <span className="row">
      {name} {formatValue(distribution.low)}
      <span className="colour-bar" style={{ background: gradientCss }} />
      {formatValue(distribution.high)}
      {distribution.scale === 'log' && ' (log)'}
    </span>
  );
}

export function Swatch({ colour, children }: { readonly colour: string; readonly children: ReactNode }): ReactNode {
  return (
    <span>
      <span className="swatch" style={{ background: `var(${colour})` }} /> {children}
    </span>
  );
}
