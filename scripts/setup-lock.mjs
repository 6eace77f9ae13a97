// One set-up at a time: two that install or build in the same place at once would break each other's work.

import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const beatMs = 500;
const patienceMs = 5_000;

/** Runs `work` while holding the lock file. The holder touches the file regularly, so a stale lock is recognized. */
export async function withLock(file, say, work) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const token = `${process.pid} ${randomBytes(6).toString('hex')}`;
  await take(file, token, say);
  const beat = setInterval(() => {
    try {
      fs.utimesSync(file, new Date(), new Date());
    } catch {
      // Somebody removed the folder; there is nothing left to guard.
    }
  }, beatMs);
  try {
    return await work();
  } finally {
    clearInterval(beat);
    if (read(file) === token) fs.rmSync(file, { force: true });
  }
}

async function take(file, token, say) {
  let announced = false;
  let seen = '';
  let since = 0;
  while (!create(file, token)) {
    const holder = read(file);
    const state = `${holder} ${fs.statSync(file, { throwIfNoEntry: false })?.mtimeMs}`;
    // By our own clock, from when we saw the last beat: a computer that slept is no reason to break in.
    if (state !== seen) {
      seen = state;
      since = performance.now();
    } else if (performance.now() - since > patienceMs || (holder && !isAlive(Number.parseInt(holder, 10)))) {
      breakLock(file, holder);
      continue;
    }
    if (!announced) say(`Waiting for the set-up that process ${Number.parseInt(holder, 10) || '?'} is doing…`);
    announced = true;
    await sleep(100);
  }
}

function create(file, token) {
  try {
    fs.writeFileSync(file, token, { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

/** Moved away before it is deleted: of several that found it abandoned one gets it, and a fresh one is put back. */
function breakLock(file, abandoned) {
  const aside = `${file}.${randomBytes(6).toString('hex')}`;
  try {
    fs.renameSync(file, aside);
    if (read(aside) !== abandoned) fs.linkSync(aside, file);
  } catch {
    // Somebody else was quicker: look again.
  }
  fs.rmSync(aside, { force: true });
}

function read(file) {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
