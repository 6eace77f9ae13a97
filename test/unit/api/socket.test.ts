/** A websocket that is gone leaves nothing behind. */
import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { WebSocket } from 'ws';
import { keepOpen } from '../../../src/api/socket.ts';

class FakeSocket extends EventEmitter {
  readonly OPEN = 1;
  readyState = 1;
  bufferedAmount = 0;
  readonly pong = vi.fn();
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

it('pings are answered while their answers are read, and no longer: they would pile up', () => {
  keepOpen(asWebSocket(), vi.fn());
  const ping = () => {
    socket.emit('ping', Buffer.from('x'));
    socket.emit('message', Buffer.from('{"type":"ping"}'), false);
  };
  ping();
  expect(socket.pong).toHaveBeenCalledExactlyOnceWith(Buffer.from('x'));
  expect(socket.send).toHaveBeenCalledTimes(1);
  socket.bufferedAmount = 1024 * 1024;
  for (let i = 0; i < 1000; i++) ping();
  expect(socket.pong).toHaveBeenCalledTimes(1);
  expect(socket.send).toHaveBeenCalledTimes(1);
  socket.bufferedAmount = 0;
  ping();
  expect(socket.pong).toHaveBeenCalledTimes(2);
  expect(socket.send).toHaveBeenCalledTimes(2);
});
