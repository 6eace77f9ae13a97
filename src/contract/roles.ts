/** Which role an endpoint needs. */
import type { Role } from '../domain/api-key.ts';
import type { EndpointName } from './http.ts';

/** They store nothing. */
const readers: ReadonlySet<string> = new Set<EndpointName>([
  'POST /v1/searches/dry-run',
  'POST /v1/searches/preflight',
  'POST /v1/searches/:id/refine/dry-run',
  'POST /v1/datasets/preview',
  'POST /v1/imports',
  'POST /v1/models/:id/predict',
]);

/** Answered without a key. */
const open: ReadonlySet<string> = new Set<EndpointName>([
  'GET /healthz',
  'GET /readyz',
  'POST /v1/session',
  'DELETE /v1/session',
  'GET /v1/session/methods',
  'GET /v1/session/oidc',
  'GET /v1/session/oidc/callback',
  'POST /v1/session/oidc/logout',
]);

/** `name`: method and path, like `GET /v1/searches`. Undefined if it is open to everyone. */
export function roleFor(name: string): Role | undefined {
  if (open.has(name)) return undefined;
  // The usage names every search, data set and model of the service.
  if (/^\w+ \/v1\/(keys|sessions|usage)/.test(name)) return 'admin';
  // The page of the queue names every search that waits.
  if (/^\w+ \/queues(\/|$)/.test(name)) return 'admin';
  const [method = ''] = name.split(' ');
  if (/^(?!GET|HEAD)\w+ \/v1\/projects/.test(name)) return 'admin';
  return ['GET', 'HEAD', 'OPTIONS'].includes(method) || readers.has(name) ? 'reader' : 'submitter';
}
