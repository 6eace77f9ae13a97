#!/usr/bin/env bash
# Piscina 5.3.2: queued tasks do not run in the order in which they were submitted, though its README says that its queue is first in, first out; with
# `stricterFIFO` they do, unless they have an AbortSignal: then they run in the reverse order.
#
# When a thread becomes free, the pool gives it the first task, takes the next one out of the queue too, finds no thread for it, and puts it back at the
# end. With `stricterFIFO` it is put back at the front; a task with a signal is put at the front of a second queue already when it is submitted.
#
# Runs eight tasks on one warm thread, four ways, and prints in which order they ended. Fails if that is not as described.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{"name":"outer","private":true}' > package.json
npm install --ignore-scripts --no-audit --no-fund piscina@5.3.2 >/dev/null
cat > task.cjs <<'JS'
module.exports = async (number) => {
  await new Promise((resolve) => setTimeout(resolve, 20));
  return number;
};
JS
cat > run.mjs <<'JS'
import { Piscina } from 'piscina';

for (const stricterFIFO of [false, true]) {
  for (const signals of [false, true]) {
    const pool = new Piscina({ filename: `${process.cwd()}/task.cjs`, minThreads: 1, maxThreads: 1, stricterFIFO });
    await pool.run(0);
    const ended = [];
    const run = (number) => pool.run(number, signals ? { signal: new AbortController().signal } : {});
    await Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map((number) => run(number).then((one) => ended.push(one))));
    console.log(`stricterFIFO ${stricterFIFO}, signals ${signals}: ${ended.join(' ')}`);
    await pool.destroy();
  }
}
JS
node run.mjs | tee seen
diff seen - <<'TEXT'
stricterFIFO false, signals false: 1 2 4 6 8 5 3 7
stricterFIFO false, signals true: 1 2 4 6 8 5 3 7
stricterFIFO true, signals false: 1 2 3 4 5 6 7 8
stricterFIFO true, signals true: 1 8 7 6 5 4 3 2
TEXT
