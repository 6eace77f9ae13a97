/** The example searches (examples/), each with the findings it demonstrates. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { type Example, exampleSchema } from '../contract/searches.ts';
import { specificationSchema } from '../domain/specification/specification.ts';

const readSchema = exampleSchema.refine(({ specification }) => specificationSchema.safeParse(specification).success, {
  path: ['specification'],
  error: 'is not valid',
});

/** Sorted by name. Throws an error with the file name for an invalid example. */
export function readExamples(folder: string): readonly Example[] {
  const files = readdirSync(folder).filter((file) => file.endsWith('.json'));
  return files.sort().map((file) => {
    const text = readFileSync(join(folder, file), 'utf8');
    const parsed = readSchema.safeParse({ name: file.slice(0, -'.json'.length), ...(JSON.parse(text) as object) });
    if (!parsed.success) throw new Error(`${file} is not a valid example: ${z.prettifyError(parsed.error)}`);
    return parsed.data;
  });
}
