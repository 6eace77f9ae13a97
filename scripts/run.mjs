#!/usr/bin/env node
// The way into every command: sets up what is missing or out of date, then runs the command in this same process, so
// that signals, the exit code and the terminal are its own.
//
//   node scripts/run.mjs dist/src/cli/main.js start    a script of this project
//   node scripts/run.mjs vitest run test/unit          a command that a dependency installs
//   node scripts/run.mjs --setup-only                  nothing else
//   node scripts/run.mjs --without-build vitest run    what reads the sources themselves

import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { findBin, SetupError, setUp } from './setup.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

function checkNode() {
  const { engines } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));
  const [major, minor = 0] = engines.node.match(/\d+/g).map(Number);
  const [ourMajor, ourMinor] = process.versions.node.split('.').map(Number);
  if (ourMajor > major || (ourMajor === major && ourMinor >= minor)) return;
  throw new SetupError(
    `hypersearch needs Node ${major}.${minor} or newer, and this is ${process.version} (${process.execPath}).\n` +
      'Install a newer one from https://nodejs.org, or with a version manager: nvm install, fnm use, volta install node.',
  );
}

function resolveCommand(name) {
  const script = path.join(root, name);
  return /\.[cm]?js$/.test(name) && fs.existsSync(script) ? script : findBin(root, name);
}

/** Standard error, since standard output belongs to the command. */
function say(line) {
  process.stderr.write(`${line}\n`);
}

async function main(given) {
  const build = given[0] !== '--without-build';
  const [name, ...args] = build ? given : given.slice(1);
  if (!name)
    throw new SetupError('Say what to run: node scripts/run.mjs <script or command> [arguments], or --setup-only.');
  checkNode();
  // An image that has only the build needs no set-up.
  if (fs.existsSync(path.join(root, 'src'))) await setUp(root, say, { build });
  if (name === '--setup-only') return;
  const script = resolveCommand(name);
  // Stack traces name the lines of the sources.
  process.setSourceMapsEnabled(true);
  process.argv = [process.execPath, script, ...args];
  await import(pathToFileURL(script).href);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  // The command's own errors keep their stack.
  if (!(error instanceof SetupError)) throw error;
  say(error.message);
  process.exitCode = 1;
}
