/** The API client of the command line, over HTTP and a websocket. */
import type { IncomingMessage } from 'node:http';
import { json as readJson } from 'node:stream/consumers';
import WebSocket from 'ws';
import { requestLine, type Target } from '../client/request.ts';
import type { Answer, EndpointName, Query } from '../contract/http.ts';
import type { ImportRequest } from '../contract/imports.ts';
import type { NewKey } from '../contract/keys.ts';
import type { ModelFile, NewModelRequest } from '../contract/models.ts';
import type { ProblemDocument } from '../contract/problem.ts';
import type { SearchMessage } from '../contract/stream.ts';
import type { ProjectLimits, ProjectLimitsChange } from '../domain/project.ts';
import type { RawRow } from '../models/predictions.ts';

/** The service refused a request; the message lists all issues. */
class Refused extends Error {
  constructor(document: Partial<ProblemDocument>) {
    const issues = (document.faults ?? []).map(({ path, message }) => `  ${path}: ${message}`);
    super([document.title ?? 'refused', ...(issues.length > 0 ? issues : [`  ${document.detail ?? ''}`])].join('\n'));
    this.name = 'Refused';
  }
}

/** `key`: an API key, if the service needs one. */
export function createClient(url: string, key?: string) {
  const authorization = key === undefined ? {} : { authorization: `Bearer ${key}` };
  const request = async <Name extends EndpointName>(
    name: Name,
    target: Target<Name>,
    body?: unknown,
  ): Promise<Response> => {
    const { method, path } = requestLine(name, target);
    const { headers, ...content } = body === undefined ? { headers: {} } : contentOf(body);
    let response: Response;
    try {
      response = await fetch(`${url}${path}`, { method, ...content, headers: { ...headers, ...authorization } });
    } catch {
      throw new Error(`there is no hypersearch at ${url}; start one with npm start, or set HYPERSEARCH_URL`);
    }
    if (!response.ok)
      throw new Refused((await response.json().catch(() => ({ title: response.statusText }))) as object);
    return response;
  };
  const json = async <Name extends EndpointName>(
    name: Name,
    target: Target<Name>,
    body?: unknown,
  ): Promise<Answer<Name>> => (await (await request(name, target, body)).json()) as Answer<Name>;

  return {
    url,
    create: (specification: unknown) => json('POST /v1/searches', {}, specification),
    /** Stores nothing. */
    importSpace: (file: ImportRequest) => json('POST /v1/imports', {}, file),
    /** `file`: its bytes. */
    importTrials: (file: Uint8Array, query: Query<'POST /v1/imports/trials'>) =>
      json('POST /v1/imports/trials', { query }, file),
    /** The newest, of a project or of all. */
    list: (project?: string) => json('GET /v1/searches', { query: { limit: 50, project } }),
    search: (id: string) => json('GET /v1/searches/:id', { params: { id } }),
    cancel: (id: string) => json('POST /v1/searches/:id/cancel', { params: { id } }),
    best: (id: string, limit: number) => json('GET /v1/searches/:id/best', { params: { id }, query: { limit } }),
    confirmation: (id: string) => json('GET /v1/searches/:id/confirmation', { params: { id } }),
    findings: (id: string) => json('GET /v1/searches/:id/findings', { params: { id } }),
    whatIf: (id: string) => json('GET /v1/searches/:id/what-if', { params: { id } }),
    /** For a search or a specification. */
    preflight: (of: { id: string } | { specification: unknown }) =>
      'id' in of
        ? json('GET /v1/searches/:id/preflight', { params: { id: of.id } })
        : json('POST /v1/searches/preflight', {}, of.specification),
    trial: (id: string, number: number) => json('GET /v1/searches/:id/trials/:number', { params: { id, number } }),
    /** The service validates the format. */
    export: (id: string, format: string) =>
      request('GET /v1/searches/:id/export', { params: { id }, query: { format: format as 'csv' } }),
    /** The newest version unless a hash is given. */
    dataset: (name: string, hash?: string) => json('GET /v1/datasets/:name', { params: { name }, query: { hash } }),
    csv: async (name: string, hash?: string) =>
      (await request('GET /v1/datasets/:name/csv', { params: { name }, query: { hash } })).text(),
    /** `file`: its content, or its address. */
    addDataset: (query: Query<'POST /v1/datasets'>, file: Uint8Array | string) =>
      typeof file === 'string'
        ? json('POST /v1/datasets', { query: { ...query, url: file } })
        : json('POST /v1/datasets', { query }, file),
    rows: (name: string, format: string) =>
      request('GET /v1/datasets/:name/rows', { params: { name }, query: { format: format as 'csv' } }),
    trialRows: (id: string, number: number, format: string) =>
      request('GET /v1/searches/:id/trials/:number/rows', {
        params: { id, number },
        query: { format: format as 'csv' },
      }),
    createModel: (id: string, model: NewModelRequest) =>
      json('POST /v1/searches/:id/models', { params: { id } }, model),
    models: (search?: string) => json('GET /v1/models', { query: { limit: 50, search } }),
    model: (id: string) => json('GET /v1/models/:id', { params: { id } }),
    modelFile: async (id: string, file: ModelFile) =>
      Buffer.from(await (await request('GET /v1/models/:id/files/:file', { params: { id, file } })).arrayBuffer()),
    /** Rows as objects, or CSV: its text, or the bytes of a file. */
    predict: (id: string, rows: readonly RawRow[] | string | Uint8Array) =>
      json('POST /v1/models/:id/predict', { params: { id } }, isCsv(rows) ? rows : { rows }),
    usage: () => json('GET /v1/usage', {}),
    keys: () => json('GET /v1/keys', {}),
    createKey: (newKey: NewKey) => json('POST /v1/keys', {}, newKey),
    sessions: () => json('GET /v1/sessions', {}),
    endSession: (id: string) => request('DELETE /v1/sessions/:id', { params: { id } }),
    revokeKey: (id: string) => request('DELETE /v1/keys/:id', { params: { id } }),
    projects: () => json('GET /v1/projects', {}),
    project: (name: string) => json('GET /v1/projects/:name', { params: { name } }),
    createProject: (project: { readonly name: string; readonly limits: ProjectLimits }) =>
      json('POST /v1/projects', {}, project),
    changeProject: (name: string, limits: ProjectLimitsChange) =>
      json('PATCH /v1/projects/:name', { params: { name } }, { limits }),
    removeProject: (name: string) => request('DELETE /v1/projects/:name', { params: { name } }),
    stream: (id: string, after?: number) => stream(url, authorization, id, after),
  };
}

function isCsv(body: unknown): body is string | Uint8Array {
  return typeof body === 'string' || body instanceof Uint8Array;
}

/** Texts and bytes are CSV; anything else is sent as JSON. */
function contentOf(body: unknown): {
  readonly body: string | Buffer<ArrayBuffer>;
  readonly headers: Record<string, string>;
} {
  const [content, type] = isCsv(body) ? [Buffer.from(body), 'text/csv'] : [JSON.stringify(body), 'application/json'];
  return { body: content, headers: { 'content-type': type } };
}

export type ApiClient = ReturnType<typeof createClient>;

/**
 * A snapshot and all later messages of a search, or with `from` all messages after that seq. Reconnects with the last seq, so no event is missed or repeated. Throws `Refused` if
 * retrying cannot help, for example after the search was deleted.
 */
async function* stream(
  url: string,
  headers: Readonly<Record<string, string>>,
  id: string,
  from?: number,
): AsyncGenerator<SearchMessage> {
  let after = from;
  for (let pause = 100; ; pause = Math.min(pause * 2, 5000)) {
    const query = after === undefined ? '' : `?after=${after}`;
    const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/v1/searches/${id}/events${query}`, { headers });
    try {
      for await (const message of messagesOf(socket)) {
        if ('seq' in message) after = message.seq;
        pause = 100;
        yield message;
        if (message.type === 'removed') return;
      }
    } catch (error) {
      if (error instanceof Refused) throw error;
      // The service may be restarting: reconnect.
    } finally {
      socket.terminate();
    }
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

async function* messagesOf(socket: WebSocket): AsyncGenerator<SearchMessage> {
  const arrived: SearchMessage[] = [];
  let over = false;
  let wake = () => {};
  socket.on('message', (data) => {
    arrived.push(JSON.parse(String(data)) as SearchMessage);
    wake();
  });
  const end = () => {
    over = true;
    wake();
  };
  socket.on('close', end);
  socket.on('error', end);
  let refused: Refused | undefined;
  const onResponse = async (response: IncomingMessage) => {
    const { statusCode = 500 } = response;
    // Rate limits and errors of a proxy are temporary.
    if (statusCode < 500 && statusCode !== 429) refused = new Refused(await documentOf(response));
    end();
  };
  socket.on('unexpected-response', (_request, response) => void onResponse(response));
  while (!over || arrived.length > 0) {
    const message = arrived.shift();
    if (message !== undefined) yield message;
    else {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }
  if (refused !== undefined) throw refused;
}

/** The problem document of a response, or its status if there is none. */
async function documentOf(response: IncomingMessage): Promise<object> {
  try {
    return (await readJson(response)) as object;
  } catch {
    return { title: response.statusMessage };
  }
}
