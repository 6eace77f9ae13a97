/** The websocket of one model: sends it when it changes, and how far its training is. */
import type { WebSocket } from 'ws';
import type { PubSub } from '../application/ports/messages.ts';
import type { ModelStore } from '../application/ports/model-store.ts';
import { messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import { closeCodes, coalesced, isBehind, keepOpen, sendMessage } from './socket.ts';

export interface ModelStreamDependencies {
  readonly models: Pick<ModelStore, 'find'>;
  readonly pubSub: PubSub;
  readonly log: Log;
}

/** Serves `socket` until it closes. */
export function streamModel(socket: WebSocket, id: string, { models, pubSub, log }: ModelStreamDependencies): void {
  const send = coalesced(
    async () => {
      const model = await models.find(id);
      if (model !== undefined) return sendMessage(socket, { type: 'model', model });
      sendMessage(socket, { type: 'removed' });
      socket.close(closeCodes.normal, 'the model was deleted');
    },
    (error) => log.error(`the stream of model ${id}: ${messageOf(error)}`),
  );
  const unsubscribe = pubSub.subscribe((message) => {
    if (message.kind === 'gap') return send();
    if (message.kind !== 'model' || message.modelId !== id) return;
    if (message.progress === undefined) return send();
    if (!isBehind(socket)) sendMessage(socket, { type: 'progress', done: message.progress });
  });
  keepOpen(socket, unsubscribe);
  send();
}
