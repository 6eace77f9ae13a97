/** Pages of lists, and the cursors that lead to the next one. */
import { z } from 'zod';
import type { Page } from '../../application/ports/page.ts';
import { Problem } from '../../errors.ts';

/** Postgres knows no year 0. */
const moment = z.iso.datetime().refine((time) => !time.startsWith('0000'));
/** The cursor of lists by time of creation, newest first. */
export const newestFirstCursor = z.strictObject({ t: moment, i: z.uuid() });

/** One row more than asked for was read: its presence says that there is a next page. */
export function pageOf<T>(items: readonly T[], limit: number, key: (last: T) => unknown): Page<T> {
  const page = items.slice(0, limit);
  const last = page.at(-1);
  const more = items.length > limit && last !== undefined;
  return { items: page, next: more ? Buffer.from(JSON.stringify(key(last))).toString('base64url') : null };
}

export function decode<T>(cursor: string, schema: z.ZodType<T>): T {
  try {
    return schema.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()));
  } catch {
    const message = 'must be the `next` of an earlier page of this list';
    throw new Problem('invalidCursor', `cursor: ${message}`, [{ path: 'cursor', message }]);
  }
}
