/** Converts an endpoint of the contract to Fastify route options: `app.route({ ...endpoint('GET /v1/searches/:id'), handler })`. */
import { type EndpointName, endpoints } from '../contract/http.ts';

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

export function endpoint<Name extends EndpointName>(name: Name) {
  const [method, url] = name.split(' ') as [Method, string];
  return { method, url, schema: endpoints[name] };
}

/** For bodies that the use case validates itself, beyond their schema; the schema of the contract only documents them. */
export const validatedByUseCase = { validatorCompiler: () => (data: unknown) => ({ value: data }) };
