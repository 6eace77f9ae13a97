/** The command line: the service's processes, and a small client for it. */
import { readConfig } from '../config.ts';
import { messageOf } from '../errors.ts';
import { logger, serve } from '../serve.ts';
import type { Role } from '../service.ts';
import { runClientCommand } from './client-commands.ts';
import { demo } from './demo.ts';
import { usage } from './usage.ts';

const roles: Readonly<Record<string, Role>> = { start: 'both', api: 'api', worker: 'worker' };

async function main([name = 'help', ...args]: readonly string[]): Promise<number> {
  const config = readConfig();
  const role = roles[name];
  if (role !== undefined) {
    await serve(role, config);
    return 0;
  }
  if (name === 'demo') return demo(config, config.logLevel === 'debug' ? logger(config) : () => undefined);
  const command = runClientCommand(name, config.serviceUrl, args);
  if (command !== undefined) return command;
  console.log(usage);
  return name === 'help' || name === '--help' ? 0 : 2;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(messageOf(error));
  process.exitCode = 1;
}
