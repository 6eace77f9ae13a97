/** The log of a process, for operators, on standard error. */
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

/** Text on a terminal, JSON elsewhere, unless configured. */
export function createLog({ logLevel, logFormat }: Pick<Config, 'logLevel' | 'logFormat'>): Logger {
  const { fd, isTTY } = process.stderr;
  const format = logFormat ?? (isTTY ? 'text' : 'json');
  const options = {
    level: logLevel,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  // Synchronous, so that the last messages before the process exits are not lost.
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
