/** Selected trials as CSV. */
import { expect, it } from 'vitest';
import type { TrialRow } from '../../web/src/search/model.ts';
import { selectedCsv } from '../../web/src/search/selection-export.ts';
import type { Column } from '../../web/src/search/trial-columns.ts';

it('puts an apostrophe before notes and tags that a spreadsheet would read as formulas, and before no number', () => {
  const trial = { found: [], value: -1.5, notes: '=1+1, "twice"', tags: ['+good'] } as unknown as TrialRow;
  const columns = [
    { name: 'value', of: ({ value }: TrialRow) => value },
    { name: 'tags', of: ({ tags }: TrialRow) => tags.join(' ') },
    { name: 'notes', of: ({ notes }: TrialRow) => notes },
  ] as unknown as Column[];
  expect(selectedCsv([trial], columns)).toBe(`value,tags,notes\n-1.5,'+good,"'=1+1, ""twice"""\n`);
});
