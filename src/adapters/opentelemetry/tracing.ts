/** Traces for a receiver that speaks OTLP over HTTP. Loaded only where one is set: it reads a hundred files. */
import {
  type Span as ApiSpan,
  type SpanOptions as ApiSpanOptions,
  type Context,
  ROOT_CONTEXT,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { ExportResultCode, parseTraceParent } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, type SpanExporter, TracerProvider } from '@opentelemetry/sdk-trace';
import type { Span, SpanOptions, Tracing } from '../../application/tracing.ts';
import type { Log } from '../../log.ts';

/** Where spans go, and what they say of this process. */
export interface TracingSettings {
  /** Without the path of traces. */
  readonly endpoint: string;
  readonly serviceName: string;
  readonly processName: string;
}

/** A span is seen about a second after its end. */
const SEND_EVERY_MS = 1000;
/** What is not sent by then is dropped: memory is bounded, and a receiver that hangs holds up nothing. */
const MAX_WAITING_SPANS = 8192;
const EXPORT_TIMEOUT_MS = 5000;
const COMPLAIN_EVERY_MS = 60_000;

/** Spans of traces that a `traceparent` says are not sampled are not sent; all others are. */
export function createTracing({ endpoint, serviceName, processName }: TracingSettings, log: Log): Tracing {
  const exporter = complaining(
    new OTLPTraceExporter({ url: `${endpoint.replace(/\/$/, '')}/v1/traces`, timeoutMillis: EXPORT_TIMEOUT_MS }),
    log,
  );
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': serviceName, 'service.instance.id': processName }),
    spanProcessors: [
      new BatchSpanProcessor({
        exporter,
        scheduledDelayMillis: SEND_EVERY_MS,
        maxQueueSize: MAX_WAITING_SPANS,
        exportTimeoutMillis: EXPORT_TIMEOUT_MS,
      }),
    ],
  });
  const tracer = provider.getTracer('hypersearch');
  return {
    isOn: true,
    start: (name, traceparent, options) => {
      const parent = contextOf(traceparent);
      const context = parent === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, parent);
      return spanOf(tracer, tracer.startSpan(name, optionsOf(options), context));
    },
    close: () => provider.shutdown(),
  };
}

const kinds = { server: SpanKind.SERVER, producer: SpanKind.PRODUCER, consumer: SpanKind.CONSUMER } as const;

function optionsOf({ attributes = {}, startedAt, kind, link }: SpanOptions = {}): ApiSpanOptions {
  const linked = contextOf(link);
  return {
    kind: kind === undefined ? SpanKind.INTERNAL : kinds[kind],
    attributes,
    startTime: startedAt ?? Date.now(),
    ...(linked !== undefined && { links: [{ context: linked }] }),
  };
}

/** Of a span of another process, or of another trace; undefined if it cannot be read. */
function contextOf(traceparent: string | undefined): SpanContext | undefined {
  const parsed = traceparent === undefined ? null : parseTraceParent(traceparent);
  return parsed === null ? undefined : { ...parsed, isRemote: true };
}

function spanOf(tracer: Tracer, own: ApiSpan): Span {
  const { traceId, spanId, traceFlags } = own.spanContext();
  const context: Context = trace.setSpan(ROOT_CONTEXT, own);
  return {
    traceparent: `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`,
    child: (name, options) => spanOf(tracer, tracer.startSpan(name, optionsOf(options), context)),
    set: (attributes) => void own.setAttributes(attributes),
    event: (name, attributes, at) => void own.addEvent(name, attributes, at),
    end: ({ error, at } = {}) => {
      if (error !== undefined) own.setStatus({ code: SpanStatusCode.ERROR, message: error });
      own.end(at ?? Date.now());
    },
  };
}

/** An exporter fails in silence: the log says so, once a minute. */
function complaining(exporter: SpanExporter, log: Log): SpanExporter {
  let last = Number.NEGATIVE_INFINITY;
  return {
    export: (spans, done) =>
      exporter.export(spans, (result) => {
        if (result.code === ExportResultCode.FAILED && performance.now() - last > COMPLAIN_EVERY_MS) {
          last = performance.now();
          log.warn(`traces: ${spans.length} spans could not be sent: ${result.error?.message ?? 'no reason given'}`);
        }
        done(result);
      }),
    shutdown: () => exporter.shutdown(),
    forceFlush: async () => exporter.forceFlush?.(),
  };
}
