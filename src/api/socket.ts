/** Shared websocket handling of both streams: origin check, heartbeat, client messages. */
import type { FastifyRequest } from 'fastify';
import type { WebSocket } from 'ws';
import { clientMessageSchema, type ListMessage, type ModelMessage, type SearchMessage } from '../contract/stream.ts';
import { Problem } from '../errors.ts';
import { documentOf } from './problems.ts';

/** A client with more unsent bytes than this counts as slow. */
const BEHIND_BYTES = 256 * 1024;
const HEARTBEAT_MS = 15_000;

/** Close codes of RFC 6455. */
export const closeCodes = {
  normal: 1000,
  binary: 1003,
  notJson: 1007,
  unknownMessage: 1008,
} as const;

/** Otherwise pages of other sites could read searches through their visitors' browsers. */
export function refuseOtherSites({ headers: { origin, host } }: Pick<FastifyRequest, 'headers'>): void {
  if (origin === undefined || hostOf(origin) === host) return;
  throw new Problem('unauthorizedOrigin', `the origin is ${origin}; only pages of this service may open a connection`);
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}

type Message = SearchMessage | ListMessage | ModelMessage;

const serialized = new WeakMap<Message, Buffer>();

/** The message as JSON, which is written once for all clients that are sent the same object. */
export function bytesOf(message: Message): Buffer {
  let bytes = serialized.get(message);
  if (bytes === undefined) {
    bytes = Buffer.from(JSON.stringify(message));
    serialized.set(message, bytes);
  }
  return bytes;
}

export function sendMessage(socket: WebSocket, message: Message): void {
  socket.send(bytesOf(message), { binary: false });
}

export function isBehind(socket: WebSocket): boolean {
  return socket.bufferedAmount > BEHIND_BYTES;
}

/** Answers messages and sends heartbeats until the client disconnects, which it may have done already; then calls `onClose`. */
export function keepOpen(socket: WebSocket, onClose: () => void): void {
  // The event of a connection that was closed while its request was prepared has passed.
  if (socket.readyState !== socket.OPEN) {
    onClose();
    return;
  }
  const heartbeat = keepAlive(socket);
  socket.on('close', () => {
    onClose();
    clearInterval(heartbeat);
  });
  socket.on('error', () => socket.terminate());
  // Who does not read the answers gets no more of them, or they would fill the memory.
  socket.on('ping', (data) => {
    if (!isBehind(socket)) socket.pong(data);
  });
  socket.on('message', (data, isBinary) => answer(socket, String(data), isBinary));
}

/** Runs `work` now, or once more after the current run: concurrent calls share one run. */
export function coalesced(work: () => Promise<void>, onError: (error: unknown) => void): () => void {
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

/** Terminates connections that do not answer pings, which TCP may not notice. */
function keepAlive(socket: WebSocket): NodeJS.Timeout {
  let answered = true;
  socket.on('pong', () => {
    answered = true;
  });
  return setInterval(() => {
    if (!answered) return socket.terminate();
    answered = false;
    socket.ping();
    sendMessage(socket, { type: 'heartbeat', at: new Date().toISOString() });
  }, HEARTBEAT_MS);
}

/** Clients may only send `ping`; anything else gets an error and closes the connection. */
function answer(socket: WebSocket, text: string, isBinary: boolean): void {
  const issue = messageIssue(text, isBinary);
  if (issue === undefined) {
    if (!isBehind(socket)) sendMessage(socket, { type: 'pong' });
    return;
  }
  const problem = new Problem('invalidRequest', issue.message, [{ path: 'message', message: issue.message }]);
  sendMessage(socket, { type: 'error', problem: documentOf(problem) });
  socket.close(issue.code, issue.message);
}

function messageIssue(text: string, isBinary: boolean): { code: number; message: string } | undefined {
  if (isBinary) return { code: closeCodes.binary, message: 'must be text, got binary' };
  try {
    if (clientMessageSchema.safeParse(JSON.parse(text)).success) return undefined;
  } catch {
    return { code: closeCodes.notJson, message: 'must be JSON' };
  }
  return { code: closeCodes.unknownMessage, message: 'must be {"type":"ping"}' };
}
