/**
 * The websockets of all searches: each client is sent every search when it changes, so that lists stay live without polling. Changed searches
 * are read once for all clients.
 */
import type { WebSocket } from 'ws';
import type { PubSub } from '../application/ports/messages.ts';
import type { SearchQueries } from '../application/ports/search-queries.ts';
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

/** What a client was not sent yet. Only ids are kept, so a slow client later gets the state at that time. */
interface Due {
  /** It follows; undefined for all. */
  readonly project: string | undefined;
  readonly ids: Set<string>;
  gap: boolean;
}

/** Returns what serves a socket until it closes, with the searches of a project or with all of them. */
export function streamSearches({
  queries,
  pubSub,
  log,
}: ListDependencies): (socket: WebSocket, project: string | undefined) => void {
  const clients = new Map<WebSocket, Due>();
  /** Whether an update is due or under way. */
  let scheduled = false;
  let lastSent = Number.NEGATIVE_INFINITY;

  const send = async (): Promise<void> => {
    const ready = [...clients].filter(([socket, due]) => isDue(due) && !isBehind(socket));
    const taken = ready.map(([socket, due]) => ({ socket, due, ids: [...due.ids], gap: due.gap }));
    for (const { due } of taken) {
      due.ids.clear();
      due.gap = false;
    }
    try {
      const messages = await read(new Set(taken.flatMap(({ ids }) => ids)));
      for (const { socket, ids, gap } of taken) {
        if (gap) sendMessage(socket, { type: 'gap' });
        for (const id of ids) sendMessage(socket, messages.get(id)!);
      }
    } catch (error) {
      // The store may be unavailable: retry with the next update.
      for (const { due, ids, gap } of taken) {
        for (const id of ids) due.ids.add(id);
        due.gap ||= gap;
      }
      log.error(`the list of searches: ${messageOf(error)}`);
    }
  };
  /** One message for each id, whoever is sent it. */
  const read = async (ids: ReadonlySet<string>): Promise<Map<string, ListMessage>> => {
    const messages = new Map<string, ListMessage>([...ids].map((id) => [id, { type: 'removed', id }]));
    const searches = ids.size > 0 ? await queries.findAll([...ids]) : [];
    for (const search of searches) messages.set(search.id, { type: 'search', search });
    return messages;
  };
  const sendDue = async () => {
    lastSent = performance.now();
    await send();
    scheduled = false;
    if ([...clients.values()].some(isDue)) schedule();
  };
  const schedule = () => {
    if (scheduled || clients.size === 0) return;
    scheduled = true;
    setTimeout(() => void sendDue(), Math.max(0, lastSent + MIN_INTERVAL_MS - performance.now()));
  };
  pubSub.subscribe((message) => {
    if (message.kind === 'epochs' || message.kind === 'model') return;
    for (const due of clients.values()) {
      if (message.kind === 'gap') due.gap = true;
      else if (due.project === undefined || due.project === message.project) due.ids.add(message.searchId);
    }
    schedule();
  });
  return (socket, project) => {
    clients.set(socket, { project, ids: new Set(), gap: false });
    keepOpen(socket, () => clients.delete(socket));
    sendMessage(socket, { type: 'ready' });
  };
}

function isDue({ ids, gap }: Due): boolean {
  return ids.size > 0 || gap;
}
