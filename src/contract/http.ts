/** Every route of the service: what it takes and what it answers. */
import type { z } from 'zod';
import { analysisEndpoints } from './analysis.ts';
import { datasetEndpoints } from './datasets.ts';
import { healthEndpoints } from './health.ts';
import { searchEndpoints } from './searches.ts';
import { streamEndpoints } from './stream.ts';
import { trialEndpoints } from './trials.ts';

export const endpoints = {
  ...searchEndpoints,
  ...trialEndpoints,
  ...analysisEndpoints,
  ...streamEndpoints,
  ...datasetEndpoints,
  ...healthEndpoints,
} as const;

type Endpoints = typeof endpoints;
/** `GET /v1/searches/:id` */
export type EndpointName = keyof Endpoints;

type Success<Responses> = Responses extends { readonly 200: infer Of } | { readonly 201: infer Of } ? Of : never;
/** What a route answers where it answers with JSON; undefined where it answers with nothing. */
export type Answer<Name extends EndpointName> = Endpoints[Name]['response'] extends { readonly 204: unknown }
  ? undefined
  : Success<Endpoints[Name]['response']> extends infer Of extends z.ZodType
    ? z.output<Of>
    : never;

/** What stands in the path of a route. */
export type Parameters<Name extends EndpointName> = Endpoints[Name] extends {
  readonly params: infer Of extends z.ZodType;
}
  ? z.output<Of>
  : undefined;

/** What may stand in its query. */
export type Query<Name extends EndpointName> = Endpoints[Name] extends {
  readonly querystring: infer Of extends z.ZodType;
}
  ? Sent<z.input<Of>, z.output<Of>>
  : undefined;

/** As it is sent, or, where the schema takes anything and makes something of it, as that. */
type Sent<Input, Output> = {
  readonly [Key in keyof Input & keyof Output]?: (unknown extends Input[Key] ? Output[Key] : Input[Key]) | undefined;
};
