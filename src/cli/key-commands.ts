/** The commands for API keys, and for sessions of browsers. */
import { parseArgs } from 'node:util';
import { roles } from '../domain/api-key.ts';
import type { ApiClient } from './api-client.ts';
import { keyTable, sessionTable } from './format.ts';
import { UsageError } from './usage.ts';

const USAGE = `keys create NAME --role ${roles.join('|')} [--project PROJECT] [--requests-per-minute N] [--websockets N] | keys list | keys revoke ID`;

const SESSIONS_USAGE = 'sessions list | sessions end ID';

export async function sessions(client: ApiClient, args: string[]): Promise<number> {
  const [action, id, ...more] = args;
  if (action === 'list' && id === undefined) {
    const { items } = await client.sessions();
    console.log(items.length === 0 ? 'no sessions: nobody is signed in on the page' : sessionTable(items));
    return 0;
  }
  if (action !== 'end' || id === undefined || more.length > 0) throw new UsageError(SESSIONS_USAGE);
  await client.endSession(id);
  console.log(`ended ${id}`);
  return 0;
}

export async function keys(client: ApiClient, args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    options: {
      role: { type: 'string' },
      project: { type: 'string' },
      'requests-per-minute': { type: 'string' },
      websockets: { type: 'string' },
    },
    allowPositionals: true,
  });
  const [action, argument, ...more] = positionals;
  if (more.length > 0) throw new UsageError(USAGE);
  if (action === 'list' && argument === undefined) {
    const { items } = await client.keys();
    console.log(items.length === 0 ? 'no API keys: requests need none' : keyTable(items));
    return 0;
  }
  if (action === 'create' && argument !== undefined && values.role !== undefined) {
    const { 'requests-per-minute': requests, websockets } = values;
    // The service validates the role and the limits.
    const { secret, name, role, project } = await client.createKey({
      name: argument,
      role: values.role as 'reader',
      ...(values.project !== undefined && { project: values.project }),
      limits: {
        ...(requests !== undefined && { requestsPerMinute: Number(requests) }),
        ...(websockets !== undefined && { websockets: Number(websockets) }),
      },
    });
    console.error(
      `The key of ${name} (${role}${project === null ? '' : ` of the project ${project}`}). It is not shown again; the command line reads it from HYPERSEARCH_KEY:`,
    );
    console.log(secret);
    return 0;
  }
  if (action === 'revoke' && argument !== undefined) {
    await client.revokeKey(argument);
    console.log(`revoked ${argument}`);
    return 0;
  }
  throw new UsageError(USAGE);
}
