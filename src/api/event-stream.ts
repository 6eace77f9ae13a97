/**
 * The websocket of one search for one client: a snapshot, then every event in order, and epochs as they arrive.
 *
 * Events are read from the log as fast as the client accepts them, so a slow client needs no buffer and misses none. Epochs are dropped for a
 * slow client, which is sent the number of dropped ones.
 */
import type { WebSocket } from 'ws';
import { inTurns } from '../application/in-turns.ts';
import type { PubSub, PubSubMessage } from '../application/ports/messages.ts';
import type { SearchQueries } from '../application/ports/search-queries.ts';
import type { SearchMessage } from '../contract/stream.ts';
import type { Epoch } from '../domain/events.ts';
import type { Search } from '../domain/search.ts';
import type { Trial } from '../domain/trial.ts';
import { messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import type { LiveCurves } from './live-curves.ts';
import type { SharedEvents } from './shared-events.ts';
import { bytesOf, closeCodes, coalesced, isBehind, keepOpen, sendMessage } from './socket.ts';

const ofEpochs = new WeakMap<readonly Epoch[], SearchMessage>();

/** The same object for the same epochs, so that it is written once for all clients. */
function messageOfEpochs(epochs: readonly Epoch[]): SearchMessage {
  const message = ofEpochs.get(epochs) ?? { type: 'epochs', epochs };
  ofEpochs.set(epochs, message);
  return message;
}

export interface StreamDependencies {
  readonly queries: SearchQueries;
  readonly events: SharedEvents;
  readonly pubSub: PubSub;
  readonly curves: LiveCurves;
  readonly log: Log;
}

/** A message `snapshot`, written piece by piece: a thousand running trials have curves of many megabytes. */
async function snapshotOf(search: Search, running: readonly Trial[], curves: LiveCurves): Promise<Buffer> {
  const head = { type: 'snapshot', seq: search.seq, search };
  const start = Buffer.from(`${JSON.stringify(head).slice(0, -1)},"running":[`);
  const trials = await inTurns(running, (trial, i) =>
    Buffer.from(`${i > 0 ? ',' : ''}${JSON.stringify(curves.complete(search.id, trial))}`),
  );
  return Buffer.concat([start, ...trials, Buffer.from(']}')]);
}

/** Serves `socket` until it closes. With `after`, the client has the events up to there and gets no snapshot. */
export function streamEvents(
  socket: WebSocket,
  search: Search,
  after: number | undefined,
  dependencies: StreamDependencies,
): void {
  const { queries, pubSub, log } = dependencies;
  const events = dependencies.events.watch(search.id, search.seq);
  let position = after ?? search.seq;
  /** The newest event that was announced. */
  let announced = position;
  /** Whether there may be events that were not announced to this client. */
  let unannounced = true;
  let missedEpochs = 0;
  let started = false;
  /** Epochs that arrived before the snapshot was sent. Some may be in it too; clients place epochs by number. */
  const early: Epoch[] = [];

  const sendBytes = (bytes: Buffer): Promise<void> =>
    new Promise((resolve, reject) => {
      socket.send(bytes, { binary: false }, (error) => (error ? reject(error) : resolve()));
    });
  const send = (message: SearchMessage) => sendBytes(bytesOf(message));
  const pump = coalesced(
    async () => {
      if (!started && after === undefined) {
        const running = await queries.running(search);
        await sendBytes(await snapshotOf(search, running, dependencies.curves));
      }
      started = true;
      onEpochs(early.splice(0));
      const toTheEnd = unannounced;
      unannounced = false;
      while ((toTheEnd || position < announced) && socket.readyState === socket.OPEN) {
        const next = await events.after(position);
        if (next.length === 0) return;
        // Waiting until they are sent limits the memory used for a slow client.
        await Promise.all(next.map(send));
        position = next.at(-1)!.seq;
      }
    },
    (error) => {
      unannounced = true;
      if (socket.readyState !== socket.OPEN) return;
      // The store may be unavailable: the next notification retries, and the client can reconnect with `after`.
      log.error(`events of ${search.id}: ${messageOf(error)}`);
    },
  );

  const onEpochs = (epochs: readonly Epoch[]) => {
    if (!started) {
      early.push(...epochs);
      return;
    }
    if (isBehind(socket)) {
      missedEpochs += epochs.length;
      return;
    }
    if (epochs.length > 0) sendMessage(socket, messageOfEpochs(epochs));
    if (missedEpochs > 0) sendMessage(socket, { type: 'missedEpochs', count: missedEpochs });
    missedEpochs = 0;
  };
  const unsubscribe = pubSub.subscribe((message: PubSubMessage) => {
    if (message.kind === 'gap') {
      unannounced = true;
      return pump();
    }
    if (message.kind === 'model' || message.searchId !== search.id) return;
    if (message.kind === 'changed' && message.seq > position) {
      announced = Math.max(announced, message.seq);
      pump();
    }
    if (message.kind === 'epochs') onEpochs(message.epochs);
    if (message.kind === 'removed') {
      sendMessage(socket, { type: 'removed' });
      socket.close(closeCodes.normal, 'the search was deleted');
    }
  });
  keepOpen(socket, () => {
    unsubscribe();
    events.close();
  });
  pump();
}
