/**
 * npm run verify:api: Schemathesis, a tester of APIs from their OpenAPI documents, against a service of its own with its own database.
 *
 *   npm run verify:api -- [--phases coverage] [any other option of "schemathesis run"]
 *   npm run verify:api -- --bad-requests NUMBER [--seed NUMBER]
 *
 * The second sends requests that are broken in all ways, and counts the answers: none may be 5xx, and the service's memory must not grow.
 * The first needs Schemathesis 4.32 (pip install schemathesis==4.32.5) in the PATH, or in SCHEMATHESIS. Exit code: of Schemathesis; 2 if it is
 * missing.
 */
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const tester = process.env.SCHEMATHESIS ?? 'schemathesis';

const { values: own } = parseArgs({
  options: { 'bad-requests': { type: 'string' }, seed: { type: 'string', default: '1' } },
  strict: false,
});
const badRequests = own['bad-requests'] === undefined ? undefined : Number(own['bad-requests']);
if (badRequests !== undefined && !(Number.isInteger(badRequests) && badRequests > 0)) {
  console.error(`--bad-requests must be how many to send, got ${own['bad-requests']}`);
  process.exit(2);
}

if (badRequests === undefined && spawnSync(tester, ['--version']).status !== 0) {
  console.error(`${tester} cannot be run: pip install schemathesis==4.32.5, or say where it is with SCHEMATHESIS`);
  process.exit(2);
}

const folder = mkdtempSync(path.join(tmpdir(), 'hypersearch-api-'));
// Requests may create and delete keys: this one is none of them.
const key = randomBytes(24).toString('hex');
const service = spawn(process.execPath, [path.join(root, 'dist', 'service', 'main.js'), 'start'], {
  env: {
    ...process.env,
    ...{ HYPERSEARCH_PORT: '0', HYPERSEARCH_DATA: path.join(folder, 'data'), HYPERSEARCH_ADMIN_KEY: key },
    ...{ DATABASE_URL: '', REDIS_URL: '' },
  },
  stdio: ['ignore', 'pipe', 'inherit'],
});
const ended = once(service, 'exit');

const address = () =>
  new Promise((resolve, reject) => {
    let said = '';
    service.stdout.on('data', (text) => {
      said += text;
      const [, url] = /page\s+(http:\S+)/.exec(said) ?? [];
      if (url !== undefined) resolve(url);
    });
    void ended.then(() => reject(new Error(`the service has ended:\n${said}`)));
  });

async function schemathesis(url) {
  const options = ['--config-file', path.join(root, 'scripts', 'schemathesis.toml'), 'run', `${url}/openapi.json`];
  const header = ['-H', `Authorization: Bearer ${key}`];
  // One worker: with two threads, Hypothesis at times ends with "AST constructor recursion depth mismatch" on Python before 3.11.8 and 3.12.2.
  const given = [...header, '--workers', '1', '--continue-on-failure', ...process.argv.slice(2)];
  const [code] = await once(spawn(tester, [...options, ...given], { cwd: folder, stdio: 'inherit' }), 'exit');
  return code ?? 1;
}

async function sendBad(url, count) {
  const { endpoints } = await import('../dist/src/contract/http.js');
  const { sendBadRequests } = await import('./bad-requests.mjs');
  return (await sendBadRequests({ url, key, count, names: Object.keys(endpoints), seed: Number(own.seed) })) ? 0 : 1;
}

try {
  const url = await address();
  process.exitCode = await (badRequests === undefined ? schemathesis(url) : sendBad(url, badRequests));
} finally {
  service.kill();
  await ended;
  rmSync(folder, { recursive: true, force: true });
}
