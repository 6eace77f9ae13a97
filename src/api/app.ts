/** The API as one plugin tree: everything but listening (server.ts), so that tests can inject requests into it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import websocket from '@fastify/websocket';
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify';
import metrics from 'fastify-metrics';
import { jsonSchemaTransform, jsonSchemaTransformObject, serializerCompiler } from 'fastify-type-provider-zod';
import type { Logger } from 'pino';
import { Problem } from '../errors.ts';
import { projectRoot } from '../paths.ts';
import type { ApiDependencies } from './dependencies.ts';
import { followCurves } from './live-curves.ts';
import { registerProblems } from './problems.ts';
import { analysisRoutes } from './routes/analysis.ts';
import { datasetRoutes } from './routes/datasets.ts';
import { eventRoutes } from './routes/events.ts';
import { healthRoutes } from './routes/health.ts';
import { pageRoutes } from './routes/page.ts';
import { searchRoutes } from './routes/searches.ts';
import { trialRoutes } from './routes/trials.ts';
import { refuseUnstorableText } from './text-validation.ts';

/** A specification with every hyperparameter spelled out is 5 kB. */
const LARGEST_BODY = 1024 * 1024;
const REQUESTS_IN_TEN_SECONDS = 5000;
const LARGEST_HEADER = 256 * 1024;
const LARGEST_CLIENT_MESSAGE = 4096;

export async function buildApp(dependencies: ApiDependencies): Promise<FastifyInstance> {
  const app = Fastify({
    // What happened to a request is in the metrics; the log is for what went wrong.
    loggerInstance: requestLog(dependencies.log),
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: LARGEST_BODY,
    routerOptions: { maxParamLength: 200, ignoreTrailingSlash: true },
    // A client that sends its request drop by drop does not hold a connection for ever.
    requestTimeout: 60_000,
    // An upload may name 2,000 columns in its address.
    http: { maxHeaderSize: LARGEST_HEADER },
    forceCloseConnections: true,
  });
  registerProblems(app);
  refuseUnstorableText(app);
  if (dependencies.loopback) answerOwnNamesAlone(app);
  app.setSerializerCompiler(serializerCompiler);
  await app.register(helmet, {
    // The service speaks plain HTTP on loopback; whoever puts TLS in front adds these there.
    contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } },
    strictTransportSecurity: false,
  });
  await app.register(rateLimit, { max: REQUESTS_IN_TEN_SECONDS, timeWindow: 10_000 });
  await app.register(websocket, { options: { maxPayload: LARGEST_CLIENT_MESSAGE } });
  await app.register(metrics.default, { endpoint: '/metrics', clearRegisterOnInit: true });
  await documentApi(app);
  const live = { ...dependencies, curves: followCurves(dependencies.pubSub) };
  await app.register(searchRoutes, dependencies);
  await app.register(trialRoutes, live);
  await app.register(analysisRoutes, dependencies);
  await app.register(eventRoutes, live);
  await app.register(datasetRoutes, dependencies);
  await app.register(healthRoutes, dependencies);
  await app.register(pageRoutes, dependencies);
  return app;
}

/** That it listens is said by whoever started it. */
function requestLog(log: Logger): FastifyBaseLogger {
  return log.child({}, { level: log.level === 'info' ? 'warn' : log.level });
}

/**
 * A page of another site can point a name of its own at 127.0.0.1 and is then, to its visitor's browser, this service's own
 * page (DNS rebinding). It cannot change the name it asks for.
 */
function answerOwnNamesAlone(app: FastifyInstance): void {
  app.addHook('onRequest', async ({ hostname }) => {
    if (/^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname)) return;
    throw new Problem(
      'unknownHost',
      `${hostname} is not a name of this machine; HYPERSEARCH_HOST opens the service to others`,
    );
  });
}

async function documentApi(app: FastifyInstance): Promise<void> {
  const { version } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as {
    version: string;
  };
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'hypersearch',
        version,
        description: 'Searches hyperparameters of small neural networks, and babysits every one of them.',
      },
    },
    transform: jsonSchemaTransform,
    transformObject: jsonSchemaTransformObject,
  });
  await app.register(swaggerUi, { routePrefix: '/docs', staticCSP: true });
  app.get('/openapi.json', { schema: { hide: true } }, () => app.swagger());
}
