/**
 * Reads files from hosts that an operator allows. What a user gives is an address to which the service connects from inside its network, so every hop is
 * checked: the name against the list, and the address to which it resolves, which is the one that is connected to.
 */
import { lookup } from 'node:dns/promises';
import http from 'node:http';
import https from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import type { FileFetcher } from '../../application/ports/dataset-store.ts';
import { sharedFile } from '../../application/shared-file.ts';
import { type FetchSettings, isAllowed } from '../../domain/fetch-hosts.ts';
import { messageOf, Problem } from '../../errors.ts';
import { isPublicAddress } from './public-address.ts';

export interface FetchParts {
  /** The addresses of a name. */
  resolve(name: string): Promise<readonly string[]>;
  /** Of the whole, with its redirects. */
  readonly seconds: number;
  /** Certificates that are trusted besides those of Node, as PEM. */
  readonly certificates?: string;
}

const MAX_REDIRECTS = 5;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const OK = 200;
/** Files that are compressed in this way are decompressed when they are read. */
const READ_ENCODINGS: ReadonlySet<string> = new Set(['', 'identity', 'gzip', 'x-gzip', 'zstd']);
const MAX_HEADER_BYTES = 32 * 1024;

const standard: FetchParts = {
  resolve: async (name) => (await lookup(name, { all: true })).map(({ address }) => address),
  seconds: 60,
};

/** Errors are problems of the parameter `url`. */
export function createFileFetcher(settings: FetchSettings, parts: Partial<FetchParts> = {}): FileFetcher {
  const used = { ...standard, ...parts };
  return {
    fetch: async (given, maxBytes) => {
      const signal = AbortSignal.timeout(used.seconds * 1000);
      try {
        return await followed(given, { ...used, settings, maxBytes, signal });
      } catch (error) {
        if (error instanceof Problem) throw error;
        const what = signal.aborted ? `takes longer than ${used.seconds} s, which is the limit` : messageOf(error);
        throw refusal(given, what);
      }
    },
  };
}

interface Fetching extends FetchParts {
  readonly settings: FetchSettings;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

async function followed(given: string, fetching: Fetching): Promise<Buffer> {
  let url = parsed(given, undefined);
  for (let hops = 0; hops <= MAX_REDIRECTS; hops++) {
    const answer = await oneRequest(url, fetching);
    if (Buffer.isBuffer(answer)) return answer;
    url = parsed(answer.location, url);
  }
  throw refusal(given, `redirects more than ${MAX_REDIRECTS} times`);
}

function parsed(text: string, base: URL | undefined): URL {
  if (!URL.canParse(text, base?.href)) throw refusal(text, 'must be a URL, such as https://data.example.org/table.csv');
  const url = new URL(text, base?.href);
  if (url.username !== '' || url.password !== '')
    throw refusal(withoutUser(url), 'must not contain a user or password');
  return url;
}

/** Passwords stand in no answer. */
function withoutUser(url: URL): string {
  const shown = new URL(url);
  shown.username = '';
  shown.password = '';
  return shown.href;
}

async function oneRequest(url: URL, fetching: Fetching): Promise<Buffer | { readonly location: string }> {
  const address = await checkedAddress(url, fetching);
  const response = await respond(url, address, fetching);
  const { statusCode = 0, headers } = response;
  try {
    if (REDIRECTS.has(statusCode) && headers.location !== undefined) return { location: headers.location };
    if (statusCode !== OK) throw refusal(url.href, `answered ${statusCode}`);
    const encoding = (headers['content-encoding'] ?? '').trim().toLowerCase();
    if (!READ_ENCODINGS.has(encoding)) throw refusal(url.href, `is encoded as ${encoding}, which cannot be read`);
    return await bodyOf(response, url, fetching.maxBytes);
  } finally {
    response.destroy();
  }
}

/** Throws unless the name is allowed and all its addresses are. */
async function checkedAddress(url: URL, { settings, resolve, signal }: Fetching): Promise<string> {
  if (!isAllowed(settings.hosts, url)) {
    const message =
      settings.hosts.length === 0
        ? 'cannot be read: this service reads no files from addresses; an operator may allow hosts with HYPERSEARCH_FETCH_HOSTS'
        : `is not allowed: ${url.protocol}//${url.host} is not in HYPERSEARCH_FETCH_HOSTS`;
    throw refusal(url.href, message);
  }
  const name = url.hostname.replace(/^\[|\]$/g, '');
  const addresses = isIP(name) > 0 ? [name] : await Promise.race([resolve(name), aborted(signal)]);
  const [first] = addresses;
  if (first === undefined) throw refusal(url.href, 'has a host name that cannot be resolved');
  const mayBePrivate = isAllowed(settings.privateHosts, url);
  if (!mayBePrivate && !addresses.every(isPublicAddress))
    throw refusal(url.href, 'resolves to an address that is not public');
  return first;
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}

/** Connects to `address`, whatever the name has become since it was looked up. */
function respond(url: URL, address: string, { signal, certificates }: Fetching): Promise<http.IncomingMessage> {
  const family = isIP(address);
  const fixed: LookupFunction = (_name, { all }, done) =>
    all ? done(null, [{ address, family }]) : done(null, address, family);
  const options = {
    signal,
    lookup: fixed,
    // A connection of its own: none that was made for another name is used.
    agent: false,
    maxHeaderSize: MAX_HEADER_BYTES,
    headers: { 'accept-encoding': 'identity', 'user-agent': 'hypersearch' },
  };
  return new Promise((resolve, reject) => {
    const request =
      url.protocol === 'https:'
        ? https.get(url, { ...options, ...(certificates !== undefined && { ca: certificates }) })
        : http.get(url, options);
    request.once('response', resolve);
    request.once('error', reject);
  });
}

async function bodyOf(response: http.IncomingMessage, url: URL, maxBytes: number): Promise<Buffer> {
  const tooLarge = () => refusal(url.href, `has more than ${maxBytes} bytes, which is the limit`);
  if (Number(response.headers['content-length'] ?? 0) > maxBytes) throw tooLarge();
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) throw tooLarge();
    chunks.push(chunk);
  }
  return sharedFile(chunks);
}

const LONGEST_SHOWN = 200;

function refusal(url: string, message: string): Problem {
  const shown = url.length > LONGEST_SHOWN ? `${url.slice(0, LONGEST_SHOWN)}…` : url;
  return new Problem('invalidRequest', `the file cannot be read from its address: ${shown} ${message}`, [
    { path: 'url', message: `${shown} ${message}` },
  ]);
}
