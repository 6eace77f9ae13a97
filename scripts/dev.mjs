#!/usr/bin/env node
// npm run dev: compiles as you type and starts the service again after each compile.
import { spawn } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const bin = (name) => path.join(root, 'node_modules', '.bin', name);
const children = [
  spawn(bin('tsc'), ['--watch', '--preserveWatchOutput'], { cwd: root, stdio: 'inherit' }),
  spawn(process.execPath, ['--watch-path=dist', 'dist/src/cli/main.js', 'start'], { cwd: root, stdio: 'inherit' }),
];
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => undefined); // the terminal tells the children too
await Promise.race(children.map((child) => new Promise((resolve) => child.on('exit', resolve))));
for (const child of children) child.kill('SIGTERM');
