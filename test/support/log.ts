/** Logs for tests. */
import type { Log } from '../../src/log.ts';

/** One that hands every message, of whatever level, to `take`. */
export function logTo(take: (message: string) => void): Log {
  return { error: take, warn: take, info: take, debug: take };
}

export const silentLog: Log = logTo(() => undefined);
