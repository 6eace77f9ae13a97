#!/usr/bin/env node
// npm run lint: all static checks of the sources. All of them run even if some fail, each with its output.

import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { findBin } from './setup.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

const checks = [
  { what: 'format and style', command: ['biome', 'check', '.'] },
  { what: 'floating promises', command: ['oxlint', '--type-aware', '--deny-warnings'] },
  { what: 'directions and circles of imports', command: ['depcruise', 'src', 'workers', 'web/src', 'bench', 'test'] },
  { what: 'files, exports and dependencies that nothing uses', command: ['knip', '--no-config-hints'] },
];

/**
 * dependency-cruiser reads sources through the JavaScript API of TypeScript's compiler, which version 7 does not have. It is given version 6,
 * which is installed only for it (docs/decisions/0020-guards.md).
 */
function giveTypeScript6() {
  const modules = path.join(root, 'node_modules');
  const link = path.join(modules, 'dependency-cruiser', 'node_modules', 'typescript');
  if (fs.existsSync(link)) return;
  fs.mkdirSync(path.dirname(link), { recursive: true });
  fs.symlinkSync(path.join('..', '..', 'typescript-6'), link, 'junction');
}

/** Whether it passed, and its output. */
function run([name, ...args]) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [findBin(root, name), ...args], { cwd: root });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (text) => {
        output += text;
      });
    }
    child.on('error', reject);
    child.on('close', (code) => resolve({ passed: code === 0, output }));
  });
}

giveTypeScript6();
const running = checks.map(({ what, command }) => ({ what, command, end: run(command) }));
const failed = [];
for (const { what, command, end } of running) {
  const { passed, output } = await end;
  console.log(`-- ${what}: ${command.join(' ')}`);
  console.log(output.trim() || 'passed');
  if (!passed) failed.push(what);
}
for (const what of failed) console.error(`not passed: ${what}`);
process.exitCode = failed.length === 0 ? 0 : 1;
