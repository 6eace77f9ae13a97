/** A websocket that is gone leaves nothing behind. */
import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { WebSocket } from 'ws';
import { keepOpen } from '../../../src/api/socket.ts';

class FakeSocket extends EventEmitter {
  readonly OPEN = 1;
  readyState = 1;
  readonly send = vi.fn();
  readonly ping = vi.fn();
  readonly terminate = vi.fn();
}

let socket: FakeSocket;
beforeEach(() => {
  vi.useFakeTimers();
  socket = new FakeSocket();
});
afterEach(() => {
  vi.useRealTimers();
});
const asWebSocket = () => socket as unknown as WebSocket;

it('a connection that closes stops its heartbeat and its subscription', () => {
  const onClose = vi.fn();
  keepOpen(asWebSocket(), onClose);
  expect(vi.getTimerCount()).toBe(1);
  expect(onClose).not.toHaveBeenCalled();
  socket.readyState = 3;
  socket.emit('close');
  expect(onClose).toHaveBeenCalledTimes(1);
  expect(vi.getTimerCount()).toBe(0);
});

it.each([2, 3])('so does one that was closed while its request was prepared: state %i', (state) => {
  socket.readyState = state;
  const onClose = vi.fn();
  keepOpen(asWebSocket(), onClose);
  expect(onClose).toHaveBeenCalledTimes(1);
  expect(vi.getTimerCount()).toBe(0);
});
