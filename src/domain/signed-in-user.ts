/** People who sign in with an identity provider: who they are, and what their groups allow. */
import { z } from 'zod';
import { type Role, roles } from './api-key.ts';
import { projectNameSchema } from './project.ts';

/** What the members of a group may do; `*` is everyone who can sign in. */
export interface GroupRole {
  readonly group: string;
  readonly role: Role;
  /** The only project that they reach; null for all. */
  readonly project: string | null;
}

/** How to reach the identity provider, and what it decides. */
export interface OidcSettings {
  readonly issuer: string;
  readonly clientId: string;
  /** Undefined for a public client. */
  readonly clientSecret: string | undefined;
  readonly scope: string;
  /** The claim with the groups of a user. */
  readonly claim: string;
  readonly roles: readonly GroupRole[];
}

export interface SignedInUser {
  /** Unique among all users of all providers. */
  readonly id: string;
  /** For people; it has a colon, as no name of a key has. */
  readonly name: string;
  readonly role: Role;
  readonly project: string | null;
}

const entrySchema = z
  .string()
  .trim()
  .regex(/^.+=[^=]+$/, { error: 'must be GROUP=ROLE or GROUP=ROLE:PROJECT' })
  .transform((text, context): GroupRole => {
    const at = text.lastIndexOf('=');
    const [role = '', project] = text.slice(at + 1).split(':');
    const known = z.enum(roles, { error: `must be one of ${roles.join(', ')}, got ${role}` }).safeParse(role.trim());
    const named = projectNameSchema.optional().safeParse(project?.trim());
    for (const { message } of [...(known.error?.issues ?? []), ...(named.error?.issues ?? [])]) {
      context.addIssue({ code: 'custom', message: `${text}: ${message}` });
    }
    return { group: text.slice(0, at).trim(), role: known.data ?? 'reader', project: named.data ?? null };
  });

/** `admins=admin, vision=submitter:vision, *=reader`: of several that fit, the first counts. */
export const groupRolesSchema = z
  .string()
  .transform((text) => text.split(','))
  .pipe(z.array(entrySchema).min(1));

/** Undefined if none of the groups may do anything. */
export function roleOf(groups: readonly string[], groupRoles: readonly GroupRole[]): GroupRole | undefined {
  return groupRoles.find(({ group }) => group === '*' || groups.includes(group));
}
