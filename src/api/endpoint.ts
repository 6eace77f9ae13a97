/** A route of the contract as Fastify takes it: `app.route({ ...endpoint('GET /v1/searches/:id'), handler })`. */
import { type EndpointName, endpoints } from '../contract/http.ts';

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

export function endpoint<Name extends EndpointName>(name: Name) {
  const [method, url] = name.split(' ') as [Method, string];
  return { method, url, schema: endpoints[name] };
}

/** For bodies that a use case judges, because more than their shape must fit; the schema of the contract documents them. */
export const judgedByUseCase = { validatorCompiler: () => (data: unknown) => ({ value: data }) };
