/** scripts/scan-image.sh: it finds what is known to be vulnerable, and says where it could not look. */
import { execFile, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { deflateSync, gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectRoot } from '../../src/paths.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary.ts';

const hasDebsecan = spawnSync('sh', ['-c', 'command -v debsecan']).status === 0;

/** What the two servers know. */
const known: { severity: string | undefined; fixed: boolean } = { severity: undefined, fixed: false };
let advisories = 0;
let server: Server;
let folder: TemporaryFolder;
beforeAll(async () => {
  folder = await temporaryFolder();
  await mkdir(join(folder.path, 'etc'));
  await mkdir(join(folder.path, 'var', 'lib', 'dpkg'), { recursive: true });
  await writeFile(join(folder.path, 'etc', 'os-release'), 'VERSION_CODENAME=bookworm\n');
  await writeFile(
    join(folder.path, 'var', 'lib', 'dpkg', 'status'),
    'Package: openssl\nStatus: install ok installed\nVersion: 3.0.1-1\n\n',
  );
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (request.url?.endsWith('/advisories/bulk')) {
        const asked = JSON.parse(gunzipSync(Buffer.concat(chunks)).toString()) as Record<string, unknown>;
        const advisory = {
          // npm remembers what it has computed of an advisory, by its id.
          ...{
            id: ++advisories,
            url: 'https://example.org/1',
            title: 'harmless',
            severity: known.severity,
          },
          ...{ vulnerable_versions: '*', cwe: [], cvss: { score: 9, vectorString: null } },
        };
        const found = known.severity !== undefined && 'fastify' in asked ? { fastify: [advisory] } : {};
        response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(found));
      } else if (request.url === '/bookworm') {
        const flags = `B  ${known.fixed ? 'F' : ' '}`;
        response.end(deflateSync(`VERSION 1\nCVE-2026-0001,,harmless\n\nopenssl,0,${flags},3.0.9-1,\n\n\n`));
      } else response.writeHead(404).end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(async () => {
  server?.closeAllConnections();
  server?.close();
  await folder?.remove();
});

/** `source`: where both look. */
function scan(source = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`) {
  const environment = {
    ...process.env,
    npm_config_registry: source,
    npm_config_cache: join(folder.path, 'npm'),
    DEBSECAN_SOURCE: source,
    npm_config_fetch_retries: '0',
  };
  return new Promise<{ readonly code: number; readonly said: string }>((resolve) => {
    const child = execFile(
      'bash',
      [join(projectRoot, 'scripts', 'scan-image.sh'), folder.path, projectRoot],
      { env: environment },
      (_error, stdout, stderr) => resolve({ code: child.exitCode ?? -1, said: `${stdout}${stderr}` }),
    );
  });
}

describe('the scan of an image', () => {
  it('finds nothing where nothing is known', async () => {
    Object.assign(known, { severity: undefined, fixed: false });
    const { code, said } = await scan();
    expect(said).toMatch(/^ok {4}npm audit: none$/m);
    if (hasDebsecan) expect(said).toMatch(/^ok {4}debsecan: no package of Debian bookworm .* \(1 packages\)$/m);
    expect(code).toBe(0);
  });

  it.each([
    ['moderate', 0],
    ['high', 1],
    ['critical', 1],
  ])('knows packages of the image with a vulnerability that is %s', async (severity, expected) => {
    Object.assign(known, { severity, fixed: false });
    const { code, said } = await scan();
    expect(said).toMatch(new RegExp(`${severity}: fastify `));
    expect(code).toBe(expected);
  });

  it.skipIf(!hasDebsecan)('fails for a package of Debian that has a newer version without one', async () => {
    Object.assign(known, { severity: undefined, fixed: true });
    const { code, said } = await scan();
    expect(said).toMatch(/^FAIL {2}debsecan: .*: openssl/m);
    expect(code).toBe(1);
  });

  it('says so where it cannot look', async () => {
    const { code, said } = await scan('http://127.0.0.1:9/');
    expect(said.match(/^NOT SCANNED: /gm)).toHaveLength(2);
    expect(code).toBe(0);
  });
});
