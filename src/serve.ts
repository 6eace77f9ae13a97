/** A service process from start to Ctrl-C: what npm start, npm run api and npm run worker run. */
import { type Config, readConfig } from './config.ts';
import { type Role, startService } from './service.ts';

export async function serve(role: Role, config: Config = readConfig()): Promise<void> {
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
}

export function logger(config: Config): (message: string) => void {
  if (config.logLevel === 'silent' || config.logLevel === 'error') return () => undefined;
  return (message) => console.error(`${new Date().toISOString()} ${message}`);
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
