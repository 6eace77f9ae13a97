/** The kernels that a benchmark may run on, by the names the service has for them. */
import { type KernelsName, kernelsNames } from '../../src/compute/kernels-names.ts';

/** The default kernels, as in the service. */
export const DEFAULT_KERNELS: KernelsName = 'auto';

export function kernelsNamed(name: string): KernelsName {
  const known = kernelsNames.find((one) => one === name);
  if (known === undefined) throw new Error(`--kernels must be one of ${kernelsNames.join(', ')}, got ${name}`);
  return known;
}
