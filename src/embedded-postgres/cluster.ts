// The data directory: made once, whole or not at all.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chown, link, mkdir, readdir, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type Account, spawnAs } from './account.ts';
import { type Binaries, isOlderThan, program } from './binaries.ts';

export const superuser = 'hypersearch';

export interface Cluster {
  /** With no symbolic links in it: compared with a process' working directory. */
  readonly data: string;
  readonly password: string;
}

/** Opens the cluster below `home`, or makes it. `durable: false` skips every fsync: only for throw-away clusters. */
export async function openCluster(
  home: string,
  binaries: Binaries,
  account: Account,
  durable: boolean,
): Promise<Cluster> {
  const data = path.join(home, 'data');
  const version = await readVersion(data, home);
  const password = await readPassword(home, version !== undefined);
  if (version === undefined) await makeCluster(home, data, password, binaries, account, durable);
  else checkVersion(version, binaries, data);
  return { data: await realpath(data), password };
}

async function readVersion(data: string, home: string): Promise<string | undefined> {
  try {
    return (await readFile(path.join(data, 'PG_VERSION'), 'utf8')).trim();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw new Error(
      `The database in ${home} cannot be read (${code}): it was made by another user, perhaps by root. ` +
        'Start hypersearch as that user again, choose another data directory, or set DATABASE_URL.',
    );
  }
}

function checkVersion(version: string, binaries: Binaries, data: string): void {
  const [major] = binaries.version.split('.');
  if (version === major) return;
  throw new Error(
    `The database in ${data} was written by Postgres ${version}, but Postgres ${major} is installed. Install the ` +
      `version of hypersearch that wrote it and export what you need, or move that folder away to start afresh.`,
  );
}

/** Generated once. The link refuses to replace, so of two first starts both end up with the same password. */
async function readPassword(home: string, clusterExists: boolean): Promise<string> {
  const file = path.join(home, 'password');
  const read = async () => (await readFile(file, 'utf8')).trim();
  try {
    return await read();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' || clusterExists) {
      throw new Error(
        `The password of the database cannot be read from ${file} (${code}). If it is lost, move ${home} away to ` +
          'start afresh; if the file belongs to another user, start hypersearch as that user.',
      );
    }
  }
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  await writeFile(draft, `${randomBytes(24).toString('hex')}\n`, { mode: 0o600 });
  await link(draft, file).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  await rm(draft);
  return read();
}

/** initdb works in a private folder, which is renamed into place: of two first starts one wins, the other uses its work. */
async function makeCluster(
  home: string,
  data: string,
  password: string,
  binaries: Binaries,
  account: Account,
  durable: boolean,
): Promise<void> {
  await removeLeftovers(home);
  const draft = path.join(home, `making-${randomBytes(6).toString('hex')}`);
  const passwordFile = `${draft}.password`;
  try {
    await mkdir(draft, { mode: 0o700 });
    await writeFile(passwordFile, password, { mode: 0o600 });
    if (account.kind === 'other') {
      await chown(draft, account.uid, account.gid);
      await chown(passwordFile, account.uid, account.gid);
    }
    await runInitdb(draft, passwordFile, binaries, account, durable);
    await rename(draft, data).catch(async (error: NodeJS.ErrnoException) => {
      const overtaken = await readFile(path.join(data, 'PG_VERSION')).catch(() => undefined);
      if (!overtaken) throw error;
    });
  } finally {
    await rm(passwordFile, { force: true });
    await rm(draft, { recursive: true, force: true });
  }
}

/** What killed first starts left behind. Another first start may be at work right now, so only old ones go. */
async function removeLeftovers(home: string): Promise<void> {
  for (const name of await readdir(home)) {
    const file = path.join(home, name);
    if (name.startsWith('making-') && (await isOlderThan(file, 600_000)))
      await rm(file, { recursive: true, force: true });
  }
}

function runInitdb(
  data: string,
  passwordFile: string,
  binaries: Binaries,
  account: Account,
  durable: boolean,
): Promise<void> {
  const options = [
    ...['--pgdata', data, '--username', superuser, '--pwfile', passwordFile, '--auth', 'scram-sha-256'],
    // The builtin provider sorts by code point everywhere: results do not depend on the machine's locales.
    ...['--locale-provider', 'builtin', '--builtin-locale', 'C.UTF-8', '--locale', 'C', '--encoding', 'UTF8'],
    ...(durable ? [] : ['--no-sync']),
  ];
  return new Promise((resolve, reject) => {
    // LC_MESSAGES: what is reported below, and matched elsewhere, is in English.
    const child = spawn(program(binaries, 'initdb'), options, {
      ...spawnAs(account),
      env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
      stdio: ['ignore', 'pipe', 'pipe'],
      windowsHide: true,
    });
    let said = '';
    child.stdout.on('data', (text: Buffer) => {
      said += text;
    });
    child.stderr.on('data', (text: Buffer) => {
      said += text;
    });
    child.on('error', (error) => reject(new Error(`Postgres' initdb could not be started: ${error.message}`)));
    child.on('close', (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(`Postgres' initdb failed (${signal ?? `code ${code}`}):\n${said.trim()}${hint(said)}`));
    });
  });
}

function hint(said: string): string {
  if (!/could not look up effective user ID/.test(said)) return '';
  return (
    `\nThis process' user (uid ${process.getuid?.()}) has no entry in /etc/passwd, and initdb wants one. ` +
    'Add an entry, start hypersearch as a user that has one, or set DATABASE_URL.'
  );
}
