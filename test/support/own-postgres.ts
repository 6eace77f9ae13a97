/** A Postgres server of the test's own, durable and on a port that stays, to be stopped and started under load. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import pg from 'pg';
import { spawnAs } from '../../src/embedded-postgres/account.ts';
import { findBinaries, makeUsable, program } from '../../src/embedded-postgres/binaries.ts';
import { startEmbeddedPostgres } from '../../src/embedded-postgres/embedded-postgres.ts';
import { place } from '../../src/embedded-postgres/placement.ts';
import { silentLog } from './log.ts';
import { eventually, freePort } from './processes.ts';

export interface OwnPostgres {
  readonly url: string;
  /** `fast` ends connections and stops in order, if it is not stopped already; `immediate` is as if the power had failed. */
  restart(how: 'fast' | 'immediate'): Promise<void>;
  stop(): Promise<void>;
}

export async function startOwnPostgres(directory: string): Promise<OwnPostgres> {
  const made = await startEmbeddedPostgres({ directory, log: silentLog });
  await made.stop();
  const { home, account } = await place(directory, silentLog);
  const binaries = await makeUsable(await findBinaries(), account, join(home, '..', 'postgres-programs'));
  const port = await freePort();
  const url = new URL(made.url);
  url.port = String(port);
  let server: ChildProcess;

  const start = async () => {
    const options = ['-p', String(port), '-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='];
    server = spawn(program(binaries, 'postgres'), ['-D', join(home, 'data'), ...options], {
      ...spawnAs(account),
      stdio: 'ignore',
    });
    await eventually(
      async () => {
        const client = new pg.Client({ connectionString: url.href });
        client.on('error', () => undefined);
        await client.connect();
        await client.end();
        return true;
      },
      30_000,
      'Postgres',
    );
  };
  const stop = async (signal: NodeJS.Signals) => {
    if (server.exitCode !== null || server.signalCode !== null) return;
    const exited = once(server, 'exit');
    server.kill(signal);
    await exited;
  };
  await start();
  return {
    url: url.href,
    restart: async (how) => {
      await stop(how === 'fast' ? 'SIGINT' : 'SIGQUIT');
      await start();
    },
    stop: () => stop('SIGINT'),
  };
}
