/** Long work in pieces, between which other requests have their turn on the event loop. */
import { setImmediate } from 'node:timers/promises';

/** What pieces may take together. Measured, not counted: they differ, and so do processors. */
const TURN_MS = 10;

/** To be awaited after each piece: others have their turn if the pieces since the last one took too long. */
export function createGiveWay(): () => Promise<void> {
  let since = performance.now();
  return async () => {
    if (performance.now() - since < TURN_MS) return;
    await setImmediate();
    since = performance.now();
  };
}

/** `of` for one item after the other. */
export async function inTurns<Item, Made>(
  items: readonly Item[],
  of: (item: Item, index: number) => Made | Promise<Made>,
): Promise<Made[]> {
  const giveWay = createGiveWay();
  const made: Made[] = [];
  for (const [index, item] of items.entries()) {
    made.push(await of(item, index));
    await giveWay();
  }
  return made;
}
