/** The page of the queue at /queues, for admins. */
import type { FastifyPluginAsync } from 'fastify';
import { Problem } from '../../errors.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { documentOf } from '../problems.ts';

const PREFIX = '/queues';
/** Its styles are in its elements too; its font of another server is not loaded: who looks at the queue is nobody's business. */
const POLICY =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; base-uri 'self'; form-action 'none'; frame-ancestors 'self'";

export const queueRoutes: FastifyPluginAsync<ApiDependencies> = async (app, { queueBoard, log }) => {
  app.addHook('onRequest', async ({ method, url }, reply) => {
    reply.header('content-security-policy', POLICY);
    if (method !== 'GET' && method !== 'HEAD') {
      throw new Problem('methodNotAllowed', `${url} does not allow ${method}: the queue is read-only`);
    }
  });
  app.addHook('onSend', async (_request, reply) => {
    if (reply.statusCode >= 400) reply.type('application/problem+json');
  });
  await queueBoard.register(app, PREFIX, (error) => {
    if (!(error instanceof Problem)) log.error(error);
    const problem =
      error instanceof Problem ? error : new Problem('unavailable', 'the queue cannot be read; the log says why');
    const body = documentOf(problem);
    return { status: body.status, body };
  });
};
