/** The disk of the database is full for a while: writes are refused, the service says so, and nothing is lost. */
import { execFileSync } from 'node:child_process';
import { open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createClient } from '../../src/cli/api-client.ts';
import { eventually, main, run } from '../support/processes.ts';
import { allTrials, ended, lasting, reached } from '../support/searches.ts';
import { temporaryFolder } from '../support/temporary.ts';

/** Makes `path` a small disk; false where this account may not. */
function mount(path: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=160m', 'tmpfs', path], { stdio: 'pipe' });
    return true;
  } catch {
    return false;
  }
}

/** Takes all the room there is, and answers how to give it back. */
async function fill(disk: string): Promise<() => Promise<void>> {
  const path = join(disk, 'taken');
  const file = await open(path, 'w');
  for (const size of [1 << 20, 1 << 12]) {
    const block = Buffer.alloc(size);
    for (;;) {
      const isFull = await file.write(block).then(
        ({ bytesWritten }) => bytesWritten < size,
        () => true,
      );
      if (isFull) break;
    }
  }
  await file.close();
  return () => rm(path);
}

async function readiness(url: string): Promise<{ status: number; detail?: string }> {
  const response = await fetch(`${url}/readyz`);
  return { ...((await response.json()) as { detail?: string }), status: response.status };
}

describe('a full disk', () => {
  it('refuses what is sent, says so, and goes on once there is room, even if Postgres dies meanwhile', async (context) => {
    const { path: disk, remove } = await temporaryFolder();
    if (!mount(disk)) {
      console.warn('a full disk is not tested: this account cannot mount a small one');
      await remove();
      return context.skip();
    }
    const service = run(process.execPath, [main, 'start'], {
      ...{ HYPERSEARCH_PORT: '0', HYPERSEARCH_DATA: join(disk, 'data'), DATABASE_URL: '', REDIS_URL: '' },
      HYPERSEARCH_THREADS: '2',
    });
    try {
      const [, url] = await service.prints(/page\s+(http:\S+)/);
      const client = createClient(url!);
      const { id } = await client.create(lasting(50, 60));
      await reached(client, id, 'complete', 5);
      const giveBack = await fill(disk);
      const rows = `x,label\n${Array.from({ length: 200_000 }, (_, i) => `${Math.sin(i)},${i % 2}`).join('\n')}\n`;
      const upload = await fetch(`${url}/v1/datasets?name=large`, {
        method: 'POST',
        headers: { 'content-type': 'application/octet-stream' },
        body: rows,
      });
      expect(await upload.json()).toMatchObject({
        status: 503,
        detail: expect.stringContaining('the disk of the database is full'),
      });
      expect(await readiness(url!)).toMatchObject({
        status: 503,
        detail: expect.stringContaining('the disk of the database is full'),
      });
      // What is stored can be read.
      expect((await client.search(id)).trials.complete).toBeGreaterThanOrEqual(5);
      const postmaster = join(disk, 'data/postgres/data/postmaster.pid');
      process.kill(Number((await readFile(postmaster, 'utf8')).split('\n')[0]), 'SIGKILL');
      await service.prints(/starting it again/);
      await giveBack();
      await eventually(async () => (await client.search(id).catch(() => undefined))?.state === 'complete', 90_000);
      const { trials } = await ended(client, id);
      expect(trials).toMatchObject({ complete: 60, failed: 0 });
      expect((await allTrials(client, id)).map(({ number }) => number)).toEqual(
        Array.from({ length: 60 }, (_, i) => i),
      );
      await eventually(async () => (await readiness(url!)).status === 200, 30_000, 'to be ready again');
    } catch (error) {
      throw new Error(`the service said:\n${service.output()}`, { cause: error });
    } finally {
      await service.end();
      execFileSync('umount', ['-l', disk]);
      await remove();
    }
  });
});
