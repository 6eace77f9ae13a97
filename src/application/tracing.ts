/** Traces: what followed from a request, over processes and threads. Without a receiver (`untraced`) nothing is measured and nothing is kept. */
import { AsyncLocalStorage } from 'node:async_hooks';

export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

export interface SpanOptions {
  readonly attributes?: SpanAttributes;
  /** Milliseconds since 1970; now, unless given. */
  readonly startedAt?: number;
  /** What it does for another process; internal unless given. */
  readonly kind?: 'server' | 'producer' | 'consumer';
  /** The `traceparent` of a span that it has to do with, and is not below. */
  readonly link?: string | undefined;
}

/** A part of a trace with a beginning and an end. */
export interface Span {
  /** What makes a span of another process its child (W3C Trace Context); undefined without traces. */
  readonly traceparent: string | undefined;
  child(name: string, options?: SpanOptions): Span;
  set(attributes: SpanAttributes): void;
  /** Something that happened at a time, in milliseconds since 1970. */
  event(name: string, attributes: SpanAttributes, at: number): void;
  /** `error`: why it failed; `at`: when it ended, in milliseconds since 1970, now unless given. */
  end(end?: { readonly error?: string | undefined; readonly at?: number }): void;
}

export interface Tracing {
  readonly isOn: boolean;
  /** A span below that of `traceparent`, or, without one that can be read, of a new trace. */
  start(name: string, traceparent: string | undefined, options?: SpanOptions): Span;
  /** Sends what was not sent yet. */
  close(): Promise<void>;
}

const noSpan: Span = {
  traceparent: undefined,
  child: () => noSpan,
  set: () => undefined,
  event: () => undefined,
  end: () => undefined,
};
export const untraced: Tracing = { isOn: false, start: () => noSpan, close: async () => undefined };

const storage = new AsyncLocalStorage<Span>();

/** Runs `work`, in which `currentSpan` is `span`. */
export function within<T>(span: Span, work: () => T): T {
  return storage.run(span, work);
}

/** The span of the request that is being answered; one that does nothing outside of requests, and without traces. */
export function currentSpan(): Span {
  return storage.getStore() ?? noSpan;
}

/** Runs `work` in a span of its own below `parent`, which ends with it. */
export async function inSpan<T>(
  parent: Span,
  name: string,
  work: (span: Span) => Promise<T>,
  options: SpanOptions = {},
): Promise<T> {
  const span = parent.child(name, options);
  try {
    const done = await within(span, () => work(span));
    span.end();
    return done;
  } catch (error) {
    span.end({ error: error instanceof Error ? error.message : String(error) });
    throw error;
  }
}
