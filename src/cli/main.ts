/** The command line: the service's processes, and a small client for it. */

import { type Config, readConfig } from '../config.ts';
import { messageOf } from '../errors.ts';
import { type Role, startService } from '../service.ts';
import { runClientCommand } from './client-commands.ts';
import { demo } from './demo.ts';
import { usage } from './usage.ts';

const roles: Readonly<Record<string, Role>> = { start: 'both', api: 'api', worker: 'worker' };

function logger(config: Config): (message: string) => void {
  if (config.logLevel === 'silent' || config.logLevel === 'error') return () => undefined;
  return (message) => console.error(`${new Date().toISOString()} ${message}`);
}

async function main([name = 'help', ...args]: readonly string[]): Promise<number> {
  const config = readConfig();
  const role = roles[name];
  if (role !== undefined) return serve(config, role);
  if (name === 'demo') return demo(config, config.logLevel === 'debug' ? logger(config) : () => undefined);
  const command = runClientCommand(name, config.serviceUrl, args);
  if (command !== undefined) return command;
  console.log(usage);
  return name === 'help' || name === '--help' ? 0 : 2;
}

async function serve(config: Config, role: Role): Promise<number> {
  const stopped = untilTold();
  const service = await startService(config, role, logger(config));
  console.log(
    service.url === undefined
      ? `hypersearch worker ${config.processName} is ready, ${config.threads} threads. Stop it with Ctrl-C.`
      : `hypersearch is ready.\n  page      ${service.url}\n  API       ${service.url}/docs\n  stop      Ctrl-C`,
  );
  await stopped;
  console.log('stopping…');
  await service.close();
  return 0;
}

/** Resolves at the first Ctrl-C or SIGTERM; a second one ends the process there and then. */
function untilTold(): Promise<void> {
  return new Promise((resolve) => {
    let told = false;
    const onSignal = () => {
      if (told) process.exit(130);
      told = true;
      resolve();
    };
    process.on('SIGINT', onSignal);
    process.on('SIGTERM', onSignal);
  });
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(messageOf(error));
  process.exitCode = 1;
}
