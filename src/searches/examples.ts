/** Ready searches that show one thing each (examples/), with what must be found in them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { findingCodes } from '../diagnosis/finding.ts';
import { specificationSchema } from './specification.ts';

const codes = z.array(z.enum(findingCodes)).readonly();

export const exampleSchema = z
  .object({
    name: z.string().describe('Of its file'),
    title: z.string(),
    about: z.string(),
    finds: z
      .array(
        z.object({
          trial: z.int().min(0).optional().describe('In which trial'),
          stage: z.int().min(0).optional().describe('Or over all trials of which stage'),
          finds: codes.optional().describe('What must be found'),
          never: codes.optional().describe('What must not'),
        }),
      )
      .min(1)
      .readonly(),
    specification: z.record(z.string(), z.unknown()).describe('For POST /v1/searches, as it is'),
  })
  .meta({ id: 'Example' });
export type Example = z.infer<typeof exampleSchema>;

const readSchema = exampleSchema.refine(({ specification }) => specificationSchema.safeParse(specification).success, {
  path: ['specification'],
  error: 'is none',
});

/** By name. Throws, naming the file, where one is no example. */
export function readExamples(folder: string): readonly Example[] {
  const files = readdirSync(folder).filter((file) => file.endsWith('.json'));
  return files.sort().map((file) => {
    const text = readFileSync(join(folder, file), 'utf8');
    const parsed = readSchema.safeParse({ name: file.slice(0, -'.json'.length), ...(JSON.parse(text) as object) });
    if (!parsed.success) throw new Error(`${file} is no example: ${z.prettifyError(parsed.error)}`);
    return parsed.data;
  });
}
