#!/usr/bin/env bash
# lru-cache 11.5.3 in a thread of Piscina 5.3.2: with its default `ttlResolution` an entry outlives its `ttl` by any time; `purgeStale` keeps it, too.
#
# The cache remembers the time of its last check, and a timer of `ttlResolution` milliseconds (1 by default) makes it forget. A thread of Piscina waits
# for its next task without turning its event loop, so the timer does not fire before that task has asked the cache: for it, no time has passed.
# With `ttlResolution: 0` the time is read each time, and the entry is gone; so it is where Piscina does not block its threads (`atomics: 'disabled'`).
#
# Keeps an entry for 50 ms, asks for it 500 ms later in another task, and prints whether it is still there. Fails if that is not as described.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"name":"outer","private":true}' > package.json
npm install --ignore-scripts --no-audit --no-fund piscina@5.3.2 lru-cache@11.5.3 >/dev/null
cat > task.cjs <<'JS'
const { LRUCache } = require('lru-cache');
const caches = [{}, { ttlResolution: 0 }].map((more) => new LRUCache({ max: 10, ttl: 50, ...more }));
module.exports = (task) => {
  if (task === 'set') caches.forEach((cache) => cache.set('key', 1));
  return caches.map((cache) => {
    if (task === 'purge') cache.purgeStale();
    return task === 'purge' ? cache.size : cache.has('key');
  });
};
JS
cat > run.mjs <<'JS'
import { setTimeout } from 'node:timers/promises';
import { Piscina } from 'piscina';

for (const atomics of ['sync', 'disabled']) {
  for (const asked of ['get', 'purge']) {
    const pool = new Piscina({ filename: `${process.cwd()}/task.cjs`, minThreads: 1, maxThreads: 1, atomics });
    await pool.run('set');
    await setTimeout(500);
    const [byDefault, always] = await pool.run(asked);
    const what = asked === 'get' ? 'has the entry' : 'entries after purgeStale';
    console.log(`atomics ${atomics}: ${what}: by default ${byDefault}, with ttlResolution 0 ${always}`);
    await pool.destroy();
  }
}
JS
node run.mjs | tee seen
diff seen - <<'TEXT'
atomics sync: has the entry: by default true, with ttlResolution 0 false
atomics sync: entries after purgeStale: by default 1, with ttlResolution 0 0
atomics disabled: has the entry: by default false, with ttlResolution 0 false
atomics disabled: entries after purgeStale: by default 0, with ttlResolution 0 0
TEXT
