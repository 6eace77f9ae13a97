/**
 * Keys of one project, and what they may reach: the one place where this is decided, from what the contract says of each endpoint
 * (contract/reach.ts). For such a key nothing of other projects exists.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ProjectStore } from '../application/ports/project-store.ts';
import { type Reach, type Reference, reachOf, type Thing } from '../contract/reach.ts';
import { builtinDatasets } from '../data/builtin.ts';
import { DEFAULT_PROJECT } from '../domain/project.ts';
import { Problem } from '../errors.ts';

type Projects = Pick<ProjectStore, 'ownerOf' | 'exists'>;

const names: Readonly<Record<Thing, string>> = {
  search: 'search',
  model: 'model',
  dataset: 'data set',
  project: 'project',
  key: 'key',
  session: 'session',
};

/** Runs before requests are validated: what is wrong with a request must not say that something exists. */
export function keepToProjects(app: FastifyInstance, projects: Projects): void {
  app.addHook('preValidation', async (request) => {
    const { method, routeOptions, principal } = request;
    const { url, config } = routeOptions;
    if (config.isOpen || url === undefined) return;
    const name = `${method === 'HEAD' ? 'GET' : method} ${url}`;
    const reach = reachOf(name);
    if (reach === 'everyone') return;
    const own = principal?.project ?? undefined;
    if (reach === 'service') {
      if (own === undefined) return;
      throw new Problem(
        'forbidden',
        `${principal!.name} is a key of the project ${own}; ${name} concerns the whole service`,
      );
    }
    if (own !== undefined) await refuseOthers(projects, request, reach, own);
    const owner = await projectOf(projects, request, reach, own);
    for (const reference of reach.references ?? []) await checkReference(projects, request, reference, own, owner);
  });
}

async function refuseOthers(projects: Projects, request: FastifyRequest, { path }: Reach, own: string): Promise<void> {
  const name = path && textIn(request.params, [path.parameter]);
  if (path === undefined || name === undefined || !canBe(path.thing, name)) return;
  if (isBuiltIn(path.thing, name) || (await projects.ownerOf(path.thing, name)) === own) return;
  throw new Problem('notFound', `there is no ${names[path.thing]} ${name}`);
}

/** The project of what is made, where the request makes something. That of the key is put where the request would have named one. */
async function projectOf(
  projects: Projects,
  request: FastifyRequest,
  { project }: Reach,
  own: string | undefined,
): Promise<string | undefined> {
  if (project === undefined) return own;
  const part = project.in === 'body' ? request.body : request.query;
  // What is no object is refused by the validation.
  if (typeof part !== 'object' || part === null || Array.isArray(part)) return own;
  const record = part as { project?: unknown };
  const asked = record.project ?? undefined;
  const isText = typeof asked === 'string';
  const isThere =
    asked === undefined || (own === undefined ? !isText || (await isKnown(projects, asked)) : asked === own);
  if (!isThere) {
    const message = `there is no project ${JSON.stringify(asked)}`;
    throw new Problem('notFound', message, [{ path: 'project', message }]);
  }
  if (own !== undefined) record.project = own;
  return own ?? (isText ? asked : project.as === 'owner' ? DEFAULT_PROJECT : undefined);
}

async function isKnown(projects: Projects, name: string): Promise<boolean> {
  return name === DEFAULT_PROJECT || projects.exists(name);
}

/**
 * What a request names, besides by its path, must belong to the project of the key, and to that of what it makes: then whoever may see a search may
 * see what it was made from.
 */
async function checkReference(
  projects: Projects,
  request: FastifyRequest,
  { thing, in: place, at }: Reference,
  own: string | undefined,
  owner: string | undefined,
): Promise<void> {
  const name = textIn(place === 'body' ? request.body : request.query, at);
  if (owner === undefined || name === undefined || !canBe(thing, name) || isBuiltIn(thing, name)) return;
  const actual = await projects.ownerOf(thing, name);
  if (actual === owner) return;
  // Without a project of its own, the key may know what there is; the use case refuses what is not there.
  if (own === undefined && actual === undefined) return;
  const path = at.join('.');
  const message =
    own === undefined
      ? `must be of the project ${owner}, got ${name}, which is of ${actual}`
      : `there is no ${names[thing]} ${JSON.stringify(name)}`;
  throw new Problem('invalidRequest', `${path}: ${message}`, [{ path, message }]);
}

function textIn(part: unknown, at: readonly string[]): string | undefined {
  let value = part;
  for (const key of at) {
    value = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined;
  }
  return typeof value === 'string' ? value : undefined;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** What cannot be the name of anything is refused by the validation. */
function canBe(thing: Thing, name: string): boolean {
  return thing === 'dataset' || thing === 'project' || UUID.test(name);
}

function isBuiltIn(thing: Thing, name: string): boolean {
  return thing === 'dataset' && builtinDatasets.some((known) => known.name === name);
}
