/** The command line: starts the processes of the service, and has client commands. */
import { existsSync } from 'node:fs';
import { readConfig } from '../config.ts';
import { messageOf } from '../errors.ts';
import type { Role } from '../service.ts';
import { createClient } from './api-client.ts';
import { clientCommand } from './client-commands.ts';
import { withService } from './own-service.ts';
import { usage } from './usage.ts';

const roles: Readonly<Record<string, Role>> = { start: 'both', api: 'api', worker: 'worker' };

/** The service is imported only when needed, so that client commands start fast. */
async function main([name = 'help', ...args]: readonly string[]): Promise<number> {
  const config = readConfig();
  const role = roles[name];
  if (role !== undefined) {
    const { serve } = await import('../serve.ts');
    await serve(role, config);
    return 0;
  }
  if (name === 'demo') {
    const { demo } = await import('./demo.ts');
    return demo(config);
  }
  if (name === 'backup' || name === 'restore') {
    const { backupCommand, restoreCommand } = await import('./backup-commands.ts');
    return name === 'backup' ? backupCommand(config, args) : restoreCommand(config, args);
  }
  const command = clientCommand(name);
  if (command !== undefined) {
    const run = (url: string, key = config.key) => command(createClient(url, key), args);
    // A model in a file needs no service.
    const isLocal = name === 'predict' && existsSync(args[0] ?? '');
    // The first key is created before the first start, if the service is to listen beyond loopback.
    return isLocal ? run(config.serviceUrl) : withService(config, run, name === 'keys');
  }
  console.log(usage);
  return name === 'help' || name === '--help' ? 0 : 2;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(messageOf(error));
  process.exitCode = 1;
}
