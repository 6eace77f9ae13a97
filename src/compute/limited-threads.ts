/** Threads that read what comes from outside: bounded in memory and time, since damaged files may take any. */
import type { MessagePort } from 'node:worker_threads';
import { Piscina } from 'piscina';
import { workerScript } from '../paths.ts';
import { threadOptions } from './thread-options.ts';

const IDLE_MS = 10_000;

export interface ThreadLimits {
  /** Of one thread. */
  readonly heapMegabytes: number;
  /** Of that, for short-lived objects; V8's default is 48 and more. */
  readonly youngHeapMegabytes?: number;
  readonly seconds: number;
}

export interface LimitedThreads<Task, Answer> {
  /** `moved`: what of the task is moved to the thread and not copied. */
  run(task: Task, moved?: readonly (ArrayBuffer | MessagePort)[]): Promise<Answer>;
  close(): Promise<void>;
}

/** `script`: the name of a file of workers/. `exceeded`: the error for a task that exceeds a limit, which it gets as a sentence. `name`: of the function of the script. */
export function createLimitedThreads<Task, Answer>(
  script: string,
  maxThreads: number,
  { heapMegabytes, youngHeapMegabytes, seconds }: ThreadLimits,
  exceeded: (message: string) => Error,
  name = 'default',
): LimitedThreads<Task, Answer> {
  const threads = new Piscina<Task, Answer>({
    ...threadOptions,
    filename: workerScript(script).href,
    minThreads: 0,
    maxThreads,
    idleTimeout: IDLE_MS,
    resourceLimits: {
      maxOldGenerationSizeMb: heapMegabytes,
      ...(youngHeapMegabytes && { maxYoungGenerationSizeMb: youngHeapMegabytes }),
    },
  });
  const tooLarge = (what: string) => exceeded(`${what} to read, which is the limit: it is damaged, or too large`);
  return {
    run: async (task, moved = []) => {
      const signal = AbortSignal.timeout(seconds * 1000);
      try {
        return await threads.run(task, { name, signal, transferList: [...moved] });
      } catch (error) {
        if (signal.aborted) throw tooLarge(`takes longer than ${seconds} s`);
        const isOutOfMemory = error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
        throw isOutOfMemory ? tooLarge(`takes more than ${heapMegabytes} MB of memory`) : error;
      }
    },
    close: () => threads.destroy(),
  };
}
