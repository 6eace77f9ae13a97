/** Which process has the server of a data directory: it is the one that holds the lock, and others are told so. */

import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import type { Log } from '../log.ts';
import type { Account } from './account.ts';
import type { Binaries } from './binaries.ts';
import type { Cluster } from './cluster.ts';
import { type Claim, claim, urlOf } from './ownership.ts';
import {
  disownPidFile,
  isAlive,
  type Launch,
  launch,
  type PidFile,
  readPidFile,
  serves,
  terminate,
} from './postmaster.ts';

/** Another hypersearch uses the directory. */
export class AlreadyRunningError extends Error {
  override readonly name = 'AlreadyRunningError';

  readonly directory: string;
  readonly pid: number | undefined;
  /** Private, since it has the password: what logs an error writes its public fields. */
  readonly #url: string | undefined;

  constructor(directory: string, pid: number | undefined, url?: string) {
    super(
      `hypersearch is already running on ${directory}${pid === undefined ? '' : ` (process ${pid})`}. ` +
        'Stop it first, or start this one with another data directory.',
    );
    this.directory = directory;
    this.pid = pid;
    this.#url = url;
  }

  /** Of the server that runs, where it answered. */
  get url(): string | undefined {
    return this.#url;
  }
}

/** Where the server lives, and by what it is started. */
export interface Site {
  /** As the user named it. */
  readonly directory: string;
  readonly log: Log;
  readonly durable: boolean;
  readonly binaries: Binaries;
  readonly account: Account;
  readonly cluster: Cluster;
  readonly logFile: string;
  /** The owner's process. Only a hint, for when the lock cannot tell: the server is silent, or restarts its backends. */
  readonly ownerFile: string;
}

export interface Held {
  readonly client: pg.Client;
  readonly server: PidFile;
  readonly launched: Launch | undefined;
}

/** How long each obstacle is waited out before it is an error, in ms. */
const patience = {
  /** The dead owner's connection is noticed, and its lock freed. */
  deadOwner: 3_000,
  /** A living owner whose connection broke gets its lock back, or starts its server again. */
  regainingOwner: 10_000,
  /** Backends of a killed server end, or a port that was taken meanwhile is chosen anew. */
  refusedStart: 15_000,
  /** A server that is alive and silent is given up. */
  silence: 10_000,
  /** One that answers that it is starting up replays its log after a crash. */
  recovery: 300_000,
};

/**
 * Until the lock is ours: try for it at the server that runs, else launch one (on `port`, if given) and look again. Several processes may do
 * this at once: Postgres' pid file lets one server start, the lock gives it to one of them, the others learn who.
 */
export async function acquire(site: Site, port?: number): Promise<Held> {
  const { data, password } = site.cluster;
  const since = new Map<keyof typeof patience, number>();
  const mayWait = (obstacle: keyof typeof patience): boolean => {
    if (!since.has(obstacle)) since.set(obstacle, Date.now());
    return Date.now() - (since.get(obstacle) ?? 0) <= patience[obstacle];
  };
  let launched: Launch | undefined;
  /** A living owner had its time to take the lock back. */
  let isOverdue = false;
  for (;;) {
    const server = await findRunning(data);
    const isOurs = server !== undefined && server.pid === launched?.pid;
    const yields: boolean = !isOurs && !isOverdue && (await livingOwner(site)) !== undefined;
    if (!server && yields) {
      isOverdue = !mayWait('regainingOwner');
      await sleep(100);
      continue;
    }
    if (!server) {
      launched = await launch(data, site.logFile, site.binaries, site.account, site.durable, port);
      const fault = await untilReady(data, launched);
      if (fault && !(isPassing(fault) && mayWait('refusedStart'))) throw new Error(`${fault}\n(${site.logFile})`);
      if (fault) await sleep(50);
      continue;
    }
    const claimed: Claim = await claim({ port: server.port, password }, yields ? 'look' : 'take');
    if (claimed.kind === 'owned') {
      return { client: claimed.client, server, launched: isOurs ? launched : undefined };
    }
    if (claimed.kind === 'free') {
      // Or its owner let go between the attempt and the look: the next attempt takes it.
      isOverdue ||= yields && !mayWait('regainingOwner');
      await sleep(yields ? 100 : 0);
      continue;
    }
    if (claimed.kind === 'taken') {
      const { ownerPid } = claimed;
      const ownerLives = ownerPid !== undefined && (await isAlive(ownerPid));
      if (ownerLives || !mayWait('deadOwner')) {
        throw new AlreadyRunningError(site.directory, ownerPid, urlOf({ port: server.port, password }, 'hypersearch'));
      }
      await sleep(20);
      continue;
    }
    const obstacle = isStartingOrStopping(claimed.error) ? 'recovery' : 'silence';
    if (obstacle === 'recovery') since.delete('silence');
    if (!mayWait(obstacle)) await giveUpOn(server, site, claimed.error);
    await sleep(20);
  }
}

/** The living server of this data directory, if there is one. A pid file that names another process is made harmless. */
async function findRunning(data: string): Promise<PidFile | undefined> {
  const found = await readPidFile(data);
  if (!found || !(await isAlive(found.pid))) return undefined;
  if ((await serves(found.pid, data)) !== 'no') return found;
  await disownPidFile(data, found);
  return undefined;
}

/** What went wrong, or nothing when it accepts connections. */
async function untilReady(data: string, { pid, exited }: Launch): Promise<string | undefined> {
  let fault: string | undefined;
  void exited.then(({ how, logged }) => {
    fault = `The built-in Postgres ${how}:\n${logged.split('\n').slice(-20).join('\n')}`;
  });
  while (fault === undefined) {
    const found = await readPidFile(data);
    if (found?.pid === pid && found.ready) return undefined;
    await sleep(10);
  }
  return fault;
}

/** Another start was quicker, the port was taken meanwhile, or backends of a killed server still end. */
function isPassing(fault: string): boolean {
  return /lock file ".*" already exists|could not create any TCP\/IP sockets|pre-existing shared memory block/.test(
    fault,
  );
}

/** SQLSTATE 57P03 is an answer, if not the one hoped for: the server lives. */
function isStartingOrStopping(error: Error): boolean {
  return 'code' in error && error.code === '57P03';
}

/** The process that owned the server last, if there still is a process of that number. */
async function livingOwner(site: Site): Promise<number | undefined> {
  const owner = Number(await readFile(site.ownerFile, 'utf8').catch(() => ''));
  return owner > 0 && owner !== process.pid && (await isAlive(owner)) ? owner : undefined;
}

/** Stops a silent server that nobody uses any more, and throws if it is not that. */
async function giveUpOn(server: PidFile, site: Site, error: Error): Promise<void> {
  const { data } = site.cluster;
  const owner = Number(await readFile(site.ownerFile, 'utf8').catch(() => ''));
  if (owner > 0 && owner !== process.pid && (await isAlive(owner)))
    throw new AlreadyRunningError(site.directory, owner);
  const sure = (await serves(server.pid, data)) === 'yes';
  // SQLSTATE class 28: it answers, and rejects our password. Stopping it would not help.
  const rejects = 'code' in error && String(error.code).startsWith('28');
  if (!sure || rejects) {
    throw new Error(
      `${data}/postmaster.pid names process ${server.pid} on port ${server.port}, which cannot be used: ${error.message}. ` +
        'If that process is not a Postgres of hypersearch, delete the file; if it is, end it; then start again.',
    );
  }
  site.log.warn(`Postgres (process ${server.pid}) was left running and does not answer: stopping it`);
  await terminate(server.pid, data, site.binaries, 5_000);
}
