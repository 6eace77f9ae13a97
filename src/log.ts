/** The log of a process: what happens to the service, for whoever runs it, on standard error. */
import { type Logger, pino, stdTimeFunctions } from 'pino';
import pretty from 'pino-pretty';
import type { Config } from './config.ts';

/**
 * An `error` is something that failed: what depends on it waits, or somebody must do something. A `warn` is something that went wrong and has been
 * put right, or will be. An `info` is something that happened.
 */
export interface Log {
  error(message: string): void;
  warn(message: string): void;
  info(message: string): void;
  debug(message: string): void;
}

/** Lines for people on a terminal, JSON elsewhere, unless the configuration says which. */
export function createLog({ logLevel, logFormat }: Pick<Config, 'logLevel' | 'logFormat'>): Logger {
  const { fd, isTTY } = process.stderr;
  const format = logFormat ?? (isTTY ? 'text' : 'json');
  const options = {
    level: logLevel,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  // Synchronous: what is said last, before a process ends, is said.
  if (format === 'json') return pino(options, pino.destination({ dest: fd, sync: true }));
  const lines = {
    colorize: isTTY && process.stderr.hasColors(),
    ignore: 'pid,hostname',
    translateTime: 'SYS:HH:MM:ss.l',
    destination: fd,
    sync: true,
  };
  return pino(options, pretty(lines));
}
