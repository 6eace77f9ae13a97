/** The service in a process of its own, for benchmarks whose load must not be in it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { type ApiClient, createClient } from '../../src/cli/api-client.ts';
import { projectRoot } from '../../src/paths.ts';

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

/** Runs `command` of the program with these settings while it is used; rejects if the process ends before. */
export async function withService<T>(
  command: 'start' | 'api',
  environment: Readonly<Record<string, string>>,
  use: (client: ApiClient, pid: number) => Promise<T>,
): Promise<T> {
  const port = await freePort();
  const child = spawn(process.execPath, [join(projectRoot, 'dist', 'service', 'main.js'), command], {
    env: { ...process.env, HYPERSEARCH_PORT: String(port), HYPERSEARCH_LOG: 'error', ...environment },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const exited = once(child, 'exit');
  try {
    const failed = exited.then(([code]) => Promise.reject(new Error(`the service ended with code ${code}`)));
    const ready = async () => {
      const answers = () =>
        fetch(`http://127.0.0.1:${port}/readyz`).then(
          ({ ok }) => ok,
          () => false,
        );
      while (!(await answers())) await new Promise((resolve) => setTimeout(resolve, 200));
      return use(createClient(`http://127.0.0.1:${port}`), child.pid!);
    };
    return await Promise.race([ready(), failed]);
  } finally {
    child.kill();
    await exited;
  }
}
