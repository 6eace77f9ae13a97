/** What both streams do with a client's websocket: whose it may be, whether it is there, what it may say. */
import type { FastifyRequest } from 'fastify';
import type { WebSocket } from 'ws';
import { clientMessageSchema, type ListMessage, type SearchMessage } from '../contract/stream.ts';
import { Problem } from '../errors.ts';
import { documentOf } from './problems.ts';

/** A client with more than this on its way is behind. */
const BEHIND_BYTES = 256 * 1024;
const HEARTBEAT_MS = 15_000;

/** Close codes of RFC 6455. */
export const closeCodes = {
  normal: 1000,
  binary: 1003,
  notJson: 1007,
  unknownMessage: 1008,
} as const;

/** A page of another site could otherwise read searches through its visitor's browser. */
export function refuseOtherSites({ headers: { origin, host } }: Pick<FastifyRequest, 'headers'>): void {
  if (origin === undefined || hostOf(origin) === host) return;
  throw new Problem('unauthorizedOrigin', `the connection came from ${origin}; only pages of this service may open it`);
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}

export function sendMessage(socket: WebSocket, message: SearchMessage | ListMessage): void {
  socket.send(JSON.stringify(message));
}

export function isBehind(socket: WebSocket): boolean {
  return socket.bufferedAmount > BEHIND_BYTES;
}

/** Answers and watches the client until it goes; then calls `onClose`. */
export function keepOpen(socket: WebSocket, onClose: () => void): void {
  const heartbeat = keepAlive(socket);
  socket.on('close', () => {
    onClose();
    clearInterval(heartbeat);
  });
  socket.on('error', () => socket.terminate());
  socket.on('message', (data, isBinary) => answer(socket, String(data), isBinary));
}

/** Runs `work` now, or once more after the run that is under way: many calls at once cost one run. */
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
    sendMessage(socket, { type: 'heartbeat', at: new Date().toISOString() });
  }, HEARTBEAT_MS);
}

/** Clients have nothing to say but `ping`; what is not understood is explained, and the connection closed. */
function answer(socket: WebSocket, text: string, isBinary: boolean): void {
  const fault = faultOfMessage(text, isBinary);
  if (fault === undefined) {
    sendMessage(socket, { type: 'pong' });
    return;
  }
  const problem = new Problem('invalidRequest', fault.message, [{ path: 'message', message: fault.message }]);
  sendMessage(socket, { type: 'error', problem: documentOf(problem) });
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
