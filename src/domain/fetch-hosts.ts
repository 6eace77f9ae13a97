/** The hosts from which an operator lets the service read files: HYPERSEARCH_FETCH_HOSTS. */
import { z } from 'zod';

export interface FetchHost {
  /** Lower case; of a wildcard what follows `*.`. */
  readonly name: string;
  /** `*.example.org`: every name below it, and not itself. */
  readonly wildcard: boolean;
  /** Undefined for that of the protocol. */
  readonly port: number | undefined;
  /** Whether `http:` is allowed, and not `https:` alone. */
  readonly http: boolean;
}

const written =
  /^(?<http>http:\/\/)?(?<wildcard>\*\.)?(?<name>[a-z0-9_-]+(?:\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\])(?::(?<port>\d{1,5}))?$/;

export interface FetchSettings {
  /** Nothing is read if it is empty. */
  readonly hosts: readonly FetchHost[];
  /** Those of them whose addresses may be private. */
  readonly privateHosts: readonly FetchHost[];
}

/** Names separated by commas. */
export const fetchHostsSchema = z.string().transform((text, context): FetchHost[] =>
  text.split(',').map((entry) => {
    const parts = written.exec(entry.trim().toLowerCase())?.groups;
    if (parts === undefined)
      context.addIssue({
        code: 'custom',
        message: `must be names such as data.example.org, *.example.org, data.example.org:8443 or http://data.example.org; ${entry.trim()} is none`,
      });
    return {
      name: parts?.['name'] ?? '',
      wildcard: parts?.['wildcard'] !== undefined,
      port: parts?.['port'] === undefined ? undefined : Number(parts['port']),
      http: parts?.['http'] !== undefined,
    };
  }),
);

/** Whether an entry of the list allows an address. */
export function isAllowed(hosts: readonly FetchHost[], url: URL): boolean {
  // A name may end in a dot, which means the same.
  const asked = url.hostname.toLowerCase().replace(/\.$/, '');
  const port = url.port === '' ? undefined : Number(url.port);
  return hosts.some(
    (host) =>
      (host.wildcard ? asked.endsWith(`.${host.name}`) : asked === host.name) &&
      host.port === port &&
      (url.protocol === 'https:' || (host.http && url.protocol === 'http:')),
  );
}
