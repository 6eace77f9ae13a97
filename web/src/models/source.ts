import { plural } from '../../../src/format.ts';
import type { ModelRecord } from '../api.ts';

/** What a model was made from, in words. */
export function sourceText({ trial, ensemble, refit }: ModelRecord['origin']): string {
  if (ensemble !== null) return `ensemble of ${ensemble.length} candidates`;
  return refit === null ? `trial ${trial}` : `trial ${trial}, ${plural(refit.epochs, 'epoch')} on all rows`;
}
