// The server process: what its pid file says, whether that is true, starting it and stopping it.
import { execFile, spawn } from 'node:child_process';
import { open, readFile, readlink, rename, stat } from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { type Account, spawnAs } from './account.ts';
import { type Binaries, program } from './binaries.ts';

const run = promisify(execFile);

export interface PidFile {
  readonly pid: number;
  readonly port: number;
  readonly ready: boolean;
}

/** postmaster.pid by lines: 1 pid, 2 data directory, 3 start, 4 port, 5 socket folder, 6 address, 7 memory key, 8 status. */
export async function readPidFile(data: string): Promise<PidFile | undefined> {
  const text = await readFile(pidPath(data), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  const lines = text.split('\n');
  const pid = Math.abs(Number(lines[0]));
  if (!Number.isInteger(pid) || pid === 0) return undefined;
  return { pid, port: Number(lines[3]), ready: lines[7]?.trim() === 'ready' };
}

/** False for a zombie too: it holds no resources, and in a container it may never be reaped. */
export async function isAlive(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return !/\) [ZX] /.test(status);
}

/**
 * Whether the living process `pid` serves `data`. Numbers are reused: after a crash or a reboot the one in the pid file
 * may be anybody's. A postmaster's working directory is its data directory, and nobody else's is.
 */
export async function serves(pid: number, data: string): Promise<'yes' | 'no' | 'unknown'> {
  try {
    if (process.platform === 'linux') return (await readlink(`/proc/${pid}/cwd`)) === data ? 'yes' : 'no';
    if (process.platform === 'win32') return 'unknown';
    const { stdout } = await run('lsof', ['-a', '-p', String(pid), '-d', 'cwd', '-Fn']);
    return stdout.split('\n').includes(`n${data}`) ? 'yes' : 'no';
  } catch (error) {
    // Hidden from us: it belongs to somebody else, and a server of ours runs as us (or we are root and see everything).
    const { code } = error as NodeJS.ErrnoException;
    return code === 'EACCES' || code === 'EPERM' || !(await isAlive(pid)) ? 'no' : 'unknown';
  }
}

/**
 * Postgres will not start while its pid file names a living process, whoever that is. It makes an exception for its
 * own parent, us, so we write our number in. The file is not deleted because its line 7 is what Postgres recognizes
 * surviving backends of a killed server by.
 */
export async function disownPidFile(data: string, stale: PidFile): Promise<void> {
  const text = await readFile(pidPath(data), 'utf8').catch(() => '');
  const lines = text.split('\n');
  // Another start may have been here between the check and now.
  if (Math.abs(Number(lines[0])) !== stale.pid || stale.pid === process.pid) return;
  const draft = `${pidPath(data)}.${process.pid}`;
  const { uid, gid } = await stat(pidPath(data));
  const file = await open(draft, 'w', 0o600);
  try {
    await file.writeFile([process.pid, ...lines.slice(1)].join('\n'));
    if (process.getuid?.() === 0) await file.chown(uid, gid);
  } finally {
    await file.close();
  }
  await rename(draft, pidPath(data));
}

export interface Launch {
  readonly pid: number;
  readonly port: number;
  /** Resolves when the process ends, with what it logged meanwhile. */
  readonly exited: Promise<{ how: string; logged: string }>;
}

/** On any free port unless `wanted` is given. */
export async function launch(
  data: string,
  logFile: string,
  binaries: Binaries,
  account: Account,
  durable: boolean,
  wanted?: number,
): Promise<Launch> {
  const port = wanted ?? (await freePort());
  await rotate(logFile);
  const log = await open(logFile, 'a', 0o600);
  const from = (await log.stat()).size;
  try {
    const child = spawn(program(binaries, 'postgres'), ['-D', data, ...settings(port, durable)], {
      ...spawnAs(account),
      // Its own process group: a Ctrl-C in the terminal reaches only this process, which then stops the server.
      detached: true,
      env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
      stdio: ['ignore', log.fd, log.fd],
      windowsHide: true,
    });
    const exited = new Promise<{ how: string; logged: string }>((resolve) => {
      const report = async (how: string) =>
        resolve({ how, logged: (await readFile(logFile)).subarray(from).toString('utf8').trim() });
      child.on('exit', (code, signal) => void report(signal ? `was killed by ${signal}` : `ended with code ${code}`));
      child.on('error', (error) => void report(`could not be started: ${error.message}`));
    });
    // Neither the child nor its pipes keep this process from ending.
    child.unref();
    return { pid: child.pid ?? 0, port, exited };
  } finally {
    await log.close();
  }
}

/** Given on the command line, so that they follow the program's version, not the day the data were made. */
function settings(port: number, durable: boolean): string[] {
  const values = {
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: 100,
    shared_buffers: '128MB',
    huge_pages: 'off',
    jit: 'off',
    // Nothing replicates from here.
    wal_level: 'minimal',
    max_wal_senders: 0,
    // The processors are for training, and parallel plans want more /dev/shm than a container has.
    max_parallel_workers_per_gather: 0,
    timezone: 'UTC',
    log_timezone: 'UTC',
    fsync: durable ? 'on' : 'off',
    synchronous_commit: durable ? 'on' : 'off',
    full_page_writes: durable ? 'on' : 'off',
  };
  return Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

/** Free when asked. Whoever takes it before Postgres does makes that start fail and be repeated with another. */
async function freePort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as net.AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function rotate(logFile: string): Promise<void> {
  const found = await stat(logFile).catch(() => undefined);
  if (found && found.size > 10_000_000) await rename(logFile, `${logFile}.old`);
}

/**
 * Fast shutdown: transactions under way are rolled back, the data are flushed. If that takes more than `patience` ms,
 * an immediate one, and at last a kill; the next start then recovers from the log, and loses nothing committed.
 */
export async function terminate(pid: number, data: string, binaries: Binaries, patience: number): Promise<void> {
  for (const [signal, ms] of [
    ['SIGINT', patience],
    ['SIGQUIT', 5_000],
    ['SIGKILL', 5_000],
  ] as const) {
    // The number may have been reused since: only a process that still is this server gets a signal.
    if (!(await isAlive(pid)) || (await readPidFile(data))?.pid !== pid) return;
    if (process.platform === 'win32') await pgCtlStop(data, binaries, signal);
    else {
      process.kill(pid, signal);
      // One that was suspended hears nothing else before.
      process.kill(pid, 'SIGCONT');
    }
    for (const until = Date.now() + ms; Date.now() < until; await sleep(15)) if (!(await isAlive(pid))) return;
  }
  throw new Error(`Postgres (process ${pid}, data in ${data}) does not stop; it was sent SIGKILL.`);
}

/** Windows knows no such signals; pg_ctl has its own way. */
async function pgCtlStop(data: string, binaries: Binaries, signal: string): Promise<void> {
  const mode = signal === 'SIGINT' ? 'fast' : 'immediate';
  await run(program(binaries, 'pg_ctl'), ['stop', '-D', data, '-m', mode, '-W']).catch(() => undefined);
}

function pidPath(data: string): string {
  return path.join(data, 'postmaster.pid');
}
