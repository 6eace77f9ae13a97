/** What an endpoint touches of projects: from here alone it is decided whether a key of one project may use it (api/project-access.ts). */
import type { EndpointName } from './http.ts';

/** What belongs to a project. */
export type Thing = 'search' | 'model' | 'dataset' | 'project' | 'key' | 'session';

/** A place where a request names something: `at` leads through objects. */
export interface Reference {
  readonly thing: Thing;
  readonly in: 'querystring' | 'body';
  readonly at: readonly string[];
}

export interface Reach {
  /** What the path names. */
  readonly path?: { readonly thing: Thing; readonly parameter: 'id' | 'name' };
  /**
   * Where the request may name a project: a list has only what belongs to it (`filter`), or what is made, or would be, belongs to it
   * (`owner`). The project of a key is put there.
   */
  readonly project?: { readonly as: 'filter' | 'owner'; readonly in: 'querystring' | 'body' };
  readonly references?: readonly Reference[];
}

const filtered: Reach = { project: { as: 'filter', in: 'querystring' } };
const specified: Reach = {
  project: { as: 'owner', in: 'body' },
  references: [
    { thing: 'dataset', in: 'body', at: ['dataset'] },
    { thing: 'search', in: 'body', at: ['warmStart', 'search'] },
  ],
};

/** Endpoints whose path does not name a thing of a project. */
const reaches: Readonly<Record<string, Reach | 'everyone'>> = {
  'GET /v1/searches': filtered,
  'GET /v1/models': filtered,
  'GET /v1/datasets': filtered,
  'GET /v1/events': filtered,
  'GET /v1/projects': filtered,
  'GET /v1/keys': filtered,
  'GET /v1/sessions': filtered,
  'POST /v1/searches': specified,
  'POST /v1/searches/dry-run': specified,
  'POST /v1/searches/preflight': specified,
  'POST /v1/keys': { project: { as: 'owner', in: 'body' } },
  'POST /v1/datasets': { project: { as: 'owner', in: 'querystring' } },
  'POST /v1/imports': { references: [{ thing: 'dataset', in: 'body', at: ['dataset'] }] },
  'POST /v1/imports/trials': {
    project: { as: 'owner', in: 'querystring' },
    references: [{ thing: 'dataset', in: 'querystring', at: ['dataset'] }],
  },
  // Nothing in them belongs to a project.
  'POST /v1/datasets/preview': 'everyone',
  'GET /v1/examples': 'everyone',
  'GET /v1/session': 'everyone',
  'POST /v1/session': 'everyone',
  'DELETE /v1/session': 'everyone',
  'GET /v1/session/methods': 'everyone',
  'GET /v1/session/oidc': 'everyone',
  'GET /v1/session/oidc/callback': 'everyone',
  'POST /v1/session/oidc/logout': 'everyone',
  'GET /healthz': 'everyone',
  'GET /readyz': 'everyone',
} satisfies Partial<Record<EndpointName, Reach | 'everyone'>>;

const paths: readonly (readonly [prefix: RegExp, path: Required<Reach>['path']])[] = [
  [/^\w+ \/v1\/searches\/:id(\/|$)/, { thing: 'search', parameter: 'id' }],
  [/^\w+ \/v1\/models\/:id(\/|$)/, { thing: 'model', parameter: 'id' }],
  [/^\w+ \/v1\/datasets\/:name(\/|$)/, { thing: 'dataset', parameter: 'name' }],
  [/^DELETE \/v1\/keys\/:id$/, { thing: 'key', parameter: 'id' }],
  [/^DELETE \/v1\/sessions\/:id$/, { thing: 'session', parameter: 'id' }],
  [/^GET \/v1\/projects\/:name$/, { thing: 'project', parameter: 'name' }],
];

/** Of what the document of the API has, besides endpoints. */
const documents = /^GET \/(docs(\/.*)?|openapi\.json)$/;

/**
 * `name`: method and path, like `GET /v1/searches`. Whatever is not listed here concerns the whole service (`service`), so that a route that
 * somebody adds is closed to the keys of one project until it says what it touches.
 */
export function reachOf(name: string): Reach | 'everyone' | 'service' {
  const path = paths.find(([prefix]) => prefix.test(name))?.[1];
  if (path !== undefined) return { path };
  return reaches[name] ?? (documents.test(name) ? 'everyone' : 'service');
}
