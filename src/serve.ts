/** A service process from start to its end: what npm start, npm run api and npm run worker run. */
import closeWithGrace from 'close-with-grace';
import type { Logger } from 'pino';
import { type Config, readConfig } from './config.ts';
import { createLog } from './log.ts';
import { type Role, type Service, startService } from './service.ts';

/** A process that takes longer to close is ended as it stands: what it worked on comes back by its leases. */
const LONGEST_CLOSE_MS = 30_000;
/** As a shell tells of a process that Ctrl-C ended. */
const INTERRUPTED = 130;

/** Starts the service, and says where it is. It then serves until the process is told to end, or meets an error that nobody handles. */
export async function serve(role: Role, config: Config = readConfig()): Promise<void> {
  const log = createLog(config);
  const { url } = await startUntilEnd(config, role, log, () => console.log('stopping…'));
  console.log(
    url === undefined
      ? `hypersearch worker ${config.processName} is ready, ${config.threads} threads. Stop it with Ctrl-C.`
      : `hypersearch is ready.\n  page      ${url}\n  API       ${url}/docs\n  stop      Ctrl-C`,
  );
}

/**
 * A service that is closed in order before the process ends: by a signal (exit code 0; a second one ends it there and then), by an error that
 * nobody handles or the loss of its Postgres (exit code 1).
 */
export async function startUntilEnd(config: Config, role: Role, log: Logger, onStopping: () => void): Promise<Service> {
  let isLost = false;
  const ending = closeWithGrace(
    { delay: LONGEST_CLOSE_MS, logger: log, skip: ['beforeExit'], onSecondSignal: () => process.exit(INTERRUPTED) },
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
      log.fatal(`the embedded Postgres is gone: ${reason}`);
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
