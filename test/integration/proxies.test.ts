/** Behind a proxy: who asks is what a trusted one says, and nobody else. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { startTestService, type TestService } from '../support/service.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService({ trustedProxies: ['127.0.0.1', '10.1.0.0/16'] }, 'api');
});
afterAll(() => service?.close());

/** How many requests are left to the one that sends this. */
async function left(forwardedFor: string, headers: Record<string, string> = {}): Promise<number> {
  const response = await fetch(`${service.url}/v1/searches`, {
    headers: { 'x-forwarded-for': forwardedFor, ...headers },
  });
  expect(response.status).toBe(200);
  return Number(response.headers.get('x-ratelimit-remaining'));
}

it('requests are counted by the address of who sends them, through several proxies too', async () => {
  const first = await left('203.0.113.7');
  expect(await left('203.0.113.8')).toBe(first);
  expect(await left('203.0.113.7')).toBe(first - 1);
  expect(await left('203.0.113.7, 10.1.2.3')).toBe(first - 2);
});

it('what a client says of itself before the proxy does not count', async () => {
  const first = await left('198.51.100.1, 203.0.113.9');
  expect(await left('198.51.100.2, 203.0.113.9')).toBe(first - 1);
});

it('a page of another site cannot pass for this one by the header of a proxy', async () => {
  const { port } = new URL(service.url);
  const { request } = await import('node:http');
  const status = await new Promise((resolve, reject) => {
    const headers = { host: 'elsewhere.example', 'x-forwarded-host': 'localhost' };
    request({ port, path: '/v1/searches', headers }, (response) => resolve(response.resume().statusCode))
      .on('error', reject)
      .end();
  });
  expect(status).toBe(403);
});

it('without trusted proxies their headers say nothing', async () => {
  service = await service.restart({ trustedProxies: [] });
  const first = await left('203.0.113.7');
  expect(await left('203.0.113.8')).toBe(first - 1);
});

describe('the setting', () => {
  it('is a list of addresses and networks', () => {
    const of = (text: string) => readConfig({ HYPERSEARCH_TRUSTED_PROXIES: text }).trustedProxies;
    expect(of('10.0.0.7, 10.1.0.0/16,fd00::/8')).toEqual(['10.0.0.7', '10.1.0.0/16', 'fd00::/8']);
    expect(of('')).toEqual([]);
    expect(() => of('10.0.0.7, proxy.example')).toThrow(/HYPERSEARCH_TRUSTED_PROXIES.*must be.*proxy\.example/s);
  });
});
