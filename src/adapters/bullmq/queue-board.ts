/** The page of bull-board: what is in the queue, for operators. It can be looked at, and changes nothing. */
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { FastifyAdapter } from '@bull-board/fastify';
import type { Queue } from 'bullmq';
import type { FastifyInstance } from 'fastify';

interface Answer {
  readonly status: number;
  readonly body: object;
}

const INTERVALS = { showSetting: false, forceInterval: 5 } as const;

/** `whenOpen` is called with a function that must be called with each queue that opens. */
export function createQueueBoard(whenOpen: (opened: (queue: Queue) => void) => void) {
  return {
    register: async (app: FastifyInstance, prefix: string, answer: (error: Error) => Answer): Promise<void> => {
      const server = new FastifyAdapter();
      server.setBasePath(prefix);
      const { replaceQueues } = createBullBoard({
        queues: [],
        serverAdapter: server,
        options: {
          // The bundle has no require, with which the package would look for it.
          uiBasePath: dirname(createRequire(import.meta.url).resolve('@bull-board/ui/package.json')),
          uiConfig: { boardTitle: 'hypersearch: queue', hideRedisDetails: true, pollingInterval: INTERVALS },
        },
      });
      server.setErrorHandler((error) => answer(error) as ReturnType<Parameters<typeof server.setErrorHandler>[0]>);
      whenOpen((queue) => replaceQueues([new BullMQAdapter(queue, { readOnlyMode: true })]));
      await app.register(server.registerPlugin(), { prefix });
    },
  };
}
