/** Spans of what goes through the queue, as OpenTelemetry's conventions for messaging name them. */
import { currentSpan, type Span, type SpanAttributes, type Tracing, within } from '../../application/tracing.ts';
import { messageOf } from '../../errors.ts';

function messaging(queue: string, operation: 'send' | 'process', messages: readonly string[]): SpanAttributes {
  const [id, ...more] = messages;
  return {
    'messaging.system': 'bullmq',
    'messaging.destination.name': queue,
    'messaging.operation.name': operation,
    'messaging.operation.type': operation,
    ...(more.length > 0 && { 'messaging.batch.message_count': messages.length }),
    ...(more.length === 0 && id !== undefined && { 'messaging.message.id': id }),
  };
}

/**
 * Adds jobs, in a span below that of the request or the trial they follow from; `add` is given what they have to carry. Without such a span they
 * have none: what a process makes up for by itself belongs to no request.
 */
export async function sent(
  queue: string,
  jobs: readonly string[],
  add: (traceparent: string | undefined) => Promise<unknown>,
): Promise<void> {
  const parent = currentSpan();
  if (parent.traceparent === undefined) {
    await add(undefined);
    return;
  }
  const span = parent.child(`send ${queue}`, { kind: 'producer', attributes: messaging(queue, 'send', jobs) });
  await ending(span, () => add(span.traceparent));
}

/** Does a job, in a span below the one in which it was added. */
export async function processed(
  tracing: Tracing,
  queue: string,
  { id, traceparent }: { readonly id: string; readonly traceparent: string | undefined },
  work: () => Promise<void>,
): Promise<void> {
  if (traceparent === undefined) return work();
  const attributes = messaging(queue, 'process', [id]);
  const span = tracing.start(`process ${queue}`, traceparent, { kind: 'consumer', attributes });
  await ending(span, () => within(span, work));
}

async function ending(span: Span, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
    span.end();
  } catch (error) {
    span.set({ 'error.type': error instanceof Error ? error.name : '_OTHER' });
    span.end({ error: messageOf(error) });
    throw error;
  }
}
