// Where the database's files are: below the directory that was asked for, or, if the account that has to run Postgres
// cannot enter it, in a shelter elsewhere, to which a pointer in the directory leads.
import { createHash, randomBytes } from 'node:crypto';
import { chmod, link, lstat, mkdir, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Log } from '../log.ts';
import { type Account, canReach, chooseAccount } from './account.ts';

export interface Placement {
  /** Holds `data`, `password`, `postgres.log`. */
  readonly home: string;
  readonly account: Account;
}

/**
 * Data that are there already stay where they are, and are run by their owner. The pointer, not a fixed name, decides
 * which shelter is used: deleting the directory starts afresh.
 */
export async function place(directory: string, log: Log, shelters?: string[]): Promise<Placement> {
  await mkdir(directory, { recursive: true });
  const root = await realpath(directory);
  const here = path.join(root, 'postgres');
  const pointer = path.join(root, 'postgres-is-at');
  const ownerHere = await ownerOf(path.join(here, 'data'));
  const account = await chooseAccount(ownerHere);
  const elsewhere = ownerHere === undefined ? await readPointer(pointer) : undefined;
  if (elsewhere && account.kind === 'ourselves') {
    throw new Error(
      `The database of ${root} was made by root and is in ${elsewhere}. Start hypersearch as root again, or, ` +
        `to start afresh without it, delete ${pointer}.`,
    );
  }
  if (!elsewhere && (await canReach(account, path.join(here, 'data')))) return { home: await makeHome(here), account };
  if (ownerHere !== undefined) {
    throw new Error(
      `The database in ${here} belongs to uid ${ownerHere}, who cannot enter that folder. ` +
        `Start hypersearch as that user, or make the folder and those above it passable (chmod o+x).`,
    );
  }
  const home = elsewhere ?? (await choosePlace(root, pointer, account, shelters));
  if (!(await lstat(home).catch(() => undefined))) {
    log.info(
      `${root} cannot be entered by the account that runs Postgres (${accountName(account)}): its files are in ${home}`,
    );
  }
  const sheltered = await chooseAccount(await ownerOf(path.join(home, 'data')));
  return { home: await makeHome(home), account: sheltered };
}

async function makeHome(home: string): Promise<string> {
  await mkdir(home, { recursive: true });
  // A strict umask must not shut the account out of a folder that was made for it; what is secret in it has its own mode.
  if (process.getuid?.() === 0) await chmod(home, 0o755);
  return home;
}

async function choosePlace(root: string, pointer: string, account: Account, shelters?: string[]): Promise<string> {
  const candidates = shelters ?? ['/var/lib/hypersearch', path.join(os.tmpdir(), 'hypersearch')];
  for (const shelter of candidates) {
    if (!(await isFitShelter(shelter, account))) continue;
    const name = `${createHash('sha256').update(root).digest('hex').slice(0, 12)}-${randomBytes(4).toString('hex')}`;
    return writePointer(pointer, path.join(shelter, name));
  }
  throw new Error(
    `Postgres does not run as root, and ${accountName(account)}, who would run it instead, can enter neither ${root} ` +
      `nor ${candidates.join(' nor ')}. Choose a data directory that everybody may pass into (such as /srv/hypersearch), ` +
      'start hypersearch as an ordinary user, or set DATABASE_URL.',
  );
}

/** In a temp folder any user may have created a directory of that name: it must be ours, and writable only by us. */
async function isFitShelter(shelter: string, account: Account): Promise<boolean> {
  try {
    await mkdir(shelter).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    const { uid, mode } = await lstat(shelter);
    if (uid !== process.getuid?.()) return false;
    if ((mode & 0o777) !== 0o755) await chmod(shelter, 0o755);
    return await canReach(account, shelter);
  } catch {
    return false;
  }
}

/** The link refuses to replace: of two first starts one writes the pointer and both follow it. */
async function writePointer(pointer: string, home: string): Promise<string> {
  const draft = `${pointer}.${randomBytes(6).toString('hex')}`;
  await writeFile(draft, `${home}\n`);
  try {
    await link(draft, pointer);
    return home;
  } catch (error) {
    const other = await readPointer(pointer);
    if (other) return other;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

async function readPointer(pointer: string): Promise<string | undefined> {
  return (await readFile(pointer, 'utf8').catch(() => '')).trim() || undefined;
}

async function ownerOf(file: string): Promise<number | undefined> {
  return (await stat(file).catch(() => undefined))?.uid;
}

function accountName(account: Account): string {
  return account.kind === 'other' ? account.name : 'you';
}
