/** Keys of the API: who may do what. */
import { z } from 'zod';
import { keyLimits } from './project.ts';

/** Each may do what the ones before it may. */
export const roles = ['reader', 'submitter', 'admin'] as const;
export type Role = (typeof roles)[number];

export function includes(role: Role, needed: Role): boolean {
  return roles.indexOf(role) >= roles.indexOf(needed);
}

export const keyNameSchema = z
  .string()
  .trim()
  // One that is not a space: the document has the pattern, but cannot say that spaces around it are removed before.
  .regex(/^(?=.*[^ ])[\w .@+-]{1,100}$/u, { error: 'must have 1 to 100 letters, digits, spaces, or . @ + - _' });

export const keyLimitsSchema = z.strictObject(keyLimits).partial().readonly();
export type KeyLimits = z.output<typeof keyLimitsSchema>;

export const apiKeySchema = z
  .object({
    id: z.uuid(),
    name: z.string(),
    role: z.enum(roles).describe('reader: reads; submitter: also creates and changes; admin: also manages keys'),
    project: z.string().nullable().describe('The only project that it reaches; null for all'),
    limits: keyLimitsSchema.describe('Of the key itself; others are those of its project, or of the service'),
    createdAt: z.iso.datetime(),
    lastUsedAt: z.iso.datetime().nullable().describe('To within a minute'),
    revokedAt: z.iso.datetime().nullable(),
  })
  .readonly()
  .meta({ id: 'ApiKey' });
export type ApiKey = z.output<typeof apiKeySchema>;

/** What admins see of a session of a browser. */
export const browserSessionSchema = z
  .object({
    id: z.uuid(),
    name: z.string().describe('Of the key, or of the user of the identity provider'),
    role: z.enum(roles),
    project: z.string().nullable().describe('The only project that it reaches; null for all'),
    startedAt: z.iso.datetime(),
    expiresAt: z.iso.datetime(),
  })
  .readonly()
  .meta({ id: 'BrowserSession' });
export type BrowserSession = z.output<typeof browserSessionSchema>;

/** Who sends a request. */
export interface Principal {
  /** Of the key; undefined for the key of the settings. */
  readonly id: string | undefined;
  readonly name: string;
  readonly role: Role;
  /** The only project that it reaches; null for all. */
  readonly project: string | null;
  /** Its own, or those of its project. */
  readonly limits: KeyLimits;
}
