// A Postgres server of our own, for the machine that has none: started from the binaries in node_modules, on loopback,
// with its data below one directory. Whatever was killed last time, a start ends with a working server or a clear error.

import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import { acquire, type Held, type Site } from './acquire.ts';
import { findBinaries, makeUsable } from './binaries.ts';
import { openCluster } from './cluster.ts';
import { claim, ensureDatabase, letGo, urlOf } from './ownership.ts';
import { place } from './placement.ts';
import { isAlive, type Launch, type PidFile, terminate } from './postmaster.ts';

export { AlreadyRunningError } from './acquire.ts';

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

/** Starts the server, or adopts the one that a killed process left behind. First start 1–2 s, later ones under 1 s. */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const durable = options.durable ?? true;
  const found = await findBinaries();
  const { home, account } = await place(options.directory, options.log, options.shelters);
  const binaries = await makeUsable(found, account, path.join(path.dirname(home), 'postgres-programs'));
  const cluster = await openCluster(home, binaries, account, durable);
  const files = { logFile: path.join(home, 'postgres.log'), ownerFile: path.join(home, 'owner') };
  const { directory, log } = options;
  const site: Site = { directory, log, ...files, durable, binaries, account, cluster };
  const held = await acquire(site);
  const server = new OwnedServer(site, held, options.onExit);
  try {
    await writeFile(site.ownerFile, `${process.pid}\n`);
    await ensureDatabase(held.client, 'hypersearch');
  } catch (error) {
    await server.stop();
    throw error;
  }
  return server;
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
  private readonly onExit: EmbeddedPostgresOptions['onExit'];
  private server: PidFile;
  private launched: Launch | undefined;
  private client: pg.Client;
  private stopped: Promise<void> | undefined;
  /** A start again, which `stop` must not overlook. */
  private restarting: Promise<unknown> = Promise.resolve();
  private deaths: readonly number[] = [];

  constructor(site: Site, { client, server, launched }: Held, onExit: EmbeddedPostgresOptions['onExit']) {
    this.site = site;
    this.onExit = onExit;
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
      // Others need not wait for this process, which may live on.
      await rm(this.site.ownerFile, { force: true });
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
    if (!this.stopped) this.onExit?.(`The built-in Postgres ${reason}. Its log: ${this.site.logFile}`);
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
