/** The published OpenAPI document, and what it says of an answer that was really given. */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';

export interface OpenApi {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly responses: Responses }>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
}
type Responses = Readonly<Record<string, { readonly content?: Readonly<Record<string, { readonly schema: object }>> }>>;

/** Words that say something about a schema, and nothing about what fits it. */
const remarks = new Set(['description', 'title', 'default', 'examples', 'deprecated', 'readOnly', 'writeOnly']);
/** Keys under which names stand, and schemas only below them. */
const named = new Set(['properties', '$defs', 'schemas']);
const schemaKeys = ['items', 'additionalProperties', 'propertyNames', 'not', 'anyOf', 'oneOf', 'allOf', 'prefixItems'];

/** Where the document has a schema that anything fits: the paths of all of them. */
export function holesIn(document: OpenApi): string[] {
  const holes: string[] = [];
  const visit = (schema: unknown, path: string): void => {
    if (typeof schema !== 'object' || schema === null) return;
    if (Array.isArray(schema)) {
      for (const [i, one] of schema.entries()) visit(one, `${path}/${i}`);
      return;
    }
    if (Object.keys(schema).every((key) => remarks.has(key))) holes.push(path);
    for (const [key, inner] of Object.entries(schema)) {
      if (schemaKeys.includes(key)) visit(inner, `${path}/${key}`);
      if (named.has(key)) for (const [name, one] of Object.entries(inner)) visit(one, `${path}/${key}/${name}`);
    }
  };
  for (const [name, schema] of Object.entries(document.components.schemas)) visit(schema, `components/schemas/${name}`);
  for (const [route, methods] of Object.entries(document.paths)) {
    for (const [method, { responses, ...request }] of Object.entries(methods)) {
      for (const [status, { content = {} }] of Object.entries(responses)) {
        for (const [type, { schema }] of Object.entries(content)) visit(schema, `${method} ${route} ${status} ${type}`);
      }
      const { parameters = [], requestBody } = request as Sent;
      for (const { name, schema } of parameters) visit(schema, `${method} ${route} ${name}`);
      for (const [type, { schema }] of Object.entries(requestBody?.content ?? {})) {
        visit(schema, `${method} ${route} body ${type}`);
      }
    }
  }
  return holes;
}

interface Sent {
  readonly parameters?: readonly { readonly name: string; readonly schema: object }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: object }>> };
}

export interface Checker {
  /** What is wrong with an answer to `GET /v1/searches/:id`; empty where it is as it was published. */
  answer(route: string, status: number, contentType: string, body: unknown): string[];
  /** The same of anything that a component describes. */
  component(name: string, value: unknown): string[];
}

export function checkerOf(document: OpenApi): Checker {
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
  ajv.addSchema(document, 'openapi');
  const compiled = new Map<string, ValidateFunction>();
  const faults = (pointer: string, value: unknown): string[] => {
    const validate = compiled.get(pointer) ?? ajv.compile({ $ref: `openapi#${pointer}` });
    compiled.set(pointer, validate);
    if (validate(value)) return [];
    return (validate.errors ?? []).map(({ instancePath, message, params }) =>
      [instancePath, message, JSON.stringify(params)].join(' '),
    );
  };
  return {
    component: (name, value) => faults(`/components/schemas/${name}`, value),
    answer: (route, status, contentType, body) => {
      const [method = '', url = ''] = route.split(' ');
      const path = url.replace(/:(\w+)/g, '{$1}');
      const responses = document.paths[path]?.[method.toLowerCase()]?.responses;
      if (responses === undefined) return [`${route} is not in the document`];
      const key = [String(status), `${Math.floor(status / 100)}XX`].find((one) => responses[one] !== undefined);
      if (key === undefined) return [`${route} does not answer ${status}`];
      const type = contentType.split(';')[0]!;
      const { content } = responses[key]!;
      if (content === undefined) return body === undefined ? [] : [`${route} answers ${status} with nothing`];
      if (content[type] === undefined) return [`${route} answers ${status} with ${Object.keys(content).join(', ')}`];
      const escaped = [path, method.toLowerCase(), 'responses', key, 'content', type, 'schema'].map((part) =>
        encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1')),
      );
      return faults(`/paths/${escaped.join('/')}`, body);
    },
  };
}
