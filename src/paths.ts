import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** The folder of package.json, for both sources and compiled files. */
export const projectRoot = rootAbove(dirname(fileURLToPath(import.meta.url)));

/** The address of a script of workers/, as it is bundled (scripts/service-bundle.mjs). */
export function workerScript(name: string): URL {
  return new URL(`dist/service/${name}.js`, pathToFileURL(`${projectRoot}/`));
}

function rootAbove(folder: string): string {
  if (existsSync(join(folder, 'package.json'))) return folder;
  const above = dirname(folder);
  if (above === folder) throw new Error('package.json was not found in a parent folder of the program');
  return rootAbove(above);
}
