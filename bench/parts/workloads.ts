/** The training workloads: what is trained, on which data, and how much arithmetic an epoch of it is. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const workloadSchema = z.strictObject({
  n: z.int().min(1).describe('Rows'),
  sizes: z.array(z.int().min(1)).min(2).describe('Inputs, hidden layers, classes'),
  act: z.enum(['relu', 'tanh']),
  batch: z.int().min(1),
  opt: z.enum(['momentum', 'adam']),
  lr: z.number().positive(),
  bn: z.boolean().describe('Batch normalization'),
  epochs: z.int().min(1).describe('Timed together, as one repetition'),
  reps: z.int().min(1),
});
export type Workload = z.infer<typeof workloadSchema>;
const workloadsSchema = z.record(z.string(), workloadSchema);
export type Workloads = z.infer<typeof workloadsSchema>;

/** x is n×inputs; y has the class of every row. */
export interface Rows {
  readonly x: Float32Array;
  readonly y: Int32Array;
}

/** workloads.json of `folder` or of the folder above it. */
export function readWorkloads(folder: string): Workloads {
  const places = [join(folder, 'workloads.json'), join(folder, '..', 'workloads.json')];
  const file = places.find(existsSync);
  if (file === undefined) throw new Error(`there is no workloads.json: looked for ${places.join(' and ')}`);
  const parsed = workloadsSchema.safeParse(JSON.parse(readFileSync(file, 'utf8')));
  if (!parsed.success) throw new Error(`${file} does not fit:\n${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

/** The named workloads, or all of them; a name that is not there is refused. */
export function chosen(workloads: Workloads, names: readonly string[]): [name: string, workload: Workload][] {
  const unknown = names.filter((name) => !Object.hasOwn(workloads, name));
  if (unknown.length > 0) {
    throw new Error(`there is no workload ${unknown.join(', ')}; there are ${Object.keys(workloads).join(', ')}`);
  }
  return Object.entries(workloads).filter(([name]) => names.length === 0 || names.includes(name));
}

/** `NAME.x`, float32 n×inputs, and `NAME.y`, int32, both little-endian as they lie in memory. */
export function readRows(folder: string, name: string, { n, sizes }: Workload): Rows {
  const words = (file: string, count: number, what: string): ArrayBuffer => {
    const bytes = readFileSync(join(folder, file));
    if (bytes.length !== count * 4) {
      throw new Error(`${join(folder, file)} has ${bytes.length} bytes; ${what} are ${count * 4}`);
    }
    return new Uint8Array(bytes).buffer;
  };
  return {
    x: new Float32Array(words(`${name}.x`, n * sizes[0]!, `${n}×${sizes[0]} float32 numbers`)),
    y: new Int32Array(words(`${name}.y`, n, `${n} int32 numbers`)),
  };
}

/**
 * Floating-point operations of an epoch: a multiply and an add for every weight and row, forwards, for the weights' gradient
 * and, but in the first layer, for the inputs' gradient.
 */
export function flopsOf({ n, sizes }: Workload): number {
  const products = sizes.slice(1).map((units, l) => units * sizes[l]!);
  const all = products.reduce((sum, product) => sum + product, 0);
  return 2 * (3 * all - products[0]!) * n;
}
