/** A span for every request that a route answers. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type Span, type Tracing, within } from '../application/tracing.ts';

/** Registers nothing without traces. Must come before what else happens at the beginning of a request. */
export function traceRequests(app: FastifyInstance, tracing: Tracing): void {
  if (!tracing.isOn) return;
  const spans = new WeakMap<FastifyRequest, Span>();
  // With a callback: what follows a promise would run in another context.
  app.addHook('onRequest', (request, _reply, done) => {
    const { method, headers, routeOptions, id } = request;
    const route = routeOptions.url ?? 'unknown route';
    const { traceparent } = headers;
    const span = tracing.start(`${method} ${route}`, typeof traceparent === 'string' ? traceparent : undefined, {
      kind: 'server',
      attributes: { 'http.request.method': method, 'http.route': route, 'http.request.id': id },
    });
    spans.set(request, span);
    within(span, done);
  });
  app.addHook('onResponse', (request, reply, done) => {
    const span = spans.get(request);
    span?.set({ 'http.response.status_code': reply.statusCode });
    span?.end(reply.statusCode >= 500 ? { error: String(reply.statusCode) } : undefined);
    done();
  });
  app.addHook('onRequestAbort', (request, done) => {
    spans.get(request)?.end({ error: 'the client has gone' });
    done();
  });
}
