/** Hyperparameters as stored and served: each is a value or a distribution. What users may send is defined in hyperparameters.ts. */
import { z } from 'zod';
import type { Distribution, Point, Value } from '../../algorithms/space/space.ts';

const valueSchema = z.union([z.number(), z.string(), z.boolean()]) satisfies z.ZodType<Value>;

/** Values of hyperparameters by name. */
export const pointSchema = z.record(z.string(), valueSchema).readonly() satisfies z.ZodType<Point>;

const when = z
  .record(z.string(), z.array(valueSchema).readonly())
  .readonly()
  .optional()
  .describe('Active only where every named hyperparameter has one of the listed values');

const distributionSchema = z.discriminatedUnion('distribution', [
  z.object({
    distribution: z.enum(['float', 'int']),
    low: z.number(),
    high: z.number(),
    scale: z.enum(['linear', 'log']),
    step: z.number().optional(),
    points: z.int().optional(),
    when,
  }),
  z.object({ distribution: z.literal('categorical'), choices: z.array(valueSchema).readonly(), when }),
]) satisfies z.ZodType<Distribution>;

export const settingSchema = z.union([valueSchema, distributionSchema]);

export const settingsSchema = z
  .record(z.string(), settingSchema)
  .readonly()
  .describe('Each hyperparameter with its value or distribution')
  .meta({ id: 'Settings' });
export type Settings = z.output<typeof settingsSchema>;
