/** How a service process ends: in order, whatever ends it, and at once if it is asked twice. */
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createClient } from '../../src/cli/api-client.ts';
import { eventually, main, type RunningProcess, run } from '../support/processes.ts';
import { lasting, reached } from '../support/searches.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary.ts';

/** Of all tests: making a database takes longer than most of them. */
let folder: TemporaryFolder;
let service: RunningProcess;
let closed: Promise<unknown>;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterEach(async () => {
  await service?.end('SIGKILL');
  await rm(failure(), { force: true });
});
afterAll(() => folder?.remove());

/** Where the embedded Postgres has the number of its process while it runs. */
const pidFile = () => join(folder.path, 'data/postgres/data/postmaster.pid');

/** An error that nobody handles is thrown once there is this file. */
const failure = () => join(folder.path, 'fail');

async function start(command: 'start' | 'demo', ...options: string[]): Promise<void> {
  service = run(process.execPath, [...options, main, command], {
    ...{ HYPERSEARCH_PORT: '0', HYPERSEARCH_DATA: join(folder.path, 'data'), DATABASE_URL: '', REDIS_URL: '' },
    FAILS_ONCE_THERE_IS: failure(),
  });
  closed = once(service.child, 'close');
  await service.prints(command === 'start' ? /hypersearch is ready/ : /trial +\d+ /);
  expect(existsSync(pidFile())).toBe(true);
}

/** Once it has ended, and all that it printed is there. */
async function exitCode(): Promise<number | null> {
  await closed;
  return service.child.exitCode;
}

describe('npm start', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    '%s: its Postgres is stopped, and it ends with 0',
    async (signal) => {
      await start('start');
      service.child.kill(signal);
      expect(await exitCode()).toBe(0);
      expect(service.output()).toMatch(/stopping…\n$/);
      expect(existsSync(pidFile())).toBe(false);
    },
  );

  it('an error that nobody handles: the same, with the error and its stack in the log, and 1', async () => {
    const fails = `
      import { existsSync } from 'node:fs';
      function onPurpose() {
        if (!existsSync(process.env.FAILS_ONCE_THERE_IS)) return;
        clearInterval(timer);
        throw new Error('a fault that nobody foresaw');
      }
      const timer = setInterval(onPurpose, 20);`;
    await start('start', '--import', `data:text/javascript,${encodeURIComponent(fails)}`);
    await writeFile(failure(), '');
    expect(await exitCode()).toBe(1);
    expect(service.output()).toMatch(/"level":"fatal".*"stack":"Error: a fault that nobody foresaw.*onPurpose/);
    expect(existsSync(pidFile())).toBe(false);
  });

  it('the death of its Postgres: it is started again, and the search goes on', async () => {
    await start('start');
    const [, url] = await service.prints(/page\s+(http:\S+)/);
    const client = createClient(url!);
    const { id } = await client.create(lasting(100, 30));
    await reached(client, id, 'complete', 2);
    process.kill(Number((await readFile(pidFile(), 'utf8')).split('\n')[0]), 'SIGKILL');
    // Requests are refused meanwhile.
    await eventually(async () => (await client.search(id).catch(() => undefined))?.state === 'complete', 90_000);
    expect((await client.search(id)).trials).toMatchObject({ complete: 30, failed: 0 });
    expect(service.output()).toMatch(/"level":"error".*the built-in Postgres was killed by SIGKILL: starting it again/);
    service.child.kill('SIGINT');
    expect(await exitCode()).toBe(0);
    expect(existsSync(pidFile())).toBe(false);
  });

  it('a second Ctrl-C while it closes ends it there and then, with 130', async () => {
    await start('start');
    const postgres = Number((await readFile(pidFile(), 'utf8')).split('\n')[0]);
    process.kill(postgres, 'SIGSTOP');
    try {
      service.child.kill('SIGINT');
      await service.prints(/stopping…/);
      service.child.kill('SIGINT');
      expect(await exitCode()).toBe(130);
    } finally {
      process.kill(postgres, 'SIGCONT');
      process.kill(postgres, 'SIGINT');
      await eventually(async () => !existsSync(pidFile()), 30_000, 'the end of Postgres');
    }
  });
});

it('requests that have begun are answered, and connections that nobody uses or reads hold up nothing', async () => {
  await start('start');
  const url = new URL((await service.prints(/page\s+(http:\S+)/))[1]!);
  const connection = async (text: string) => {
    const socket = connect(Number(url.port), url.hostname);
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    socket.write(text.replaceAll('\n', '\r\n'));
    return socket;
  };
  const head = (line: string, more = '') => `${line} HTTP/1.1\nHost: ${url.host}\n${more}\n`;
  await connection('');
  // A websocket whose client answers nothing.
  const websocket =
    'Connection: Upgrade\nUpgrade: websocket\nSec-WebSocket-Version: 13\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\n';
  await once(await connection(head('GET /v1/events', websocket)), 'data');
  const body = JSON.stringify({ dataset: 'iris', budget: { trials: 2 } });
  const begun = await connection(
    head(
      'POST /v1/searches/dry-run',
      `Content-Type: application/json\nContent-Length: ${body.length}\nExpect: 100-continue\n`,
    ),
  );
  // Its head has arrived.
  expect(String((await once(begun, 'data'))[0])).toMatch(/^HTTP\/1\.1 100 /);
  service.child.kill('SIGTERM');
  await service.prints(/stopping…/);
  await eventually(
    async () => {
      const other = connect(Number(url.port), url.hostname);
      const refused = await once(other, 'connect').then(
        () => false,
        () => true,
      );
      other.destroy();
      return refused;
    },
    10_000,
    'the end of listening',
  );
  let answer = '';
  begun.on('data', (chunk: Buffer) => {
    answer += chunk.toString();
  });
  begun.write(body);
  await once(begun, 'close');
  expect(answer).toMatch(/^HTTP\/1\.1 200 [\s\S]*\r\nconnection: close\r\n[\s\S]*"trials":/i);
  expect(await exitCode()).toBe(0);
});

it('npm run demo: Ctrl-C stops its Postgres too', async () => {
  await start('demo');
  service.child.kill('SIGINT');
  expect(await exitCode()).toBe(0);
  expect(existsSync(pidFile())).toBe(false);
});
