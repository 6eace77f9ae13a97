/** Whatever is killed, and whoever starts it, the next start has a server with the data of the last. All of it is done for real. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, chown, cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { canReach, chooseAccount, spawnAs } from '../../src/embedded-postgres/account.ts';
import { findBinaries, makeUsable, program } from '../../src/embedded-postgres/binaries.ts';
import {
  AlreadyRunningError,
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
  startEmbeddedPostgres,
} from '../../src/embedded-postgres/embedded-postgres.ts';
import { isAlive } from '../../src/embedded-postgres/postmaster.ts';
import { projectRoot } from '../../src/paths.ts';
import { logTo, silentLog } from '../support/log.ts';
import { eventually } from '../support/processes.ts';

const isRoot = process.getuid?.() === 0;
if (!isRoot) console.warn('not root: starting as root and as another user is not tested');

interface Outcome {
  readonly url?: string;
  readonly adopted?: boolean;
  readonly error?: string;
  readonly pid?: number;
}

let directory: string;
let servers: EmbeddedPostgres[];
let children: ChildProcess[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'hypersearch-embedded-'));
  await chmod(directory, 0o755);
  servers = [];
  children = [];
});
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  for (const server of servers) await server.stop();
  // Those whose process was killed.
  for (const pid of await postmastersBelow(directory)) process.kill(pid, 'SIGKILL');
  await rm(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
});

async function start(more: Partial<EmbeddedPostgresOptions> = {}): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ directory, log: silentLog, durable: false, ...more });
  servers.push(server);
  return server;
}

function startProcess(options: { uid?: number; gid?: number } = {}, ...args: string[]): ChildProcess {
  const script = join(projectRoot, 'dist/test/support/embedded-postgres-process.js');
  const child = spawn(process.execPath, [script, ...(args.length > 0 ? args : [directory])], {
    ...options,
    cwd: '/',
    env: { HOME: directory },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  children.push(child);
  return child;
}

async function outcome(child: ChildProcess): Promise<Outcome> {
  let said = '';
  child.stderr!.on('data', (text: Buffer) => {
    said += text.toString();
  });
  const [line] = await Promise.race([once(child.stdout!, 'data'), once(child, 'exit').then(() => [undefined])]);
  if (line === undefined) throw new Error(`The process ended without a word:\n${said}`);
  return JSON.parse(String(line)) as Outcome;
}

async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** The backends of the connections on which a process holds its ownership. */
async function backendsOf(owner: number, url: string): Promise<number[]> {
  const rows = await query(
    url,
    `select pid from pg_stat_activity where application_name = 'hypersearch owner ${owner}'`,
  );
  return rows.map((row) => Number(row['pid']));
}

const remember = (url: string) => query(url, 'create table kept as select 42 as answer');
const remembered = async (url: string) => (await query(url, 'select answer from kept'))[0]?.['answer'];
const pidFile = () => join(directory, 'postgres/data/postmaster.pid');
const postmaster = async () => Number((await readFile(pidFile(), 'utf8')).split('\n')[0]);

async function postmastersBelow(folder: string): Promise<number[]> {
  const files = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('postmaster.pid'));
  const pids = await Promise.all(
    files.map(async (file) => Number.parseInt(await readFile(join(folder, file), 'utf8'), 10)),
  );
  const alive = await Promise.all(pids.map(isAlive));
  return pids.filter((pid, i) => alive[i] && pid !== process.pid && commandOf(pid).includes(folder));
}

function commandOf(pid: number): string {
  return execFileSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' });
}

async function gone(pid: number): Promise<void> {
  while (await isAlive(pid)) await sleep(20);
}

describe('an ordinary life', () => {
  it('starts, keeps its data over a stop, and starts again in less than a second', async () => {
    const first = await start();
    expect(first.adopted).toBe(false);
    await remember(first.url);
    const pid = await postmaster();
    await first.stop();
    await first.stop();
    expect(await isAlive(pid)).toBe(false);
    const begun = performance.now();
    const second = await start();
    expect(performance.now() - begun).toBeLessThan(1_000);
    expect(second.adopted).toBe(false);
    expect(await remembered(second.url)).toBe(42);
  });

  it('listens on loopback alone, wants its password, and keeps that to itself', async () => {
    const { url } = await start();
    const [settings] = await query(
      url,
      `select current_setting('listen_addresses') as addresses, current_setting('unix_socket_directories') as sockets,
              current_setting('password_encryption') as password`,
    );
    expect(settings).toEqual({ addresses: '127.0.0.1', sockets: '', password: 'scram-sha-256' });
    await expect(query(url.replace(/:[0-9a-f]+@/, ':wrong@'), 'select 1')).rejects.toThrow(
      'password authentication failed',
    );
    expect((await stat(join(directory, 'postgres/password'))).mode & 0o777).toBe(0o600);
    expect(new URL(url).hostname).toBe('127.0.0.1');
    expect(new URL(url).pathname).toBe('/hypersearch');
  });

  it('is durable unless configured otherwise', async () => {
    const { url } = await start({ durable: true });
    const [settings] = await query(
      url,
      `select current_setting('fsync') as a, current_setting('synchronous_commit') as b, current_setting('full_page_writes') as c`,
    );
    expect(settings).toEqual({ a: 'on', b: 'on', c: 'on' });
  });

  it.runIf(process.platform === 'linux')('is out of reach of the Ctrl-C in our terminal', async () => {
    await start();
    const pid = await postmaster();
    expect(execFileSync('ps', ['-o', 'pgid=', '-p', String(pid)], { encoding: 'utf8' }).trim()).toBe(String(pid));
  });
});

describe('two at once', () => {
  it('one wins, even the first time, and the other says that hypersearch is running, and where', async () => {
    const processes = [startProcess(), startProcess(), startProcess()];
    const outcomes = await Promise.all(processes.map(outcome));
    const won = outcomes.filter(({ url }) => url !== undefined);
    expect(won).toHaveLength(1);
    const winner = processes[outcomes.indexOf(won[0]!)]!;
    for (const lost of outcomes.filter((one) => one !== won[0])) {
      expect(lost.error).toContain(`hypersearch is already running on ${directory} (process ${winner.pid})`);
      expect(lost.pid).toBe(winner.pid);
    }
    expect(await query(won[0]!.url!, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('the same within one process', async () => {
    await start();
    await expect(start()).rejects.toBeInstanceOf(AlreadyRunningError);
  });
});

describe('after a violent end', () => {
  it.each(['SIGKILL', 'throw'] as const)('of the service (%s) its server is adopted', async (how) => {
    const child = startProcess();
    const { url } = await outcome(child);
    await remember(url!);
    const pid = await postmaster();
    if (how === 'throw') child.stdin!.write('throw\n');
    else child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await isAlive(pid)).toBe(true);
    const server = await start();
    expect(server.adopted).toBe(true);
    expect(server.url).toBe(url);
    expect(await remembered(server.url)).toBe(42);
    await expect(start()).rejects.toBeInstanceOf(AlreadyRunningError);
    await server.stop();
    expect(await isAlive(pid)).toBe(false);
  });

  it('of the server: it is started again at the same address; the fourth time it is reported', async () => {
    let report: (reason: string) => void;
    const reason = new Promise<string>((resolve) => {
      report = resolve;
    });
    const said: string[] = [];
    const log = logTo((line) => said.push(line));
    const first = await start({ durable: true, log, onExit: (why) => report(why) });
    await remember(first.url);
    // A backend that is busy does not notice at once, and keeps the memory of the dead server in use.
    const busy = query(first.url, 'select pg_sleep(1.5)').catch(() => undefined);
    await sleep(100);
    for (let i = 1; i <= 3; i++) {
      process.kill(await postmaster(), 'SIGKILL');
      await eventually(async () => said.filter((line) => line.endsWith('answers again')).length === i, 30_000);
      expect(await remembered(first.url)).toBe(42);
    }
    process.kill(await postmaster(), 'SIGKILL');
    expect(await reason).toMatch(/was killed by SIGKILL, for the fourth time within ten minutes/);
    const second = await start();
    expect(second.adopted).toBe(false);
    expect(await remembered(second.url)).toBe(42);
    await busy;
  });

  it('of both, though the number in the pid file is that of another process now', async () => {
    const child = startProcess();
    const { url } = await outcome(child);
    await remember(url!);
    const pid = await postmaster();
    child.kill('SIGKILL');
    process.kill(pid, 'SIGKILL');
    await gone(pid);
    // Of the account that the server runs as: of others' processes Postgres knows by itself that they are not its.
    const innocent = spawn('sleep', ['60'], { ...spawnAs(await chooseAccount(undefined)), stdio: 'ignore' });
    children.push(innocent);
    await writeFile(pidFile(), (await readFile(pidFile(), 'utf8')).replace(/^\d+/, String(innocent.pid)));
    const server = await start();
    expect(server.adopted).toBe(false);
    expect(await remembered(server.url)).toBe(42);
    expect(innocent.exitCode ?? innocent.signalCode).toBeNull();
  });

  it("of one connection, which restarts all of them, it stays its owner's", async () => {
    const owner = startProcess();
    const { url } = await outcome(owner);
    const client = new pg.Client({ connectionString: url! });
    client.on('error', () => undefined);
    await client.connect();
    const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
    const ended = new Promise((resolve) => client.once('end', resolve));
    process.kill(rows[0]!.pid, 'SIGKILL');
    await ended;
    await expect(start()).rejects.toThrow(`already running on ${directory} (process ${owner.pid})`);
    // It refuses connections until it has recovered.
    const answers = () => query(url!, 'select 1 as one').catch(() => undefined);
    await eventually(async () => (await answers())?.[0]?.['one'] === 1, 30_000, 'an answer after the recovery');
    expect(owner.exitCode).toBeNull();
  });

  it('of one connection, while its owner is slow: whoever looks does not hold the lock, not even for a moment', async () => {
    const owner = startProcess();
    const { url } = await outcome(owner);
    const [backend] = await backendsOf(owner.pid!, url!);
    owner.kill('SIGSTOP');
    process.kill(backend!, 'SIGKILL');
    // The server answers until it has seen that.
    await gone(backend!);
    const answers = () => query(url!, 'select 1 as one').catch(() => undefined);
    await eventually(async () => (await answers())?.[0]?.['one'] === 1, 30_000, 'an answer after the recovery');
    const client = new pg.Client({ connectionString: url! });
    await client.connect();
    let refusal: unknown;
    const rival = start().catch((error: unknown) => {
      refusal = error;
    });
    const until = Date.now() + 1_500;
    let locks = 0;
    while (Date.now() < until)
      locks += (await client.query("select 1 from pg_locks where locktype = 'advisory'")).rowCount ?? 0;
    owner.kill('SIGCONT');
    await rival;
    await client.end();
    expect(String(refusal)).toContain(`already running on ${directory} (process ${owner.pid})`);
    expect(locks).toBe(0);
    expect(owner.exitCode).toBeNull();
  });

  it('of the server, while its owner is slow: the owner starts it again, not whoever looks', async () => {
    const first = startProcess();
    await outcome(first);
    first.kill('SIGKILL');
    // It has adopted the server: a dead one that it had started itself would be there until it looked.
    const owner = startProcess();
    const { url } = await outcome(owner);
    await remember(url!);
    const pid = await postmaster();
    owner.kill('SIGSTOP');
    process.kill(pid, 'SIGKILL');
    await gone(pid);
    let refusal: unknown;
    const rival = start().catch((error: unknown) => {
      refusal = error;
    });
    await sleep(3_000);
    owner.kill('SIGCONT');
    await rival;
    expect(String(refusal)).toContain(`already running on ${directory} (process ${owner.pid})`);
    expect(await remembered(url!)).toBe(42);
    expect(owner.exitCode).toBeNull();
  });

  it('of the very first start, in the middle of it', async () => {
    for (const ms of [150, 300, 600]) {
      const child = startProcess();
      await sleep(ms);
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    const server = await start();
    expect(await query(server.url, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('of the service, and its server hangs: it is stopped and started anew', async () => {
    const child = startProcess();
    const { url } = await outcome(child);
    await remember(url!);
    const pid = await postmaster();
    process.kill(pid, 'SIGSTOP');
    child.kill('SIGKILL');
    await once(child, 'exit');
    const said: string[] = [];
    const server = await start({ log: logTo((line) => said.push(line)) });
    expect(said.join()).toContain('does not answer');
    expect(await isAlive(pid)).toBe(false);
    expect(server.adopted).toBe(false);
    expect(await remembered(server.url)).toBe(42);
  });
});

describe('errors that help', () => {
  it('data of another major version', async () => {
    await (await start()).stop();
    await writeFile(join(directory, 'postgres/data/PG_VERSION'), '12\n');
    await expect(start()).rejects.toThrow(/was written by Postgres 12, but Postgres \d+ is installed/);
  });

  it('a lost password', async () => {
    await (await start()).stop();
    await rm(join(directory, 'postgres/password'));
    await expect(start()).rejects.toThrow(/password of the database cannot be read.*move .* away to start afresh/);
  });

  it('a fault of Postgres itself, with what it logged', async () => {
    await (await start()).stop();
    await writeFile(join(directory, 'postgres/data/postgresql.conf'), 'nonsense = 1\n');
    await expect(start()).rejects.toThrow(/ended with code 1.*nonsense.*postgres\.log/s);
  });
});

describe.runIf(isRoot)('as root', () => {
  it('finds shelter when the account that runs Postgres cannot enter the directory, and finds it again', async () => {
    const shelter = join(directory, 'shelter');
    const home = join(directory, 'home');
    await mkdir(home, { mode: 0o700 });
    const options = { directory: join(home, 'project/.hypersearch'), shelters: ['/proc/no', shelter] };
    const said: string[] = [];
    const first = await start({ ...options, log: logTo((line) => said.push(line)) });
    expect(said).toHaveLength(1);
    expect(said[0]).toContain(shelter);
    await remember(first.url);
    await expect(start(options)).rejects.toBeInstanceOf(AlreadyRunningError);
    await first.stop();
    const second = await start({ ...options, log: logTo((line) => said.push(line)) });
    expect(said).toHaveLength(1);
    expect(await remembered(second.url)).toBe(42);
    await second.stop();
    // Whoever deletes the directory starts afresh.
    await rm(options.directory, { recursive: true });
    const third = await start(options);
    await expect(remembered(third.url)).rejects.toThrow('does not exist');
  });

  it('copies programs that the account cannot reach, and they run', async () => {
    const found = await findBinaries();
    const hidden = join(directory, 'hidden');
    await mkdir(hidden, { mode: 0o700 });
    await cp(found.folder, join(hidden, 'native'), { recursive: true, filter: (file) => !/\.so(\.\d+)?$/.test(file) });
    const account = await chooseAccount(undefined);
    const copies = join(directory, 'copies');
    const all = [1, 2, 3].map(() => makeUsable({ ...found, folder: join(hidden, 'native') }, account, copies));
    const usable = await Promise.all(all);
    expect(new Set(usable.map(({ folder }) => folder)).size).toBe(1);
    expect(await readdir(copies)).toHaveLength(1);
    const version = execFileSync(program(usable[0]!, 'initdb'), ['--version'], {
      ...spawnAs(account),
      encoding: 'utf8',
    });
    expect(version).toContain('initdb (PostgreSQL)');
  });

  it('runs the database of an ordinary user as that user, and gives it back', async (context) => {
    const user = await ordinaryUser();
    if (!(await canReach({ kind: 'other', name: 'daemon', ...user }, projectRoot))) context.skip('out of its reach');
    await chown(directory, user.uid, user.gid);
    const first = startProcess(user);
    const begun = await outcome(first);
    expect(begun.error).toBeUndefined();
    await remember(begun.url!);
    first.stdin!.write('stop\n');
    await once(first, 'exit');
    const asRoot = await start();
    expect(await remembered(asRoot.url)).toBe(42);
    expect((await stat(`/proc/${await postmaster()}`)).uid).toBe(user.uid);
    await asRoot.stop();
    const again = await outcome(startProcess(user));
    expect(await remembered(again.url!)).toBe(42);
  });

  it("tells an ordinary user whose database it is, if it is root's", async () => {
    const user = await ordinaryUser();
    await (await start()).stop();
    expect((await outcome(startProcess(user))).error).toMatch(/was made by another user, perhaps by root/);
    expect(existsSync(join(directory, 'postgres/data'))).toBe(true);
  });
});

/** Not the account that root steps down to. */
async function ordinaryUser(): Promise<{ uid: number; gid: number }> {
  const [, , uid, gid] = (await readFile('/etc/passwd', 'utf8'))
    .split('\n')
    .find((line) => line.startsWith('daemon:'))!
    .split(':');
  return { uid: Number(uid), gid: Number(gid) };
}
