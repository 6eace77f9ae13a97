/** The OpenAPI document of the API, at /openapi.json, and its page at /docs. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import { endpoints } from '../contract/http.ts';
import { projectRoot } from '../paths.ts';
import { SESSION_COOKIE } from './authentication.ts';

export async function documentApi(app: FastifyInstance): Promise<void> {
  const { version } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as {
    version: string;
  };
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'hypersearch',
        version,
        description: 'Hyperparameter search for small neural networks, with a diagnosis of every trial.',
      },
      components: {
        securitySchemes: {
          key: { type: 'http', scheme: 'bearer', description: 'An API key, if the service needs one' },
          session: { type: 'apiKey', in: 'cookie', name: SESSION_COOKIE },
        },
      },
      security: [{}, { key: [] }, { session: [] }],
    },
    transform: jsonSchemaTransform,
    transformObject: (document) => asAnswered(withFileBodies(jsonSchemaTransformObject(document))),
  });
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: true,
    // The service uses plain HTTP: beyond loopback the page would ask for its scripts where nothing answers.
    transformStaticCSP: (policy) => policy.replace(/\s*upgrade-insecure-requests;?/, ''),
  });
  // Before anyone waits for an answer: making it takes a tenth of a second, and it is kept.
  app.addHook('onReady', async () => void app.swagger());
  app.get('/openapi.json', { schema: { hide: true } }, () => app.swagger());
}

type OpenApiDocument = ReturnType<typeof jsonSchemaTransformObject>;

/** Endpoints that take a file have no schema of their body, which would parse it. */
function withFileBodies(document: OpenApiDocument): OpenApiDocument {
  const file = { schema: { type: 'string', format: 'binary' } };
  for (const [name, endpoint] of Object.entries(endpoints)) {
    if (!('consumes' in endpoint) || 'body' in endpoint) continue;
    const path = document.paths?.[name.replace('POST ', '')];
    const content = Object.fromEntries(endpoint.consumes.map((type) => [type, file]));
    Object.assign(path?.post ?? {}, { requestBody: { required: true, content } });
  }
  return document;
}

/** Says what the schemas of the contract leave to others: lists of a fixed length, and text that cannot be stored. */
function asAnswered(document: OpenApiDocument): OpenApiDocument {
  const { paths = {}, components } = document as OpenApiDocument & {
    readonly components?: { readonly schemas?: object };
  };
  for (const [name, schema] of Object.entries(components?.schemas ?? {})) {
    visitSchemas(schema, (inner) => {
      withPlainTuple(inner);
      if (name.endsWith('Input')) withoutNul(inner);
    });
  }
  for (const methods of Object.values(paths)) {
    for (const operation of Object.values(methods ?? {})) {
      const { parameters, requestBody, responses } = operation as Record<
        'parameters' | 'requestBody' | 'responses',
        unknown
      >;
      visitSchemas([parameters, requestBody], withoutNul);
      visitSchemas(responses, withPlainTuple);
    }
  }
  return document;
}

type Schema = Record<string, unknown>;

/** Every object in `value`, those that are no schemas too. */
function visitSchemas(value: unknown, visit: (schema: Schema) => void): void {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) visit(value as Schema);
  for (const inner of Object.values(value)) visitSchemas(inner, visit);
}

/** `prefixItems` without anything after them are not read by all tools; items that are alike can be said without. */
function withPlainTuple(schema: Schema): void {
  const { prefixItems } = schema;
  if (!Array.isArray(prefixItems)) return;
  const [first, ...others] = prefixItems as readonly unknown[];
  if (!others.every((one) => JSON.stringify(one) === JSON.stringify(first))) return;
  delete schema['prefixItems'];
  schema['items'] = first;
}

/** text-validation.ts refuses U+0000 everywhere. Half of a surrogate pair, which it refuses too, cannot be said in a pattern. */
function withoutNul(schema: Schema): void {
  if (schema['type'] !== 'string') return;
  if (['pattern', 'format', 'enum', 'const'].some((key) => key in schema)) return;
  schema['pattern'] = '^[^\\u0000]*$';
}
