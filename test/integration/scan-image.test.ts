/** scripts/scan-image.sh: it finds what is known to be vulnerable, and says where it could not look. */
import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { deflateSync, gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectRoot } from '../../src/paths.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary.ts';

const has = (command: string) => spawnSync('sh', ['-c', `command -v ${command}`]).status === 0;
const hasDebsecan = has('debsecan');
const canSign = has('apt-get') && has('dpkg') && has('gpg');
if (!hasDebsecan) console.warn('debsecan is not installed: its scan is not tested');
if (!canSign)
  console.warn(
    'apt-get, dpkg and gpg are not all installed: the scan by the archive of security updates is not tested',
  );

function architecture(): string {
  return has('dpkg') ? execFileSync('dpkg', ['--print-architecture'], { encoding: 'utf8' }).trim() : 'amd64';
}

/** What the servers know. */
const known: { severity: string | undefined; fixed: boolean } = { severity: undefined, fixed: false };
let advisories = 0;
/** The archive of security updates, by path. */
const archive = new Map<string, string>();
let server: Server;
let folder: TemporaryFolder;
beforeAll(async () => {
  folder = await temporaryFolder();
  await mkdir(join(folder.path, 'etc'));
  await mkdir(join(folder.path, 'var', 'lib', 'dpkg'), { recursive: true });
  await writeFile(join(folder.path, 'etc', 'os-release'), 'VERSION_CODENAME=bookworm\n');
  await writeFile(
    join(folder.path, 'var', 'lib', 'dpkg', 'status'),
    `Package: openssl\nStatus: install ok installed\nArchitecture: ${architecture()}\nVersion: 3.0.1-1\n\n`,
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
      } else {
        const file = archive.get(request.url ?? '');
        response.writeHead(file === undefined ? 404 : 200).end(file);
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(async () => {
  server?.closeAllConnections();
  server?.close();
  // Its agent would outlive the test.
  if (canSign) spawnSync('gpgconf', ['--homedir', join(folder.path, 'gpg'), '--kill', 'all']);
  await folder?.remove();
});

/** An archive of the one package, signed by a key that the image trusts. */
function publish(version: string): void {
  const home = join(folder.path, 'gpg');
  const gpg = (args: readonly string[], input = '') => {
    const options = ['--homedir', home, '--batch', '--quiet', '--pinentry-mode', 'loopback', '--passphrase', ''];
    return execFileSync('gpg', [...options, ...args], { input, maxBuffer: 1e6 });
  };
  const keyring = join(folder.path, 'usr', 'share', 'keyrings', 'debian-archive-keyring.gpg');
  if (!existsSync(keyring)) {
    mkdirSync(home, { mode: 0o700 });
    mkdirSync(dirname(keyring), { recursive: true });
    gpg(['--quick-gen-key', 'archive@example.org', 'rsa2048', 'sign', 'never']);
    writeFileSync(keyring, gpg(['--export']));
  }
  const own = architecture();
  const packages = `Package: openssl\nVersion: ${version}\nArchitecture: ${own}\nMaintainer: nobody\nFilename: pool/openssl.deb\nSize: 1\nSHA256: ${'0'.repeat(64)}\nDescription: a package\n\n`;
  const hash = createHash('sha256').update(packages).digest('hex');
  const release = [
    'Origin: Test',
    'Suite: bookworm-security',
    'Codename: bookworm-security',
    `Date: ${new Date().toUTCString()}`,
    `Architectures: ${own}`,
    'Components: main',
    `SHA256:\n ${hash} ${packages.length} main/binary-${own}/Packages`,
    '',
  ].join('\n');
  archive.set('/dists/bookworm-security/InRelease', gpg(['--clearsign'], release).toString());
  archive.set(`/dists/bookworm-security/main/binary-${own}/Packages`, packages);
}

/** `source`: where all look, `tracker`: or debsecan somewhere else. */
function scan(source = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, tracker = source) {
  const environment = {
    ...process.env,
    npm_config_registry: source,
    npm_config_cache: join(folder.path, 'npm'),
    DEBSECAN_SOURCE: tracker,
    DEBIAN_SECURITY: source,
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

  it.skipIf(!canSign)('asks the archive of security updates where debsecan has no data', async () => {
    Object.assign(known, { severity: undefined, fixed: true });
    const elsewhere = 'http://127.0.0.1:9/';
    publish('3.0.1-1');
    const before = await scan(undefined, elsewhere);
    expect(before.said).toMatch(/^ok {4}apt: no package of Debian bookworm .* \(1 packages\)$/m);
    expect(before.code).toBe(0);
    publish('3.0.9-1');
    const after = await scan(undefined, elsewhere);
    expect(after.said).toMatch(/^FAIL {2}apt: .*: openssl/m);
    expect(after.code).toBe(1);
  });

  it('says so where it cannot look', async () => {
    const { code, said } = await scan('http://127.0.0.1:9/');
    expect(said.match(/^NOT SCANNED: /gm)).toHaveLength(2);
    expect(code).toBe(0);
  });
});
