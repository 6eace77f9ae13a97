// Which operating-system account runs the server, and which places that account can reach.
import { lstat, readFile, realpath, stat } from 'node:fs/promises';
import path from 'node:path';

/** `ourselves`: this process's own account. `other`: we are root, which Postgres refuses, and step down to it. */
export type Account = { kind: 'ourselves' } | { kind: 'other'; uid: number; gid: number; name: string };

const preferred = ['nobody', 'postgres', 'daemon'];

/**
 * As root, the account that owns existing data (so that a start with sudo does not lock its owner out), else an
 * unprivileged one. It must stand in the passwd file: initdb looks its own name up and fails without one.
 */
export async function chooseAccount(ownerOfData: number | undefined): Promise<Account> {
  if (process.getuid?.() !== 0) return { kind: 'ourselves' };
  const known = parsePasswd(await readFile('/etc/passwd', 'utf8').catch(() => ''));
  if (ownerOfData !== undefined && ownerOfData !== 0) {
    const owner = known.find((entry) => entry.uid === ownerOfData);
    return { kind: 'other', uid: ownerOfData, gid: owner?.gid ?? ownerOfData, name: owner?.name ?? `${ownerOfData}` };
  }
  const named = preferred.map((name) => known.find((entry) => entry.name === name));
  const chosen = [...named, ...known].find((entry) => entry !== undefined && entry.uid > 0 && entry.gid > 0);
  if (!chosen) {
    throw new Error(
      'Postgres does not run as root, and /etc/passwd names no other account to run it as (looked for ' +
        `${preferred.join(', ')}, then for any). Start hypersearch as an ordinary user, or set DATABASE_URL.`,
    );
  }
  return { kind: 'other', ...chosen };
}

/** What `spawn` needs to run a program as the account. The working directory must be one that it may enter. */
export function spawnAs(account: Account): { cwd: string; uid?: number; gid?: number } {
  return account.kind === 'other' ? { cwd: '/', uid: account.uid, gid: account.gid } : { cwd: '/' };
}

/**
 * Whether the account may enter `place`, which need not exist yet: every folder from the root down to the deepest that
 * does exist must let it pass. Reads only mode bits, with no supplementary groups, since a process that steps down
 * from root has none.
 */
export async function canReach(account: Account, place: string): Promise<boolean> {
  if (account.kind === 'ourselves') return true;
  let folder = await deepestExisting(place);
  for (;;) {
    const { mode, uid, gid } = await stat(folder);
    const pass = uid === account.uid ? 0o100 : gid === account.gid ? 0o010 : 0o001;
    if ((mode & pass) === 0) return false;
    const parent = path.dirname(folder);
    if (parent === folder) return true;
    folder = parent;
  }
}

async function deepestExisting(place: string): Promise<string> {
  let folder = path.resolve(place);
  while (!(await lstat(folder).catch(() => undefined))) folder = path.dirname(folder);
  return realpath(folder);
}

function parsePasswd(text: string): { name: string; uid: number; gid: number }[] {
  return text.split('\n').flatMap((line) => {
    const [name, , uid, gid] = line.split(':');
    if (!name || !/^\d+$/.test(uid ?? '') || !/^\d+$/.test(gid ?? '')) return [];
    return [{ name, uid: Number(uid), gid: Number(gid) }];
  });
}
