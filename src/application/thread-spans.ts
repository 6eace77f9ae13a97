/** Spans of what compute threads did for a trial. Threads measure, and the process that waits for them sends. */
import type { ThreadTime, TimedUpdate } from '../compute/trial.ts';
import type { Span } from './tracing.ts';

/** Spans have at most 128 events. */
const MAX_EPOCHS = 100;

export interface ThreadSpans {
  add(updates: readonly TimedUpdate[]): void;
  /** Undefined without traces. */
  readonly onThread: ((run: ThreadTime) => void) | undefined;
}

const none: ThreadSpans = { add: () => undefined, onThread: undefined };

/** A span below `parent` for each run of a thread, with its first epochs as events. */
export function threadSpans(parent: Span): ThreadSpans {
  if (parent.traceparent === undefined) return none;
  const folds = new Map<number, { epochs: number; readonly first: TimedUpdate[] }>();
  return {
    add: (updates) => {
      for (const update of updates) {
        const fold = folds.get(update.fold) ?? { epochs: 0, first: [] };
        folds.set(update.fold, fold);
        fold.epochs++;
        if (fold.first.length < MAX_EPOCHS) fold.first.push(update);
      }
    },
    onThread: ({ fold, thread, startedAt, endedAt }) => {
      const own = [...folds].filter(([of]) => fold === undefined || of === fold);
      for (const [of] of own) folds.delete(of);
      const epochs = own.reduce((sum, [, counted]) => sum + counted.epochs, 0);
      const span = parent.child('train', {
        startedAt,
        attributes: { 'thread.id': thread, epochs, ...(fold !== undefined && { fold }) },
      });
      for (const { fold: of, epoch, trainLoss, at } of own.flatMap(([, { first }]) => first).slice(0, MAX_EPOCHS)) {
        span.event('epoch', { fold: of, epoch, ...(trainLoss !== null && { trainLoss }) }, at);
      }
      span.end({ at: endedAt });
    },
  };
}
