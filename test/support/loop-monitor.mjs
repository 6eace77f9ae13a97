/**
 * Loaded into a process before its program (`node --import`): measures how long its event loop is blocked. A request to the address that it prints
 * gets the longest block since the one before.
 *
 * The time in which the thread was ready to run and the system ran others does not count, where the system says how much that is (Linux).
 */
import { openSync, readSync } from 'node:fs';
import { createServer } from 'node:http';
import { performance } from 'node:perf_hooks';
import { isMainThread } from 'node:worker_threads';

const INTERVAL_MS = 1;

/** Milliseconds for which the main thread has waited for a processor (Documentation/scheduler/sched-stats.rst). */
function waitingTime() {
  let file;
  try {
    file = openSync('/proc/self/schedstat', 'r');
  } catch {
    return () => 0;
  }
  const bytes = Buffer.alloc(100);
  return () => Number(bytes.toString('latin1', 0, readSync(file, bytes, 0, bytes.length, 0)).split(' ')[1]) / 1e6;
}

function monitor() {
  const waited = waitingTime();
  let [longest, last, lastWaited] = [0, performance.now(), waited()];
  const tick = () => {
    const [now, nowWaited] = [performance.now(), waited()];
    longest = Math.max(longest, now - last - (nowWaited - lastWaited) - INTERVAL_MS);
    [last, lastWaited] = [now, nowWaited];
  };
  setInterval(tick, INTERVAL_MS).unref();
  const server = createServer((_, response) => {
    tick();
    response.end(String(longest));
    longest = 0;
  });
  server.listen(0, '127.0.0.1', () => console.log(`loop monitor http://127.0.0.1:${server.address().port}`));
  server.unref();
}

if (isMainThread) monitor();
