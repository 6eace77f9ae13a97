#!/usr/bin/env node
// npm run dev: compiles and restarts the service whenever a source changes. If compiling fails, the service keeps running.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { watch } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const start = () =>
  spawn(process.execPath, ['--enable-source-maps', 'dist/service/main.js', 'start'], { cwd: root, stdio: 'inherit' });
const ended = (child) => (child.exitCode === null && child.signalCode === null ? once(child, 'exit') : undefined);

let service = start();
let building = false;
let again = false;

async function rebuild() {
  if (building) {
    again = true;
    return;
  }
  building = true;
  do {
    again = false;
    const tsc = spawn(path.join(root, 'node_modules', '.bin', 'tsc'), { cwd: root, stdio: 'inherit' });
    const [code] = await once(tsc, 'exit');
    if (code !== 0 || again) continue;
    service.kill('SIGTERM');
    await ended(service);
    service = start();
  } while (again);
  building = false;
}

let due;
for (const folder of ['src', 'workers']) {
  watch(path.join(root, folder), { recursive: true }, () => {
    clearTimeout(due);
    due = setTimeout(() => void rebuild(), 150); // an editor saves in several steps
  });
}
async function leave() {
  await ended(service);
  process.exit(0);
}
// Ctrl-C in a terminal also reaches the service; a second signal would end it immediately and leave its Postgres behind.
process.on('SIGINT', () => void leave());
process.on('SIGTERM', () => {
  service.kill('SIGTERM');
  void leave();
});
