/** The log of a process, for operators, on standard error. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { type Logger, pino, stdTimeFunctions } from 'pino';
import pretty from 'pino-pretty';
import type { Config } from './config.ts';

/**
 * `error`: something failed and needs attention, or other work waits for it. `warn`: something went wrong and was handled or will be retried.
 * `info`: something happened.
 */
export interface Log {
  error(message: string): void;
  warn(message: string): void;
  info(message: string): void;
  debug(message: string): void;
}

/** What lines of the log are about, beside their text. */
export interface LogIds {
  readonly requestId?: string;
  readonly searchId?: string;
  readonly trial?: number;
  readonly attempt?: number;
  readonly modelId?: string;
}

const about = new AsyncLocalStorage<LogIds>();

/** Runs `work`; every line that it logs has `ids`, and none of those from outside. */
export function logAbout<T>(ids: LogIds, work: () => T): T {
  return about.run(ids, work);
}

/** Text on a terminal, JSON elsewhere, unless configured. */
export function createLog({ logLevel, logFormat }: Pick<Config, 'logLevel' | 'logFormat'>): Logger {
  const { fd, isTTY } = process.stderr;
  const format = logFormat ?? (isTTY ? 'text' : 'json');
  const options = {
    level: logLevel,
    mixin: () => ({ ...about.getStore() }),
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  // Synchronous, so that the last messages before the process exits are not lost.
  if (format === 'json') return pino(options, pino.destination({ dest: fd, sync: true }));
  const lines = {
    colorize: isTTY && process.stderr.hasColors(),
    // The messages name searches, trials and models.
    ignore: 'pid,hostname,searchId,trial,attempt,modelId',
    translateTime: 'SYS:HH:MM:ss.l',
    destination: fd,
    sync: true,
  };
  return pino(options, pretty(lines));
}
