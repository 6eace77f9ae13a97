/** The API as one plugin tree. It does not listen, so tests can inject requests. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import compress from '@fastify/compress';
import helmet from '@fastify/helmet';
import websocket from '@fastify/websocket';
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify';
import metrics from 'fastify-metrics';
import { serializerCompiler } from 'fastify-type-provider-zod';
import type { Logger } from 'pino';
import { Problem } from '../errors.ts';
import { logAbout } from '../log.ts';
import { endWebsockets, identify, refuseStrangers } from './authentication.ts';
import type { ApiDependencies } from './dependencies.ts';
import { followCurves } from './live-curves.ts';
import { documentApi } from './openapi.ts';
import { answerUnreadable, answerUnroutable, MAX_HEADER, MAX_PARAMETER, registerProblems } from './problems.ts';
import { keepToProjects } from './project-access.ts';
import { limitRequests, limitWebsockets } from './quotas.ts';
import { traceRequests } from './request-traces.ts';
import { analysisRoutes } from './routes/analysis.ts';
import { datasetRoutes } from './routes/datasets.ts';
import { eventRoutes } from './routes/events.ts';
import { healthRoutes } from './routes/health.ts';
import { importRoutes, trialImportRoutes } from './routes/imports.ts';
import { keyRoutes } from './routes/keys.ts';
import { modelRoutes } from './routes/models.ts';
import { pageRoutes } from './routes/page.ts';
import { projectRoutes } from './routes/projects.ts';
import { queueRoutes } from './routes/queues.ts';
import { searchRoutes } from './routes/searches.ts';
import { signInRoutes } from './routes/sign-in.ts';
import { trialRoutes } from './routes/trials.ts';
import { usageRoutes } from './routes/usage.ts';
import { registerServiceMetrics } from './service-metrics.ts';
import { shareEvents } from './shared-events.ts';
import { refuseUnstorableText } from './text-validation.ts';

/** A specification with all hyperparameters has about 5 kB. */
const MAX_BODY = 1024 * 1024;
const MAX_CLIENT_MESSAGE = 4096;
/** How long requests may take that the service is answering when it stops. */
const GRACE_MS = 10_000;
/** Smaller answers gain less from compression than it costs. */
const COMPRESSED_BYTES = 16 * 1024;

export async function buildApp(dependencies: ApiDependencies): Promise<FastifyInstance> {
  const app = Fastify({
    // Requests are counted in the metrics; the log is for errors.
    loggerInstance: requestLog(dependencies.log),
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: MAX_BODY,
    routerOptions: { maxParamLength: MAX_PARAMETER, ignoreTrailingSlash: true },
    genReqId: requestIdOf,
    trustProxy: dependencies.trustedProxies.length > 0 && [...dependencies.trustedProxies],
    // Every line has the id of its request (logAbout), those of use cases too.
    childLoggerFactory: (logger) => logger,
    // A client that sends its request very slowly must not hold a connection forever.
    requestTimeout: 60_000,
    http: { maxHeaderSize: MAX_HEADER },
    clientErrorHandler: answerUnreadable,
    frameworkErrors: answerUnroutable,
    // What is being answered is answered (finishRequests).
    forceCloseConnections: 'idle',
  });
  finishRequests(app);
  traceRequests(app, dependencies.tracing);
  app.addHook('onRequest', ({ id }, reply, done) => {
    reply.header('x-request-id', id);
    logAbout({ requestId: id }, done);
  });
  registerProblems(app);
  refuseUnstorableText(app);
  if (dependencies.hosts !== undefined) rejectUnknownHosts(app, dependencies.hosts);
  await identify(app, dependencies.keyring);
  app.setSerializerCompiler(serializerCompiler);
  await app.register(helmet, {
    // The service uses plain HTTP; a TLS proxy in front of it should set these.
    contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } },
    strictTransportSecurity: false,
  });
  await limitRequests(app, dependencies.sharedUse);
  refuseStrangers(app);
  keepToProjects(app, dependencies.projects);
  limitWebsockets(app, dependencies.sharedUse);
  endWebsockets(app, dependencies.keyring);
  // Only answers: a compressed request could be far larger than the limits of bodies. The lowest level makes a table an eighth at little CPU time.
  await app.register(compress, {
    globalDecompression: false,
    encodings: ['gzip'],
    threshold: COMPRESSED_BYTES,
    zlibOptions: { level: 1 },
  });
  await app.register(websocket, { options: { maxPayload: MAX_CLIENT_MESSAGE, autoPong: false } });
  await app.register(metrics.default, { endpoint: '/metrics', clearRegisterOnInit: true });
  const own = registerServiceMetrics(app, dependencies);
  await documentApi(app);
  const live = {
    ...dependencies,
    curves: followCurves(dependencies.pubSub),
    events: shareEvents(dependencies.queries, dependencies.pubSub, (events) =>
      own.eventsSeen(events.map(({ at }) => at)),
    ),
  };
  await app.register(searchRoutes, dependencies);
  await app.register(trialRoutes, live);
  await app.register(analysisRoutes, dependencies);
  await app.register(eventRoutes, live);
  await app.register(datasetRoutes, dependencies);
  await app.register(importRoutes, dependencies);
  await app.register(trialImportRoutes, dependencies);
  await app.register(modelRoutes, dependencies);
  await app.register(keyRoutes, dependencies);
  await app.register(signInRoutes, dependencies);
  await app.register(projectRoutes, dependencies);
  await app.register(usageRoutes, dependencies);
  await app.register(healthRoutes, dependencies);
  await app.register(queueRoutes, dependencies);
  await app.register(pageRoutes, dependencies);
  return app;
}

/**
 * When the service stops, requests that have begun may end for a while, and no longer: their clients may read slowly or never. Of websockets, whose
 * clients are told to close them, likewise.
 */
function finishRequests(app: FastifyInstance): void {
  let isClosing = false;
  // A connection that its client keeps open would hold up the end.
  app.addHook('onSend', async (_, reply) => {
    if (isClosing) reply.header('connection', 'close');
  });
  app.addHook('preClose', async () => {
    isClosing = true;
    const cut = setTimeout(() => {
      app.server.closeAllConnections();
      for (const client of app.websocketServer.clients) client.terminate();
    }, GRACE_MS).unref();
    app.server.once('close', () => clearTimeout(cut));
  });
}

/** That of a proxy or a client, which may look for it in its own log, or one of ours, which no other process gives. */
function requestIdOf({ headers }: IncomingMessage): string {
  const { 'x-request-id': given } = headers;
  return typeof given === 'string' && /^[\w.:-]{1,100}$/.test(given) ? given : randomUUID();
}

/** Raises `info` to `warn`: Fastify's message about listening is redundant. */
function requestLog(log: Logger): FastifyBaseLogger {
  return log.child({}, { level: log.level === 'info' ? 'warn' : log.level });
}

/**
 * Prevents DNS rebinding: another site can point its own host name at the address of the service, so that browsers treat its pages as
 * same-origin, but it cannot change the Host header.
 */
function rejectUnknownHosts(app: FastifyInstance, hosts: readonly string[]): void {
  app.addHook('onRequest', async ({ headers: { host = '' } }) => {
    // Not `hostname`: a page can send the header of a proxy.
    const hostname = host.replace(/:\d*$/, '');
    if (/^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname) || hosts.includes(hostname.toLowerCase())) return;
    throw new Problem(
      'unknownHost',
      `${hostname} is not a name of this service; HYPERSEARCH_HOSTS lists the names by which it may be reached`,
    );
  });
}
