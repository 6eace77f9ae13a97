/** Files as people have them: each kind of docs/files.md is read as it says there. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readCsv } from '../../../src/data/csv-dataset.ts';
import { previewOfCsv } from '../../../src/data/csv-preview.ts';
import { sourceOfStored, storedFormOf } from '../../../src/data/stored-table.ts';
import { csvOf } from '../../../src/data/typed-table.ts';
import { readUpload } from '../../../src/data/upload.ts';
import { fileCases } from '../../support/files.ts';

describe('a file with', () => {
  it.each(fileCases.map((one) => [one.kind, one] as const))('%s', async (_kind, one) => {
    const { source, options, hints } = await readUpload(one.file, { name: 'file', ...one.asked });
    expect(options).toMatchObject(one.reading ?? {});
    const preview = previewOfCsv(source, options);
    expect(preview.faults).toEqual([]);
    expect(preview.columns.map(({ name }) => name)).toEqual(one.columns);
    expect(preview).toMatchObject({ rows: one.rows, features: one.inputs, classes: one.classes });
    expect(preview.task).toBe(one.classes.length > 0 ? 'classification' : 'regression');
    expect([...hints, ...preview.hints].map(({ code }) => code)).toEqual(one.hints ?? []);
    const { dataset } = readCsv(source, options);
    if (one.first) expect([...dataset.x.subarray(0, one.first.length)]).toEqual(one.first);
    // A table that is not parsed is the same as its CSV.
    const csv = csvOf(source);
    expect(previewOfCsv(csv, options)).toEqual(preview);
    expect(readCsv(csv, options).dataset.hash).toBe(dataset.hash);
    // What is stored beside the table leaves nothing to guess: reading it again gives the same data set.
    const stored = JSON.parse(JSON.stringify(options)) as typeof options;
    const read = sourceOfStored(storedFormOf(source));
    expect(read).toEqual(source);
    expect(readCsv(read, { ...stored, target: dataset.targetName, task: dataset.task }).dataset.hash).toBe(
      dataset.hash,
    );
  });

  it('each of these stands in the table of docs/files.md, and nothing else does', () => {
    const docs = readFileSync('docs/files.md', 'utf8');
    const table = docs.slice(docs.indexOf('| file | '), docs.indexOf('\n\n', docs.indexOf('| file | ')));
    const kinds = table
      .split('\n')
      .slice(2)
      .map((row) => row.split(' | ')[0]!.replace(/^\| /, ''));
    expect(kinds).toEqual(fileCases.map(({ kind }) => kind));
  });
});
