/** Runs a service process until it is stopped: npm start, npm run api and npm run worker. */
import closeWithGrace from 'close-with-grace';
import type { Logger } from 'pino';
import { type Config, readConfig } from './config.ts';
import { createLog } from './log.ts';
import { type Role, type Service, startService } from './service.ts';

/** A process that takes longer to close is killed; the leases of its trials then expire. */
const MAX_CLOSE_MS = 30_000;
/** The exit code of a process ended with Ctrl-C. */
const INTERRUPTED = 130;

/** Starts the service and prints its addresses. It runs until a signal or an unhandled error ends the process. */
export async function serve(role: Role, config: Config = readConfig()): Promise<void> {
  const log = createLog(config);
  const { url } = await startWithGracefulShutdown(config, role, log, () => console.log('stopping…'));
  console.log(
    url === undefined
      ? `hypersearch worker ${config.processName} is ready, ${config.threads} threads. Stop it with Ctrl-C.`
      : `hypersearch is ready.\n  page      ${url}\n  API       ${url}/docs\n  stop      Ctrl-C`,
  );
}

/**
 * Starts a service that shuts down gracefully: on a signal (exit code 0; a second signal exits immediately), on an unhandled error, or when
 * its Postgres is lost (exit code 1).
 */
export async function startWithGracefulShutdown(
  config: Config,
  role: Role,
  log: Logger,
  onStopping: () => void,
): Promise<Service> {
  let isLost = false;
  const ending = closeWithGrace(
    { delay: MAX_CLOSE_MS, logger: log, skip: ['beforeExit'], onSecondSignal: () => process.exit(INTERRUPTED) },
    async ({ err }) => {
      if (err !== undefined) log.fatal(err);
      onStopping();
      await (await starting).close();
      if (isLost) process.exit(1);
    },
  );
  const starting = startService(config, role, log);
  try {
    const service = await starting;
    void service.lost.then((reason) => {
      log.fatal(`the embedded Postgres has ended: ${reason}`);
      isLost = true;
      ending.close();
    });
    return {
      ...service,
      close: async () => {
        ending.uninstall();
        await service.close();
      },
    };
  } catch (error) {
    ending.uninstall();
    throw error;
  }
}
