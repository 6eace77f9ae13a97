/**
 * One client's websocket: a snapshot, then every event in order, and epochs as they come.
 *
 * Events are read from the log at the pace at which the client takes them, so a slow client costs no memory and misses none.
 * Epochs are a picture of the moment: a client that is behind is spared them, and told how many.
 */
import type { WebSocket } from 'ws';
import { z } from 'zod';
import { messageOf, Problem } from '../errors.ts';
import type { Notice, NoticeBoard, SearchQueries } from '../searches/ports.ts';
import type { Epoch, Search } from '../searches/records.ts';
import type { LiveCurves } from './live-curves.ts';
import { documentOf } from './problems.ts';

const EVENTS_A_READ = 500;
/** A client with more than this on its way is behind. */
const BEHIND_BYTES = 256 * 1024;
const HEARTBEAT_MS = 15_000;
const clientMessageSchema = z.strictObject({ type: z.literal('ping') });

/** Close codes of RFC 6455. */
const closeCodes = {
  normal: 1000,
  binary: 1003,
  notJson: 1007,
  unknownMessage: 1008,
} as const;

export interface StreamParts {
  readonly queries: SearchQueries;
  readonly board: NoticeBoard;
  readonly curves: LiveCurves;
  readonly log: (message: string) => void;
}

/** Serves `socket` until it closes. With `after`, the client knows the events up to there and gets no snapshot. */
export function streamEvents(socket: WebSocket, search: Search, after: number | undefined, parts: StreamParts): void {
  const { queries, board, log } = parts;
  let position = after ?? search.seq;
  let missedEpochs = 0;
  let begun = false;
  /** Epochs that ended while the snapshot was made: some are in it, all have their place in their curves. */
  const early: Epoch[] = [];

  const send = (message: object): Promise<void> =>
    new Promise((resolve, reject) => {
      socket.send(JSON.stringify(message), (error) => (error ? reject(error) : resolve()));
    });
  const pump = coalesced(
    async () => {
      if (!begun && after === undefined) {
        const running = await queries.running(search);
        const curves = running.map((trial) => parts.curves.complete(search.id, trial));
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
      log(`events of ${search.id}: ${messageOf(error)}`);
    },
  );

  const onEpochs = (epochs: readonly Epoch[]) => {
    if (!begun) {
      early.push(...epochs);
      return;
    }
    if (socket.bufferedAmount > BEHIND_BYTES) {
      missedEpochs += epochs.length;
      return;
    }
    for (const epoch of epochs) socket.send(JSON.stringify(epoch));
    if (missedEpochs > 0) socket.send(JSON.stringify({ type: 'missedEpochs', count: missedEpochs }));
    missedEpochs = 0;
  };
  const unsubscribe = board.subscribe((notice: Notice) => {
    if (notice.kind === 'gap') return pump();
    if (notice.searchId !== search.id) return;
    if (notice.kind === 'changed' && notice.seq > position) pump();
    if (notice.kind === 'epochs') onEpochs(notice.epochs);
    if (notice.kind === 'removed') {
      socket.send(JSON.stringify({ type: 'removed' }));
      socket.close(closeCodes.normal, 'the search was deleted');
    }
  });
  const heartbeat = keepAlive(socket);
  socket.on('close', () => {
    unsubscribe();
    clearInterval(heartbeat);
  });
  socket.on('error', () => socket.terminate());
  socket.on('message', (data, isBinary) => answer(socket, String(data), isBinary));
  pump();
}

/** Runs `work` now, or once more after the run that is under way: many calls at once cost one run. */
function coalesced(work: () => Promise<void>, onError: (error: unknown) => void): () => void {
  let running = false;
  let again = false;
  const run = async () => {
    running = true;
    do {
      again = false;
      await work().catch(onError);
    } while (again);
    running = false;
  };
  return () => {
    if (running) again = true;
    else void run();
  };
}

/** A peer that answers no ping is gone, though TCP may not know it yet. */
function keepAlive(socket: WebSocket): NodeJS.Timeout {
  let answered = true;
  socket.on('pong', () => {
    answered = true;
  });
  return setInterval(() => {
    if (!answered) return socket.terminate();
    answered = false;
    socket.ping();
    socket.send(JSON.stringify({ type: 'heartbeat', at: new Date().toISOString() }));
  }, HEARTBEAT_MS);
}

/** Clients have nothing to say but `ping`; what is not understood is explained, and the connection closed. */
function answer(socket: WebSocket, text: string, isBinary: boolean): void {
  const fault = faultOfMessage(text, isBinary);
  if (fault === undefined) {
    socket.send(JSON.stringify({ type: 'pong' }));
    return;
  }
  const problem = new Problem('invalidRequest', fault.message, [{ path: 'message', message: fault.message }]);
  socket.send(JSON.stringify({ type: 'error', problem: documentOf(problem) }));
  socket.close(fault.code, fault.message);
}

function faultOfMessage(text: string, isBinary: boolean): { code: number; message: string } | undefined {
  if (isBinary) return { code: closeCodes.binary, message: 'must be text, got binary' };
  try {
    if (clientMessageSchema.safeParse(JSON.parse(text)).success) return undefined;
  } catch {
    return { code: closeCodes.notJson, message: 'must be JSON' };
  }
  return { code: closeCodes.unknownMessage, message: 'must be {"type":"ping"}, nothing else is understood' };
}
