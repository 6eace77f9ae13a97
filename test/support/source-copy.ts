/** A copy of the sources that a test may change, type-check, build and run; what is installed is shared with the original. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { projectRoot } from '../../src/paths.ts';
import { temporaryFolder } from './temporary.ts';

/** All that a build and the tests read, but for the page, whose build would take longest. */
const copied = ['src', 'kernels', 'workers', 'bench', 'test', 'scripts', 'prisma', 'datasets', 'examples', 'dist/web'];
const files = [
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'tsconfig.check.json',
  'vitest.config.ts',
  'prisma.config.ts',
  '.npmrc',
];

export interface SourceCopy {
  readonly path: string;
  /** Files that were added or changed, from the root. */
  readonly touched: ReadonlySet<string>;
  /** Puts `text` behind the only place in a file where `anchor` stands. */
  insertAfter(file: string, anchor: string, text: string): Promise<void>;
  /** Replaces the only place in a file where `old` stands. */
  replace(file: string, old: string, text: string): Promise<void>;
  add(file: string, text: string): Promise<void>;
  /** Adds another folder of the original. */
  bring(folder: string): Promise<void>;
  /** What a command of the project prints (scripts/run.mjs); rejects with all of it where it fails. */
  run(...args: readonly string[]): Promise<string>;
  remove(): Promise<void>;
}

export async function copySources(): Promise<SourceCopy> {
  const { path, remove } = await temporaryFolder();
  const touched = new Set<string>();
  const bring = (place: string) => cp(join(projectRoot, place), join(path, place), { recursive: true });
  await Promise.all([...copied, ...files].map(bring));
  await linkPackages(path);
  const replace = async (file: string, old: string, text: string) => {
    const parts = (await readFile(join(path, file), 'utf8')).split(old);
    if (parts.length !== 2) throw new Error(`${file} has ${parts.length - 1} places with ${JSON.stringify(old)}`);
    await writeFile(join(path, file), parts.join(text));
    touched.add(file);
  };
  return {
    path,
    touched,
    bring,
    remove,
    replace,
    insertAfter: (file, anchor, text) => replace(file, anchor, `${anchor}${text}`),
    add: async (file, text) => {
      await mkdir(dirname(join(path, file)), { recursive: true });
      await writeFile(join(path, file), text);
      touched.add(file);
    },
    run: (...args) => output(path, ['scripts/run.mjs', ...args]),
  };
}

/** One link a package: whoever installs in the copy replaces links, and never what they lead to. */
export async function linkPackages(root: string): Promise<void> {
  const installed = join(projectRoot, 'node_modules');
  await mkdir(join(root, 'node_modules'));
  for (const name of await readdir(installed)) await symlink(join(installed, name), join(root, 'node_modules', name));
}

/** What a program of Node prints that runs in the folder `cwd`; rejects with all of it where it fails. */
export async function output(cwd: string, args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, args, {
    cwd,
    env: { ...process.env, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const chunks: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(child, 'close');
  const text = Buffer.concat(chunks).toString();
  if (child.exitCode !== 0) throw new Error(`${args.join(' ')} failed:\n${text}`);
  return text;
}
