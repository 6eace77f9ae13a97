/** All endpoints of the service with their request and response schemas. */
import type { z } from 'zod';
import { analysisEndpoints } from './analysis.ts';
import { confirmationEndpoints } from './confirmation.ts';
import { datasetEndpoints } from './datasets.ts';
import { healthEndpoints } from './health.ts';
import { importEndpoints } from './imports.ts';
import { keyEndpoints } from './keys.ts';
import { modelEndpoints } from './models.ts';
import { projectEndpoints } from './projects.ts';
import { searchEndpoints } from './searches.ts';
import { streamEndpoints } from './stream.ts';
import { trialEndpoints } from './trials.ts';
import { usageEndpoints } from './usage.ts';
import { whatIfEndpoints } from './what-if.ts';

export const endpoints = {
  ...searchEndpoints,
  ...trialEndpoints,
  ...confirmationEndpoints,
  ...analysisEndpoints,
  ...whatIfEndpoints,
  ...streamEndpoints,
  ...datasetEndpoints,
  ...importEndpoints,
  ...modelEndpoints,
  ...healthEndpoints,
  ...keyEndpoints,
  ...projectEndpoints,
  ...usageEndpoints,
} as const;

type Endpoints = typeof endpoints;
/** `GET /v1/searches/:id` */
export type EndpointName = keyof Endpoints;

type Success<Responses> = Responses extends
  | { readonly 200: infer Of }
  | { readonly 201: infer Of }
  | { readonly 202: infer Of }
  ? Of
  : never;
/** The JSON response of an endpoint; undefined where it may have none. */
export type Answer<Name extends EndpointName> =
  | (Endpoints[Name]['response'] extends { readonly 204: unknown } ? undefined : never)
  | (Success<Endpoints[Name]['response']> extends infer Of extends z.ZodType ? z.output<Of> : never);

/** The path parameters of an endpoint. */
export type Parameters<Name extends EndpointName> = Endpoints[Name] extends {
  readonly params: infer Of extends z.ZodType;
}
  ? z.output<Of>
  : undefined;

/** Its query parameters. */
export type Query<Name extends EndpointName> = Endpoints[Name] extends {
  readonly querystring: infer Of extends z.ZodType;
}
  ? Sent<z.input<Of>, z.output<Of>>
  : undefined;

/** The input type, or the output type for preprocessed fields, whose input is unknown. */
type Sent<Input, Output> = {
  readonly [Key in keyof Input & keyof Output]?: (unknown extends Input[Key] ? Output[Key] : Input[Key]) | undefined;
};
