import { plural } from '../../../src/format.ts';
import type { ModelRecord } from '../api.ts';

/** What a model was made from, in words. */
export function sourceText({ origin: { trial, ensemble, refit }, facts }: ModelRecord): string {
  if (ensemble !== null) return `ensemble of ${ensemble.length} candidates`;
  if (refit === null) return `trial ${trial}`;
  const rows = facts?.test ? 'all rows but the test rows' : 'all rows';
  return `trial ${trial}, ${plural(refit.epochs, 'epoch')} on ${rows}`;
}
