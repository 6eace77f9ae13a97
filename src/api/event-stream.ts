/**
 * One client's websocket: a snapshot, then every event in order, and epochs as they come.
 *
 * Events are read from the log at the pace at which the client takes them, so a slow client costs no memory and misses none.
 * Epochs are a picture of the moment: a client that is behind is spared them, and told how many.
 */
import type { WebSocket } from 'ws';
import type { Notice, PubSub, SearchQueries } from '../application/ports.ts';
import type { SearchMessage } from '../contract/stream.ts';
import type { Epoch } from '../domain/events.ts';
import type { Search } from '../domain/search.ts';
import { messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import type { LiveCurves } from './live-curves.ts';
import { closeCodes, coalesced, isBehind, keepOpen, sendMessage } from './socket.ts';

const EVENTS_A_READ = 500;

export interface StreamDependencies {
  readonly queries: SearchQueries;
  readonly board: PubSub;
  readonly curves: LiveCurves;
  readonly log: Log;
}

/** Serves `socket` until it closes. With `after`, the client knows the events up to there and gets no snapshot. */
export function streamEvents(
  socket: WebSocket,
  search: Search,
  after: number | undefined,
  dependencies: StreamDependencies,
): void {
  const { queries, board, log } = dependencies;
  let position = after ?? search.seq;
  let missedEpochs = 0;
  let begun = false;
  /** Epochs that ended while the snapshot was made: some are in it, all have their place in their curves. */
  const early: Epoch[] = [];

  const send = (message: SearchMessage): Promise<void> =>
    new Promise((resolve, reject) => {
      socket.send(JSON.stringify(message), (error) => (error ? reject(error) : resolve()));
    });
  const pump = coalesced(
    async () => {
      if (!begun && after === undefined) {
        const running = await queries.running(search);
        const curves = running.map((trial) => dependencies.curves.complete(search.id, trial));
        await send({ type: 'snapshot', seq: search.seq, search, running: curves });
      }
      begun = true;
      onEpochs(early.splice(0));
      for (;;) {
        const events = await queries.events(search.id, position, EVENTS_A_READ);
        // Waiting for the last one to leave is what keeps a slow client from filling our memory.
        await Promise.all(events.map(send));
        position = events.at(-1)?.seq ?? position;
        if (events.length < EVENTS_A_READ || socket.readyState !== socket.OPEN) return;
      }
    },
    (error) => {
      if (socket.readyState !== socket.OPEN) return;
      // The store may be away for a moment: the next notice tries again, and the client can always come back with `after`.
      log.error(`events of ${search.id}: ${messageOf(error)}`);
    },
  );

  const onEpochs = (epochs: readonly Epoch[]) => {
    if (!begun) {
      early.push(...epochs);
      return;
    }
    if (isBehind(socket)) {
      missedEpochs += epochs.length;
      return;
    }
    for (const epoch of epochs) sendMessage(socket, epoch);
    if (missedEpochs > 0) sendMessage(socket, { type: 'missedEpochs', count: missedEpochs });
    missedEpochs = 0;
  };
  const unsubscribe = board.subscribe((notice: Notice) => {
    if (notice.kind === 'gap') return pump();
    if (notice.searchId !== search.id) return;
    if (notice.kind === 'changed' && notice.seq > position) pump();
    if (notice.kind === 'epochs') onEpochs(notice.epochs);
    if (notice.kind === 'removed') {
      sendMessage(socket, { type: 'removed' });
      socket.close(closeCodes.normal, 'the search was deleted');
    }
  });
  keepOpen(socket, unsubscribe);
  pump();
}
