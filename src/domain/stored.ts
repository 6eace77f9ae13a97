/** Reads what earlier versions stored: a field that did not exist then gets the default of its schema. */
import { z } from 'zod';
import type { FoldCurves } from '../compute/trial.ts';
import { type Change, changeSchema } from './events.ts';
import { foldCurvesSchema } from './trial.ts';

/** The defaults of an object's own fields. */
function defaultsOf(schema: z.ZodObject): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(schema.shape).flatMap(([name, field]) =>
      field instanceof z.ZodDefault ? [[name, field.def.defaultValue]] : [],
    ),
  );
}

const foldDefaults = defaultsOf(foldCurvesSchema);
const changeDefaults = new Map<string, Record<string, unknown>>(
  changeSchema.options.map(({ shape }) => [shape.type.value, defaultsOf(shape.data)]),
);

export function foldsOf(stored: unknown): FoldCurves[] {
  return ((stored ?? []) as object[]).map((fold) => ({ ...foldDefaults, ...fold }) as unknown as FoldCurves);
}

/** The data of an event of this type. */
export function changeDataOf(type: string, stored: unknown): Change['data'] {
  return { ...changeDefaults.get(type), ...(stored as object) } as Change['data'];
}
