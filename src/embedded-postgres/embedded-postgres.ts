// A Postgres server of our own, for the machine that has none: started from the binaries in node_modules, on loopback,
// with its data below one directory. Whatever was killed last time, a start ends with a working server or a clear error.

import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Account } from './account.ts';
import { type Binaries, findBinaries, makeUsable } from './binaries.ts';
import { type Cluster, openCluster } from './cluster.ts';
import { type Claim, claim, ensureDatabase, letGo, urlOf } from './ownership.ts';
import { place } from './placement.ts';
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

export interface EmbeddedPostgres {
  /** postgresql://user:password@127.0.0.1:port/hypersearch */
  readonly url: string;
  /** Whether the server was left running by a process that is gone, instead of being started now. */
  readonly adopted: boolean;
  /** Fast shutdown; resolves when the server is down. Close your own connections first. May be called again. */
  stop(): Promise<void>;
}

export interface EmbeddedPostgresOptions {
  /** Made if missing, e.g. `.hypersearch`. */
  readonly directory: string;
  readonly log: Log;
  /** Called once if the server is lost while we use it: it died and cannot be started again, or somebody else owns it now. */
  readonly onExit?: (reason: string) => void;
  /** False skips every fsync: for throw-away databases. */
  readonly durable?: boolean;
  /** Where the files go if the account that runs Postgres cannot enter `directory`. */
  readonly shelters?: string[];
}

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

/** Starts the server, or adopts the one that a killed process left behind. First start 1–2 s, later ones under 1 s. */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const durable = options.durable ?? true;
  const found = await findBinaries();
  const { home, account } = await place(options.directory, options.log, options.shelters);
  const binaries = await makeUsable(found, account, path.join(path.dirname(home), 'postgres-programs'));
  const cluster = await openCluster(home, binaries, account, durable);
  const files = { logFile: path.join(home, 'postgres.log'), ownerFile: path.join(home, 'owner') };
  const site: Site = { ...options, ...files, durable, binaries, account, cluster };
  const held = await acquire(site);
  const server = new OwnedServer(site, held);
  try {
    await writeFile(site.ownerFile, `${process.pid}\n`);
    await ensureDatabase(held.client, 'hypersearch');
  } catch (error) {
    await server.stop();
    throw error;
  }
  return server;
}

interface Site extends EmbeddedPostgresOptions {
  readonly durable: boolean;
  readonly binaries: Binaries;
  readonly account: Account;
  readonly cluster: Cluster;
  readonly logFile: string;
  /** The owner's process. Only a hint, for when the lock cannot tell: the server is silent, or restarts its backends. */
  readonly ownerFile: string;
}

interface Held {
  readonly client: pg.Client;
  readonly server: PidFile;
  readonly launched: Launch | undefined;
}

/** How long each obstacle is waited out before it is an error, in ms. */
const patience = {
  /** The dead owner's connection is noticed, and its lock freed. */
  deadOwner: 3_000,
  /** A living owner whose connection broke gets its lock back. */
  regainingOwner: 5_000,
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
async function acquire(site: Site, port?: number): Promise<Held> {
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
    if (!server) {
      launched = await launch(data, site.logFile, site.binaries, site.account, site.durable, port);
      const fault = await untilReady(data, launched);
      if (fault && !(isPassing(fault) && mayWait('refusedStart'))) throw new Error(`${fault}\n(${site.logFile})`);
      if (fault) await sleep(50);
      continue;
    }
    const adopting = launched?.pid !== server.pid;
    const yields: boolean = adopting && !isOverdue && (await livingOwner(site)) !== undefined;
    const claimed: Claim = await claim({ port: server.port, password }, yields ? 'look' : 'take');
    if (claimed.kind === 'owned') {
      return { client: claimed.client, server, launched: adopting ? undefined : launched };
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

/** A server that dies more often than this within ten minutes is given up. */
const MAX_DEATHS = 3;
const DEATHS_WITHIN_MS = 600_000;
const NO_ROOM = /No space left on device/;
/** Between two attempts to start a server that has no room on its disk. */
const NO_ROOM_PAUSE_MS = 2_000;

class OwnedServer implements EmbeddedPostgres {
  readonly url: string;
  readonly adopted: boolean;
  private readonly site: Site;
  private server: PidFile;
  private launched: Launch | undefined;
  private client: pg.Client;
  private stopped: Promise<void> | undefined;
  /** A start again, which `stop` must not overlook. */
  private restarting: Promise<unknown> = Promise.resolve();
  private deaths: readonly number[] = [];

  constructor(site: Site, { client, server, launched }: Held) {
    this.site = site;
    this.server = server;
    this.launched = launched;
    this.client = client;
    this.url = urlOf({ port: server.port, password: site.cluster.password }, 'hypersearch');
    this.adopted = launched === undefined;
    this.watch();
  }

  stop(): Promise<void> {
    this.stopped ??= (async () => {
      // `stopped` must be set for it to end.
      await Promise.resolve();
      await this.restarting;
      await terminate(this.server.pid, this.site.cluster.data, this.site.binaries, 30_000);
      await this.client.end().catch(() => undefined);
    })();
    return this.stopped;
  }

  /** The lock lives and dies with its connection, so its end is how the loss of the server is noticed. */
  private watch(): void {
    this.client.once('end', () => void this.regain());
    // The lock must not keep a process alive that has nothing else to do.
    letGo(this.client);
  }

  /** When one backend crashes Postgres restarts all of them, and our connection ends although the server lives on. */
  private async regain(): Promise<void> {
    const { port, pid } = this.server;
    let reason = 'lost its connection and does not answer';
    for (const until = Date.now() + 20_000; Date.now() < until && !this.stopped; await sleep(100)) {
      const claimed = await claim({ port, password: this.site.cluster.password });
      if (claimed.kind === 'owned') {
        this.client = claimed.client;
        this.watch();
        return;
      }
      if (claimed.kind === 'taken') reason = `is owned by another hypersearch (process ${claimed.ownerPid}) now`;
      else if (!(await isAlive(pid))) {
        const death = await this.death();
        if (this.stopped) return;
        const restarted = this.restart(death);
        this.restarting = restarted;
        const failure = await restarted;
        if (failure === undefined) return;
        reason = failure;
      } else continue;
      break;
    }
    if (!this.stopped) this.site.onExit?.(`The built-in Postgres ${reason}. Its log: ${this.site.logFile}`);
  }

  /** Starts a server that has died again, at the same address. Answers why it cannot. */
  private async restart(death: string): Promise<string | undefined> {
    const { log } = this.site;
    const now = Date.now();
    this.deaths = [...this.deaths.filter((at) => now - at < DEATHS_WITHIN_MS), now];
    if (this.deaths.length > MAX_DEATHS) return `${death}, for the fourth time within ten minutes`;
    log.error(`the built-in Postgres ${death}: starting it again`);
    for (let isFull = false; !this.stopped; await sleep(NO_ROOM_PAUSE_MS)) {
      try {
        const held = await acquire(this.site, this.server.port);
        this.server = held.server;
        this.launched = held.launched;
        this.client = held.client;
        this.watch();
        log.info('the built-in Postgres answers again');
        return undefined;
      } catch (error) {
        const message = messageOf(error);
        if (!NO_ROOM.test(message)) return `${death}, and does not start again: ${message}`;
        if (!isFull)
          log.error(
            `there is no room on the disk of ${this.site.cluster.data}: Postgres starts again as soon as there is`,
          );
        isFull = true;
      }
    }
    return undefined;
  }

  private async death(): Promise<string> {
    return (await this.launched?.exited)?.how ?? 'ended';
  }
}
