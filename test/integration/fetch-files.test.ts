/** Data sets from addresses: only from hosts that an operator allows, and never from inside the network unless that is allowed too. */
import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createFileFetcher, type FetchParts } from '../../src/adapters/http/file-fetcher.ts';
import { isPublicAddress } from '../../src/adapters/http/public-address.ts';
import { datasets } from '../../src/cli/dataset-commands.ts';
import { fetchHostsSchema } from '../../src/domain/fetch-hosts.ts';
import { Problem } from '../../src/errors.ts';
import { startTestService } from '../support/service.ts';

const table = `a,b,kind\n${Array.from({ length: 20 }, (_, i) => `${i % 7},${i / 4},${i % 2 ? 'x' : 'y'}`).join('\n')}\n`;
const MAX_BYTES = 10_000;
const certificate = readFileSync('test/fixtures/https/files.test.pem', 'utf8');
const key = readFileSync('test/fixtures/https/files.test.key.pem', 'utf8');

let asked: string[] = [];
const answers: Readonly<Record<string, http.RequestListener>> = {
  '/table.csv': (_, response) => response.end(table),
  '/here': (_, response) => response.writeHead(302, { location: '/table.csv' }).end(),
  '/for-ever': (_, response) => response.writeHead(307, { location: '/for-ever' }).end(),
  '/inside': (_, response) => response.writeHead(302, { location: `https://inside.test:${port(secure)}/secret` }).end(),
  '/elsewhere': (_, response) => response.writeHead(301, { location: 'https://elsewhere.test/' }).end(),
  '/plain': (_, response) => response.writeHead(302, { location: `http://files.test:${port(plain)}/table.csv` }).end(),
  '/announced': (_, response) => response.writeHead(200, { 'content-length': MAX_BYTES + 1 }).end('a'),
  '/unannounced': (_, response) =>
    response.writeHead(200, { 'transfer-encoding': 'chunked' }).end(Buffer.alloc(MAX_BYTES + 1)),
  '/slow': (_, response) => response.write('a,b'),
  '/gzip': (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(table)),
  '/brotli': (_, response) => response.writeHead(200, { 'content-encoding': 'br' }).end('?'),
  '/gone': (_, response) => response.writeHead(410).end(),
};
const listener: http.RequestListener = (request, response) => {
  asked.push(request.url!);
  (answers[request.url!] ?? (() => response.writeHead(404).end()))(request, response);
};
const secure = https.createServer({ key, cert: certificate }, listener);
const plain = http.createServer(listener);
const port = (server: http.Server | https.Server) => (server.address() as AddressInfo).port;

beforeAll(async () => {
  for (const server of [secure, plain]) await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
});
afterAll(async () => {
  for (const server of [secure, plain]) {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  }
});
beforeEach(() => {
  asked = [];
});

const hosts = (text: string) => fetchHostsSchema.parse(text);
const loopback = async () => ['127.0.0.1'];

/** From files.test, which is this machine and may be. */
function fetching(url: string, parts: Partial<FetchParts> = {}, more = '') {
  const own = `files.test:${port(secure)}`;
  const settings = { hosts: hosts(`${own},inside.test:${port(secure)}${more}`), privateHosts: hosts(own) };
  const fetcher = createFileFetcher(settings, { resolve: loopback, certificates: certificate, ...parts });
  return fetcher.fetch(url.startsWith('/') ? `https://${own}${url}` : url, MAX_BYTES);
}

async function refusal(url: string, ...more: [Partial<FetchParts>?, string?]): Promise<string> {
  const error: unknown = await fetching(url, ...more).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(Problem);
  expect((error as Problem).issues).toMatchObject([{ path: 'url' }]);
  return (error as Problem).issues[0]!.message;
}

describe('a file at an address', () => {
  it('is read from a host that is allowed, also behind a redirect, and compressed', async () => {
    expect(String(await fetching('/table.csv'))).toBe(table);
    expect(String(await fetching('/here'))).toBe(table);
    expect(Buffer.from(await fetching('/gzip'))).toEqual(gzipSync(table));
  });

  it.each([
    ['of another host', 'https://other.test/table.csv', /not in HYPERSEARCH_FETCH_HOSTS/],
    ['of another port', 'https://files.test/table.csv', /not in HYPERSEARCH_FETCH_HOSTS/],
    ['without encryption', '/plain', /http:\/\/files\.test.*not in HYPERSEARCH_FETCH_HOSTS/],
    ['of another protocol', 'file:///etc/hostname', /not in HYPERSEARCH_FETCH_HOSTS/],
    ['that is none', 'table.csv', /must be a URL/],
    [
      'with a password',
      'https://me:secret@files.test/table.csv',
      /^https:\/\/files\.test\/table\.csv must not contain a user/,
    ],
    ['that redirects to another host', '/elsewhere', /elsewhere\.test.*not in HYPERSEARCH_FETCH_HOSTS/],
    ['that redirects for ever', '/for-ever', /redirects more than 5 times/],
    ['of a file that is too large, as it says', '/announced', /has more than 10000 bytes/],
    ['of a file that is too large, and does not say so', '/unannounced', /has more than 10000 bytes/],
    ['of an unknown encoding', '/brotli', /encoded as br/],
    ['of nothing', '/gone', /answered 410/],
  ])('is refused: one %s', async (_, url, message) => {
    expect(await refusal(url)).toMatch(message);
  });

  it('is refused if it is inside the network, before anything connects', async () => {
    expect(await refusal(`https://inside.test:${port(secure)}/table.csv`)).toMatch(/that is not public/);
    expect(asked).toEqual([]);
    expect(await refusal('/inside')).toMatch(/inside\.test.*that is not public/);
    expect(asked).toEqual(['/inside']);
  });

  it('is refused if one of its addresses is inside the network', async () => {
    const resolve = async () => ['93.184.215.14', '10.0.0.1'];
    expect(await refusal(`https://inside.test:${port(secure)}/`, { resolve })).toMatch(/that is not public/);
  });

  it.each(['127.0.0.1', '[::1]', '2130706433', '[::ffff:127.0.0.1]'])(
    'is refused at the address %s',
    async (address) => {
      const name = new URL(`http://${address}`).hostname;
      const url = `http://${address}:${port(plain)}/table.csv`;
      expect(await refusal(url, {}, `,http://${name}:${port(plain)}`)).toMatch(/that is not public/);
      expect(asked).toEqual([]);
    },
  );

  it('is read from the address that was checked, though the name has another one by then', async () => {
    let times = 0;
    const resolve = async () => (times++ === 0 ? ['127.0.0.1'] : ['192.0.2.1']);
    expect(String(await fetching('/table.csv', { resolve }))).toBe(table);
    expect(times).toBe(1);
  });

  it('is refused if it takes too long: the file, or the name', async () => {
    expect(await refusal('/slow', { seconds: 0.2 })).toMatch(/takes longer than 0\.2 s/);
    const never = new Promise<string[]>(() => undefined);
    expect(await refusal('/table.csv', { seconds: 0.2, resolve: () => never })).toMatch(/takes longer than 0\.2 s/);
  });

  it('is refused if the certificate is of nobody known, or of another host', async () => {
    const trusted = createFileFetcher(
      { hosts: hosts(`files.test:${port(secure)}`), privateHosts: hosts(`files.test:${port(secure)}`) },
      { resolve: loopback },
    );
    await expect(trusted.fetch(`https://files.test:${port(secure)}/table.csv`, MAX_BYTES)).rejects.toThrow(
      /self-signed certificate/,
    );
    const other = `another.test:${port(secure)}`;
    const fetcher = createFileFetcher(
      { hosts: hosts(other), privateHosts: hosts(other) },
      { resolve: loopback, certificates: certificate },
    );
    await expect(fetcher.fetch(`https://${other}/table.csv`, MAX_BYTES)).rejects.toThrow(/does not match certificate/);
    expect(asked).toEqual([]);
  });
});

it('addresses of the public internet are told from others', () => {
  const others = `0.0.0.0 10.1.2.3 100.64.0.1 127.0.0.1 127.9.9.9 169.254.169.254 172.16.0.1 192.168.1.1 192.0.0.1 198.18.0.1 203.0.113.1 224.0.0.1
    240.0.0.1 255.255.255.255 :: ::1 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 64:ff9b::7f00:1 2002:7f00:1:: 2001:db8::1 fc00::1 fd12::1 fe80::1 fec0::1 ff02::1
    4000::1 localhost`;
  expect(others.split(/\s+/).filter(isPublicAddress)).toEqual([]);
  const some = ['93.184.215.14', '8.8.8.8', '172.32.0.1', '2606:4700::1111', '::ffff:8.8.8.8'];
  expect(some.filter((one) => !isPublicAddress(one))).toEqual([]);
});

describe('the list of hosts', () => {
  it('has names, names below one, ports and protocols', () => {
    expect(hosts('data.example.org, *.Example.org:8443,http://[::1]')).toEqual([
      { name: 'data.example.org', wildcard: false, port: undefined, http: false },
      { name: 'example.org', wildcard: true, port: 8443, http: false },
      { name: '[::1]', wildcard: false, port: undefined, http: true },
    ]);
    expect(fetchHostsSchema.safeParse('https://a.org/path').error?.message).toMatch(/must be names such as/);
    expect(fetchHostsSchema.safeParse('*').success).toBe(false);
  });

  it('a wildcard allows the names below it alone', async () => {
    const fetcher = createFileFetcher({ hosts: hosts('*.example.org'), privateHosts: [] }, { resolve: loopback });
    const outcome = (name: string) => fetcher.fetch(`https://${name}/`, 1).catch((error: unknown) => String(error));
    expect(await outcome('a.b.example.org')).toMatch(/that is not public/);
    for (const name of ['example.org', 'badexample.org', 'example.org.evil.test'])
      expect(await outcome(name)).toMatch(/not in HYPERSEARCH_FETCH_HOSTS/);
  });
});

describe('a service', () => {
  it('reads no file from an address unless it is told to', async () => {
    const service = await startTestService({}, 'api');
    try {
      const url = encodeURIComponent(`http://localhost:${port(plain)}/table.csv`);
      for (const path of ['datasets/preview?', 'datasets?name=far&']) {
        const response = await fetch(`${service.url}/v1/${path}url=${url}`, { method: 'POST' });
        expect(response.status).toBe(400);
        expect(await response.json()).toMatchObject({
          code: 'invalidRequest',
          faults: [{ path: 'url', message: expect.stringMatching(/an operator may allow hosts/) }],
        });
      }
      expect(asked).toEqual([]);
    } finally {
      await service.close();
    }
  });

  it('previews and stores a file from a host that is allowed', async () => {
    const own = hosts(`http://localhost:${port(plain)}`);
    const service = await startTestService({ fetch: { hosts: own, privateHosts: own } }, 'api');
    try {
      const address = `http://localhost:${port(plain)}/here`;
      const preview = await fetch(`${service.url}/v1/datasets/preview?url=${encodeURIComponent(address)}`, {
        method: 'POST',
      });
      expect(await preview.json()).toMatchObject({ rows: 20, target: 'kind' });
      const added = await service.client.addDataset({ name: 'far', ignore: ['b'] }, address);
      expect(added).toMatchObject({ rows: 20, features: 1 });
      expect(await service.client.csv('far')).toBe(table);
      // The command line names it after the end of the address, and sends what is no address itself.
      expect(
        await datasets(service.client, ['add', `http://localhost:${port(plain)}/table.csv`, '--ignore', 'a']),
      ).toBe(0);
      expect(await service.client.dataset('table')).toMatchObject({ rows: 20, featureNames: ['b'] });
      expect(await datasets(service.client, ['add', 'test/fixtures/table.csv.zst', '--name', 'near'])).toBe(0);
      expect((await service.client.dataset('near')).reading.compression).toBe('zstd');
      const both = await fetch(`${service.url}/v1/datasets?name=both&url=${encodeURIComponent(address)}`, {
        method: 'POST',
        body: table,
        headers: { 'content-type': 'text/csv' },
      });
      expect(both.status).toBe(400);
      expect(await both.text()).toMatch(/must be left out where the body is a file/);
      await expect(service.client.dataset('both')).rejects.toThrow(/no data set both/);
    } finally {
      await service.close();
    }
  });
});
