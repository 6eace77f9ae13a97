/** Sends runs to a compute thread in one request, and watches over it: stops, time limits, threads that do not answer. */
import { MessageChannel, type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import type { Piscina } from 'piscina';
import { messageOf } from '../errors.ts';
import {
  createProgress,
  type ExplainedModel,
  type MadeModel,
  REVOKED,
  STOPPED,
  type ThreadEnd,
  type ThreadReport,
  type ThreadRequest,
  type ThreadRun,
} from './protocol.ts';
import { NoModel } from './train-model.ts';
import { MemoryLimitExceeded, type RunOptions, type RunOutcome, TimeLimitExceeded } from './trial.ts';
import type { FoldState } from './trial-checkpoint.ts';
import type { Turns } from './turns.ts';

export interface Threads {
  readonly pool: Piscina<ThreadRequest, void>;
  /** As many as there are threads. */
  readonly turns: Turns;
  /** Requests that were sent and have not ended. */
  readonly load: { requests: number };
  /** Bytes per run. */
  readonly memoryLimit: number;
}

export interface Watch extends Pick<RunOptions, 'onThread' | 'onEpochs' | 'signal' | 'revoke' | 'limitSeconds'> {
  /** When the first of the runs that share the time limit started, in milliseconds since 1970; Infinity before. */
  readonly since: { at: number };
}

export type RunEnd = RunOutcome | FoldState | MadeModel | ExplainedModel;

/** A run with the promise of its end. */
export interface PendingRun {
  readonly run: ThreadRun;
  readonly watch: Watch;
  readonly resolve: (end: RunEnd) => void;
  readonly reject: (reason: unknown) => void;
}

/** How long a stopped run may take to reach its next step before its thread is terminated. */
const GRACE_MS = 500;

/** Settles every run; never rejects. Runs that a terminated or crashed thread did not reach are sent again. */
export async function sendRuns(threads: Threads, runs: readonly PendingRun[]): Promise<void> {
  let rest = runs;
  while (rest.length > 0) rest = await send(threads, rest);
}

/** Returns the runs to send again. */
async function send(
  { pool, turns, memoryLimit, load }: Threads,
  runs: readonly PendingRun[],
): Promise<readonly PendingRun[]> {
  const progress = createProgress(runs.length);
  const { port1, port2 } = new MessageChannel();
  const force = new AbortController();
  const open = new Set(runs.keys());
  const reasons = new Map<number, unknown>();
  const graces: NodeJS.Timeout[] = [];
  /** The run that the thread is at, or was at last; −1 before the first. */
  const current = () => progress.startedAt.findLastIndex((at) => at > 0);

  const stop = (run: number, reason: unknown) => {
    if (reasons.has(run) || !open.has(run)) return;
    reasons.set(run, reason);
    Atomics.store(progress.stop, run, STOPPED);
    const terminate = () => {
      if (!open.has(run)) return;
      if (current() !== run) settle(run, { outcome: 'failed', error: reason });
      if (current() === run || open.size === 0) force.abort();
    };
    graces.push(setTimeout(terminate, GRACE_MS));
  };
  const limits = watchLimits(runs, progress.startedAt, current, (run) =>
    stop(run, new TimeLimitExceeded(runs[run]!.watch.limitSeconds!)),
  );
  const sayTime = (run: number) => {
    const { watch, run: sent } = runs[run]!;
    const startedAt = progress.startedAt[run]!;
    if (watch.onThread === undefined || startedAt === 0) return;
    const fold = 'task' in sent ? sent.only?.fold : undefined;
    watch.onThread({ fold, thread: progress.thread[run]!, startedAt, endedAt: Date.now() });
  };
  const settle = (run: number, end: ThreadEnd) => {
    if (!open.delete(run)) return;
    noteStart(runs[run]!.watch.since, progress.startedAt[run]!);
    sayTime(run);
    if (reasons.has(run)) runs[run]!.reject(reasons.get(run));
    else if (!('outcome' in end)) runs[run]!.resolve(end);
    else if (end.outcome === 'notStarted') runs[run]!.reject(runs[run]!.watch.revoke?.reason);
    else if (end.outcome === 'tooLarge') runs[run]!.reject(new MemoryLimitExceeded(end.bytes, memoryLimit));
    else if (end.outcome === 'noModel') runs[run]!.reject(new NoModel(end.message));
    else if (end.outcome === 'failed') runs[run]!.reject(failed(end.error));
    else runs[run]!.resolve(end);
  };
  const onReport = (report: ThreadReport) => {
    for (const { run, updates, end } of report) {
      if (updates.length > 0 && !reasons.has(run)) runs[run]!.watch.onEpochs?.(updates);
      if (end !== undefined) settle(run, end);
    }
  };
  const unwatch = runs.flatMap(({ watch: { signal, revoke } }, run) => [
    onAbort(signal, (reason) => stop(run, reason)),
    onAbort(revoke, () => void Atomics.compareExchange(progress.stop, run, 0, REVOKED)),
  ]);
  port1.on('message', onReport);
  load.requests++;
  try {
    const request = { runs: runs.map(({ run }) => run), port: port2, progress, memoryLimit };
    await turns(() => pool.run(request, { transferList: [port2 as MessagePort], signal: force.signal }));
    drain(port1, onReport);
  } catch (error) {
    drain(port1, onReport);
    const blamed = current();
    for (const run of open) {
      if (reasons.has(run)) runs[run]!.reject(reasons.get(run));
      // If no run had started, the request itself failed, and would fail again.
      else if (run === blamed || blamed < 0) runs[run]!.reject(failed(error));
      else continue;
      open.delete(run);
    }
  } finally {
    load.requests--;
    limits.clear();
    for (const grace of graces) clearTimeout(grace);
    for (const remove of unwatch) remove();
    port1.close();
  }
  return runs.filter((_, run) => open.has(run));
}

/** `startedAt`: 0 if it has not started. */
function noteStart(since: Watch['since'], startedAt: number): void {
  if (startedAt > 0) since.at = Math.min(since.at, startedAt);
}

/** Reports that the end of the request, which uses another channel, has overtaken. */
function drain(port: MessagePort, onReport: (report: ThreadReport) => void): void {
  for (let late = receiveMessageOnPort(port); late !== undefined; late = receiveMessageOnPort(port)) {
    onReport(late.message as ThreadReport);
  }
}

function failed(error: unknown): Error {
  return new Error(`the compute thread failed: ${messageOf(error)}`, { cause: error });
}

/** Calls `listener` with the reason once the signal is aborted, also if it is already. Returns a function that removes it. */
function onAbort(signal: AbortSignal | undefined, listener: (reason: unknown) => void): () => void {
  const aborted = () => listener(signal?.reason);
  if (signal?.aborted === true) aborted();
  else signal?.addEventListener('abort', aborted, { once: true });
  return () => signal?.removeEventListener('abort', aborted);
}

/** Calls `onOver` when the current run has used up its time. Waiting for a thread or for earlier runs does not count. */
function watchLimits(
  runs: readonly PendingRun[],
  startedAt: Float64Array,
  current: () => number,
  onOver: (run: number) => void,
): { clear(): void } {
  const shortest = Math.min(...runs.map(({ watch }) => watch.limitSeconds ?? Number.POSITIVE_INFINITY)) * 1000;
  if (shortest === Number.POSITIVE_INFINITY) return { clear: () => undefined };
  let timer: NodeJS.Timeout;
  const check = () => {
    const run = current();
    let left = shortest;
    if (run >= 0) {
      const { since, limitSeconds = Number.POSITIVE_INFINITY } = runs[run]!.watch;
      noteStart(since, startedAt[run]!);
      left = since.at + limitSeconds * 1000 - Date.now();
      if (left <= 0) onOver(run);
    }
    timer = setTimeout(check, left <= 0 ? shortest : Math.min(left, shortest));
  };
  timer = setTimeout(check, shortest);
  return { clear: () => clearTimeout(timer) };
}
