/** Converts errors to problem documents (contract/problem.ts). */
import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { finished } from 'node:stream/promises';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { endpoints } from '../contract/http.ts';
import type { ProblemDocument } from '../contract/problem.ts';
import { issuesOf } from '../domain/specification/validation-issues.ts';
import { Problem, type ProblemCode, problems, Unavailable } from '../errors.ts';

/** Of the address and the headers together: the query of an upload may list 2,000 columns. */
export const MAX_HEADER = 256 * 1024;

/** Characters of a part of a path; names have fewer. */
export const MAX_PARAMETER = 200;

/** The codes of Fastify's own errors, by status. */
const byStatus: Readonly<Record<number, ProblemCode>> = {
  400: 'invalidRequest',
  404: 'notFound',
  413: 'bodyTooLarge',
  415: 'unsupportedMediaType',
  429: 'tooManyRequests',
  503: 'unavailable',
};

export function documentOf(problem: Problem): ProblemDocument {
  const { status, title } = problems[problem.code];
  const { code, message, issues } = problem;
  return { type: `urn:hypersearch:problem:${code}`, title, status, code, detail: message, faults: issues };
}

/** Bugs are sent as `internal` without details. */
function problemOf(error: FastifyError | Error, bodyLimit: number | undefined): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof Unavailable) return new Problem('unavailable', error.message);
  const status = 'statusCode' in error ? error.statusCode : undefined;
  if (error instanceof SyntaxError || ('code' in error && String(error.code).includes('JSON'))) {
    return new Problem('invalidJson', error.message, [{ path: 'body', message: error.message }]);
  }
  const code = status === undefined ? undefined : byStatus[status];
  if (code === undefined) return new Problem('internal', 'the error was logged; no data of the search is lost');
  if (code === 'bodyTooLarge' && bodyLimit !== undefined) {
    const message = `has more than ${bodyLimit} bytes, which is the limit`;
    return new Problem(code, `the body ${message}`, [{ path: 'body', message }]);
  }
  return new Problem(code, error.message, [{ path: status === 415 ? 'content-type' : 'body', message: error.message }]);
}

function send(reply: FastifyReply, problem: Problem): FastifyReply {
  const document = documentOf(problem);
  // Node no longer counts the connection of a websocket among those that it closes: one that is refused would outlive the service.
  if (reply.request.headers.upgrade !== undefined)
    reply.raw.once('finish', () => reply.request.raw.socket.destroySoon());
  return reply.code(document.status).type('application/problem+json').serializer(JSON.stringify).send(document);
}

const MAX_DISCARDED_BYTES = 1024 ** 3;
const MAX_DISCARDING_MS = 30_000;

/**
 * Reads the rest of a body that is too large, and keeps nothing of it: a client that is still sending when the connection is closed gets an error
 * of its network, and never sees the answer.
 */
async function discardBody(request: IncomingMessage): Promise<void> {
  if (Number(request.headers['content-length'] ?? Number.POSITIVE_INFINITY) > MAX_DISCARDED_BYTES) return;
  request.resume();
  await finished(request, { signal: AbortSignal.timeout(MAX_DISCARDING_MS) }).catch(() => undefined);
}

const patterns = Object.keys(endpoints).map((name) => {
  const [method = '', template = ''] = name.split(' ');
  return { method, template, pattern: new RegExp(`^${template.replace(/:\w+/g, '[^/]+')}$`) };
});

/** The methods of the endpoints at a path; a path without parameters, as /v1/searches/dry-run, is no value of a parameter. */
function methodsOf(path: string): string[] {
  const own = patterns.filter(({ template }) => template === path);
  const found = own.length > 0 ? own : patterns.filter(({ pattern }) => pattern.test(path));
  const methods = found.map(({ method }) => method);
  return methods.includes('GET') ? ['HEAD', ...methods] : methods;
}

/** Before anything of the request is read: Fastify parses the body first, and refuses it for another reason. */
function refuseOtherMethods(app: FastifyInstance): void {
  app.addHook('onRequest', async ({ url, method }, reply) => {
    const path = url.replace(/\/?(\?.*)?$/s, '');
    const allowed = methodsOf(path);
    if (allowed.length === 0 || allowed.includes(method)) return;
    const list = allowed.join(', ');
    reply.header('allow', list);
    throw new Problem('methodNotAllowed', `${path} does not allow ${method}; it allows ${list}`);
  });
}

/** Answers requests that Node could not parse, on their socket. The option `clientErrorHandler` of Fastify. */
export function answerUnreadable(error: Error & { readonly code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  const document = documentOf(unreadable(error));
  const body = JSON.stringify(document);
  if (socket.writable)
    socket.write(
      `HTTP/1.1 ${document.status} ${STATUS_CODES[document.status]}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nContent-Type: application/problem+json\r\nConnection: close\r\n\r\n${body}`,
    );
  socket.destroy(error);
}

function unreadable({ code, message }: Error & { readonly code?: string }): Problem {
  if (code === 'HPE_HEADER_OVERFLOW')
    return new Problem('headersTooLarge', `address and headers have more than ${MAX_HEADER} bytes, which is the limit`);
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return new Problem('requestTimeout', 'the request was not complete in time; send it faster');
  return new Problem('invalidRequest', `this is not an HTTP request: ${message}`);
}

/** Answers requests whose path Fastify cannot follow to a route, before any hook. The option `frameworkErrors` of Fastify. */
export function answerUnroutable(error: FastifyError, _request: FastifyRequest, reply: FastifyReply): void {
  const problem =
    error.code === 'FST_ERR_MAX_PARAM_LENGTH'
      ? new Problem('notFound', `a part of the path has more than ${MAX_PARAMETER} characters: nothing has such a name`)
      : new Problem('invalidRequest', error.message, [{ path: 'params', message: error.message }]);
  void send(reply, problem);
}

export function registerProblems(app: FastifyInstance): void {
  app.setErrorHandler(async (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => {
    const problem = problemOf(error, request.routeOptions.bodyLimit);
    if (problem.code === 'internal') request.log.error(error);
    if (problem.code === 'bodyTooLarge') await discardBody(request.raw);
    return send(reply, problem);
  });
  refuseOtherMethods(app);
  app.setNotFoundHandler((request, reply) => {
    const [path = ''] = request.url.split('?');
    return send(reply, new Problem('notFound', `there is no ${request.method} ${path}; /docs lists the endpoints`));
  });
  app.setValidatorCompiler(({ schema, httpPart }) => (data) => {
    const parsed = (schema as z.ZodType).safeParse(data);
    if (parsed.success) return { value: parsed.data };
    const issues = issuesOf(parsed.error, data);
    const [first] = issues;
    const where = httpPart === 'body' || httpPart === undefined ? '' : `${httpPart} `;
    const detail =
      issues.length === 1 && first ? `${where}${first.path}: ${first.message}` : `${issues.length} fields are invalid`;
    return { error: new Problem('invalidRequest', detail, issues) };
  });
}
