/** The websocket of all searches for one client: sends each search when it changes, so that lists stay live without polling. */
import type { WebSocket } from 'ws';
import type { PubSub, SearchQueries } from '../application/ports.ts';
import type { ListMessage } from '../contract/stream.ts';
import { messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import { isBehind, keepOpen, sendMessage } from './socket.ts';

/** The minimum interval between two updates. */
const MIN_INTERVAL_MS = 250;

export interface ListDependencies {
  readonly queries: Pick<SearchQueries, 'findAll'>;
  readonly pubSub: PubSub;
  readonly log: Log;
}

/**
 * Serves `socket` until it closes. Only the ids of changed searches are kept for a client, so a slow client later gets their state at that
 * time.
 */
export function streamSearches(socket: WebSocket, { queries, pubSub, log }: ListDependencies): void {
  const changed = new Set<string>();
  let gap = false;
  let timer: NodeJS.Timeout | undefined;
  let sending = false;
  let lastSent = Number.NEGATIVE_INFINITY;

  const send = (message: ListMessage) => sendMessage(socket, message);
  const flush = async (): Promise<void> => {
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
  const sendDue = async () => {
    timer = undefined;
    lastSent = performance.now();
    sending = true;
    const due = new Set(changed);
    try {
      if (!isBehind(socket)) await flush();
    } catch (error) {
      // The store may be unavailable: retry with the next update.
      for (const id of due) changed.add(id);
      log.error(`the list of searches: ${messageOf(error)}`);
    }
    sending = false;
    if (changed.size > 0 || gap) schedule();
  };
  const schedule = () => {
    if (sending || socket.readyState !== socket.OPEN) return;
    timer ??= setTimeout(() => void sendDue(), Math.max(0, lastSent + MIN_INTERVAL_MS - performance.now()));
  };
  const unsubscribe = pubSub.subscribe((message) => {
    if (message.kind === 'epochs' || message.kind === 'model') return;
    if (message.kind === 'gap') gap = true;
    else changed.add(message.searchId);
    schedule();
  });
  keepOpen(socket, () => {
    unsubscribe();
    clearTimeout(timer);
  });
  send({ type: 'ready' });
}
