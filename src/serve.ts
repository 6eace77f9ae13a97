/** A service process from start to Ctrl-C: what npm start, npm run api and npm run worker run. */
import { type Config, readConfig } from './config.ts';
import { type Role, startService } from './service.ts';

/** Serves until it is told to stop; resolves with the exit code. */
export async function serve(role: Role, config: Config = readConfig()): Promise<number> {
  const stopped = untilTold();
  const service = await startService(config, role);
  console.log(
    service.url === undefined
      ? `hypersearch worker ${config.processName} is ready, ${config.threads} threads. Stop it with Ctrl-C.`
      : `hypersearch is ready.\n  page      ${service.url}\n  API       ${service.url}/docs\n  stop      Ctrl-C`,
  );
  const reason = await Promise.race([stopped, service.lost]);
  if (typeof reason === 'string') {
    console.error(`the embedded Postgres is gone: ${reason}`);
  }
  console.log('stopping…');
  await service.close();
  return typeof reason === 'string' ? 1 : 0;
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
