/** JSON of pages with large records, whose items are checked and written in turns. */
import { z } from 'zod';
import { inTurns } from '../application/in-turns.ts';
import type { Page } from '../application/ports/page.ts';

export async function pageText<Item extends z.ZodType>(item: Item, page: Page<z.output<Item>>): Promise<string> {
  const items = await inTurns(page.items, (one) => JSON.stringify(z.encode(item, one)));
  return `{"items":[${items.join(',')}],"next":${JSON.stringify(page.next)}}`;
}
