import type { ReactNode } from 'react';
import type { Draft } from './draft.ts';
import { isChosen, presets, settingsText, withPreset } from './strategy.ts';

interface PresetsProps {
  readonly draft: Draft;
  readonly choose: (draft: Draft) => void;
}

/** Strategies with their settings. */
export function Presets({ draft, choose }: PresetsProps): ReactNode {
  return (
    <fieldset className="presets">
      <legend className="hidden">Presets</legend>
      {presets.map((preset) => (
        <label key={preset.name} className="card">
          <span>
            <input
              type="radio"
              name="preset"
              checked={isChosen(draft, preset)}
              onChange={() => choose(withPreset(draft, preset))}
            />{' '}
            <strong>{preset.title}</strong>
          </span>
          <span className="small">{preset.about}</span>
          <span className="small soft">{settingsText(preset)}</span>
        </label>
      ))}
    </fieldset>
  );
}
