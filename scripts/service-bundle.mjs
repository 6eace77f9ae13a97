// The service in a few files: a process that reads them starts in three quarters of the time, and a command of the client in less than half,
// of one that reads some 1,800 files of packages.

import fs from 'node:fs';
import path from 'node:path';

/** Packages that read files or start threads of their own folder. */
const separate = ['@fastify/swagger-ui', 'node-sqlite3-wasm', 'pino', 'pino-pretty', 'piscina', 'thread-stream'];

/** Where stack traces lead into packages, they name the lines of the bundle: the source maps would be twenty times as large. */
const unmappedPackages = {
  name: 'unmapped-packages',
  transform: (code, id) =>
    id.includes('node_modules') ? { code, map: { version: 3, sources: [], mappings: '' } } : null,
};

/** Writes the processes and threads of the service, from the sources at `root` to `output`. */
export async function bundleService(root, output) {
  const { rolldown } = await import('rolldown');
  const workers = fs.readdirSync(path.join(root, 'workers'));
  const bundle = await rolldown({
    cwd: root,
    input: {
      main: path.join(root, 'src', 'cli', 'main.ts'),
      ...Object.fromEntries(workers.map((name) => [path.parse(name).name, path.join(root, 'workers', name)])),
    },
    platform: 'node',
    external: (id) => separate.some((name) => id === name || id.startsWith(`${name}/`)),
    plugins: [unmappedPackages],
    // Of packages, which nobody here can change.
    logLevel: 'silent',
  });
  // Files keep their names, and are replaced one by one: a service that runs meanwhile can still start its threads.
  const { output: written } = await bundle.write({
    dir: output,
    format: 'esm',
    sourcemap: true,
    chunkFileNames: 'parts/[name].js',
  });
  await bundle.close();
  const current = new Set(written.map(({ fileName }) => path.join(output, fileName)));
  for (const name of fs.readdirSync(output, { recursive: true })) {
    const file = path.join(output, name);
    if (/\.js(\.map)?$/.test(name) && !current.has(file)) fs.rmSync(file);
  }
}
