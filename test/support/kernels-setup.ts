/** Once per project of tests that start no process: the kernels, compiled to WebAssembly. No build, and no Postgres. */
import { setUp } from './set-up.ts';

export function setup(): void {
  setUp('--without-build');
}
