/** Endpoints for API keys and sessions of browsers. */
import { z } from 'zod';
import { apiKeySchema, browserSessionSchema, keyLimitsSchema, keyNameSchema, roles } from '../domain/api-key.ts';
import { projectNameSchema } from '../domain/project.ts';
import { projectFilter } from './parameters.ts';
import { refusals } from './problem.ts';

const tags = ['keys'];
const keyParams = z.object({ id: z.uuid() });

/** An address on this service: nothing that a browser takes for another one. */
const pathQuery = z
  .string()
  .regex(/^\/(?![/\\])[\x21-\x7e]{0,2000}$/, { error: 'must be the path of a page of this service' })
  .default('/')
  .describe('Where the browser goes after it has signed in');

/** As providers send it; they may send more. */
const callbackQuery = z.object({
  code: z.string().max(5000).optional(),
  state: z.string().max(5000).optional(),
  error: z.string().max(5000).optional(),
});

/** As providers send it, in a form. */
const logoutBody = z.object({
  logout_token: z.string().min(1).max(20_000).describe('A logout token of OpenID Connect Back-Channel Logout 1.0'),
});

const redirected = z.null().describe('The address is in Location');

const newKeySchema = z.strictObject({
  name: keyNameSchema,
  role: z.enum(roles),
  project: projectNameSchema
    .nullable()
    .optional()
    .describe('The only project that it reaches. Default: that of the key that asks, or all'),
  limits: keyLimitsSchema.optional().describe('Default: those of its project, or of the service'),
});
export type NewKey = z.output<typeof newKeySchema>;

const principalSchema = z.object({
  name: z.string().nullable().describe('Of the key; null if none is needed'),
  role: z.enum(roles),
  project: z.string().nullable().describe('The only project that it reaches; null for all'),
});

export const keyEndpoints = {
  'POST /v1/keys': {
    tags,
    summary: 'Create an API key; from the first one on every request needs a key',
    body: newKeySchema,
    response: {
      201: apiKeySchema.unwrap().extend({ secret: z.string().describe('The key itself. It is not shown again') }),
      ...refusals,
    },
  },
  'GET /v1/keys': {
    tags,
    summary: 'List API keys, newest first',
    querystring: z.strictObject({ project: projectFilter }),
    response: { 200: z.object({ items: z.array(apiKeySchema).readonly() }), ...refusals },
  },
  'DELETE /v1/keys/:id': {
    tags,
    summary: 'Revoke an API key and the sessions that began with it',
    params: keyParams,
    response: { 204: z.null(), ...refusals },
  },
  'GET /v1/session': {
    tags,
    summary: 'Who sends this request',
    response: { 200: principalSchema, ...refusals },
  },
  'POST /v1/session': {
    tags,
    summary: 'Sign in with an API key: sets a cookie for browsers',
    body: z.strictObject({ key: z.string().min(1).max(200) }),
    response: { 200: principalSchema, ...refusals },
  },
  'GET /v1/session/methods': {
    tags,
    summary: 'How one can sign in',
    response: {
      200: z.object({
        key: z.literal(true),
        oidc: z.boolean().describe('Whether there is an identity provider'),
      }),
      ...refusals,
    },
  },
  'GET /v1/session/oidc': {
    tags,
    summary: 'Sign in with the identity provider: sends the browser there',
    querystring: z.strictObject({ path: pathQuery }),
    response: { 302: redirected, ...refusals },
  },
  'GET /v1/session/oidc/callback': {
    tags,
    summary: 'Where the identity provider sends the browser back to: sets a cookie',
    querystring: callbackQuery,
    response: { 302: redirected, ...refusals },
  },
  'POST /v1/session/oidc/logout': {
    tags,
    summary: 'Back-channel logout: the identity provider ends the sessions of a user, or of one of its own sessions',
    consumes: ['application/x-www-form-urlencoded'],
    body: logoutBody,
    response: { 204: z.null(), ...refusals },
  },
  'DELETE /v1/session': {
    tags,
    summary: 'Sign out: the cookie is no longer valid',
    response: {
      200: z.object({ url: z.url().describe('Where the browser signs out at the identity provider, too') }),
      204: z.null(),
      ...refusals,
    },
  },
  'GET /v1/sessions': {
    tags,
    summary: 'List the sessions of browsers that have not ended, newest first',
    querystring: z.strictObject({ project: projectFilter }),
    response: { 200: z.object({ items: z.array(browserSessionSchema).readonly() }), ...refusals },
  },
  'DELETE /v1/sessions/:id': {
    tags,
    summary: 'End a session of a browser',
    params: keyParams,
    response: { 204: z.null(), ...refusals },
  },
} as const;
