/** Real processes for tests: the service's own, as `npm run api` and `npm run worker` start them, and a Redis server. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { projectRoot } from '../../src/paths.ts';
import { temporaryFolder } from './temporary.ts';

export interface RunningProcess {
  readonly child: ChildProcess;
  /** Everything it has printed so far. */
  output(): string;
  /** Resolves with the first match in what it prints; rejects if it ends without. */
  prints(pattern: RegExp, timeoutMs?: number): Promise<RegExpMatchArray>;
  /** Ends it and waits until it is gone. */
  end(signal?: NodeJS.Signals): Promise<void>;
}

export function run(
  command: string,
  args: readonly string[],
  environment: Record<string, string> = {},
): RunningProcess {
  const child = spawn(command, args, {
    cwd: projectRoot,
    env: { ...process.env, NO_COLOR: '1', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const watchers = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      for (const watcher of watchers) watcher();
    });
  }
  const exited = once(child, 'exit');
  void exited.then(() => {
    for (const watcher of watchers) watcher();
  });
  return {
    child,
    output: () => output,
    prints: (pattern, timeoutMs = 30_000) =>
      new Promise((resolve, reject) => {
        const fail = (why: string) => finish(() => reject(new Error(`${why} before printing ${pattern}:\n${output}`)));
        const timer = setTimeout(() => fail(`${timeoutMs} ms passed`), timeoutMs);
        const finish = (settle: () => void) => {
          clearTimeout(timer);
          watchers.delete(look);
          settle();
        };
        const look = () => {
          const match = output.match(pattern);
          if (match !== null) finish(() => resolve(match));
          else if (child.exitCode !== null || child.signalCode !== null) fail('it ended');
        };
        watchers.add(look);
        look();
      }),
    end: async (signal = 'SIGTERM') => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill(signal);
      await exited;
    },
  };
}

/** The command line, as it is bundled. */
export const main = join(projectRoot, 'dist', 'service', 'main.js');

export interface RunningApi extends RunningProcess {
  readonly url: string;
}

/** `program`: the command line of the version that is to run. */
export async function startApi(environment: Record<string, string>, program = main): Promise<RunningApi> {
  const api = run(process.execPath, [program, 'api'], { HYPERSEARCH_PORT: '0', ...environment });
  const [, url] = await orEnd(api, /page\s+(http:\S+)/);
  return { ...api, url: url! };
}

export async function startWorkerProcess(environment: Record<string, string>, program = main): Promise<RunningProcess> {
  const worker = run(process.execPath, [program, 'worker'], environment);
  await orEnd(worker, /worker \S+ is ready/);
  return worker;
}

/** A process that does not get ready is of no use to a test, and must not outlive it. */
async function orEnd(process: RunningProcess, ready: RegExp): Promise<RegExpMatchArray> {
  try {
    return await process.prints(ready);
  } catch (error) {
    await process.end('SIGKILL');
    throw error;
  }
}

export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** Where redis-server is, if it is installed. */
export function findRedis(): string | undefined {
  const found = spawnSync('sh', ['-c', 'command -v redis-server'], { encoding: 'utf8' });
  return found.status === 0 ? found.stdout.trim() : undefined;
}

export interface TestRedis {
  readonly url: string;
  start(): Promise<void>;
  /** Without saving: what was in it is gone. */
  stop(): Promise<void>;
  /** It keeps its connections and answers nothing, until `thaw`. */
  freeze(): void;
  thaw(): void;
  close(): Promise<void>;
}

/** A throw-away Redis on a free port, which can be stopped and started again on the same one. */
export async function startRedis(binary: string): Promise<TestRedis> {
  const port = await freePort();
  const folder = await temporaryFolder();
  let server: RunningProcess | undefined;
  const start = async () => {
    const options = [
      '--port',
      String(port),
      '--bind',
      '127.0.0.1',
      '--save',
      '',
      '--appendonly',
      'no',
      '--dir',
      folder.path,
    ];
    server = run(binary, options);
    await server.prints(/Ready to accept connections/);
  };
  const stop = async () => server?.end('SIGKILL');
  await start();
  return {
    url: `redis://127.0.0.1:${port}`,
    start,
    stop,
    freeze: () => void server?.child.kill('SIGSTOP'),
    thaw: () => void server?.child.kill('SIGCONT'),
    close: async () => {
      await stop();
      await folder.remove();
    },
  };
}

const PAUSE_MS = 25;

/**
 * Asks until the answer is there; for what another process does in its own time. `longestPauseMs`: where nobody has to be quick, it asks less often the
 * longer it takes, since whoever answers has other work on the same cores.
 */
export async function eventually<T>(
  ask: () => Promise<T | undefined | false>,
  timeoutMs = 60_000,
  what = 'it',
  longestPauseMs = PAUSE_MS,
): Promise<T> {
  const begun = Date.now();
  const giveUp = begun + timeoutMs;
  let last: unknown;
  for (;;) {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer;
    } catch (error) {
      last = error;
    }
    if (Date.now() > giveUp) throw new Error(`${what} did not happen in ${timeoutMs} ms`, { cause: last });
    const pause = Math.min(longestPauseMs, PAUSE_MS + (Date.now() - begun) / 10);
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}
