/** One client's websocket over all searches: each as it changes, so that a list is live without asking again. */
import type { WebSocket } from 'ws';
import type { PubSub, SearchQueries } from '../application/ports.ts';
import type { ListMessage } from '../contract/stream.ts';
import { messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import { isBehind, keepOpen, sendMessage } from './socket.ts';

/** A search is told at most so often. */
const RHYTHM_MS = 250;

export interface ListDependencies {
  readonly queries: Pick<SearchQueries, 'findAll'>;
  readonly pubSub: PubSub;
  readonly log: Log;
}

/**
 * Serves `socket` until it closes. What is kept for a client is only which searches it has not been told of since they changed:
 * one that is slow is told later, of how they are then.
 */
export function streamSearches(socket: WebSocket, { queries, pubSub, log }: ListDependencies): void {
  const changed = new Set<string>();
  let gap = false;
  let timer: NodeJS.Timeout | undefined;
  let telling = false;
  let told = Number.NEGATIVE_INFINITY;

  const send = (message: ListMessage) => sendMessage(socket, message);
  const tell = async (): Promise<void> => {
    if (gap) send({ type: 'gap' });
    gap = false;
    const ids = [...changed];
    changed.clear();
    const searches = new Map((await queries.findAll(ids)).map((search) => [search.id, search]));
    for (const id of ids) {
      const search = searches.get(id);
      if (isBehind(socket)) changed.add(id);
      else send(search === undefined ? { type: 'removed', id } : { type: 'search', search });
    }
  };
  const onTime = async () => {
    timer = undefined;
    told = performance.now();
    telling = true;
    const due = new Set(changed);
    try {
      if (!isBehind(socket)) await tell();
    } catch (error) {
      // The store may be away for a moment: what was to be told is told after it.
      for (const id of due) changed.add(id);
      log.error(`the list of searches: ${messageOf(error)}`);
    }
    telling = false;
    if (changed.size > 0 || gap) schedule();
  };
  const schedule = () => {
    if (telling || socket.readyState !== socket.OPEN) return;
    timer ??= setTimeout(() => void onTime(), Math.max(0, told + RHYTHM_MS - performance.now()));
  };
  const unsubscribe = pubSub.subscribe((notice) => {
    if (notice.kind === 'epochs') return;
    if (notice.kind === 'gap') gap = true;
    else changed.add(notice.searchId);
    schedule();
  });
  keepOpen(socket, () => {
    unsubscribe();
    clearTimeout(timer);
  });
  send({ type: 'ready' });
}
