import { context, propagation, ProxyTracerProvider, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, TraceFlags, type Attributes, type Context, type Span, type SpanContext } from '@opentelemetry/api';

/**
 * Traces by OpenTelemetry's API alone. The operator brings the SDK (`NODE_OPTIONS=--require ...`, see docs/operations.md); without one
 * no span is made and nothing is written down: each place costs one question of some 50 ns.
 */
const NAME = 'rolebook';

/** Whether anybody takes spans. Asked at each use, since an SDK may come later than this file; it never goes again. */
export function isTracing(): boolean {
  if (tracing) return true;
  const provider = trace.getTracerProvider();
  // Without an SDK there is a proxy with nothing behind it.
  tracing = !(provider instanceof ProxyTracerProvider) || provider.getDelegateTracer(NAME) !== undefined;
  return tracing;
}
let tracing = false;

/** Where a request comes from in a trace, by the headers that the operator's propagator knows (such as `traceparent`). */
export function contextOf(headers: Readonly<Record<string, unknown>>): Context {
  return propagation.extract(ROOT_CONTEXT, headers);
}

/** A span that is ended by whoever started it. @param within the context that its parent is in */
export function startSpan(name: string, kind: 'server' | 'consumer', attributes: Attributes, within: Context): { readonly span: Span; readonly context: Context } {
  const span = trace.getTracer(NAME).startSpan(name, { kind: kind === 'server' ? SpanKind.SERVER : SpanKind.CONSUMER, attributes }, within);
  return { span, context: trace.setSpan(within, span) };
}

/** Does the work in a span below the current one, failed where the work fails; just does it where nobody traces. */
export async function traced<T>(name: string, attributes: Attributes, work: () => Promise<T>): Promise<T> {
  if (!isTracing()) return work();
  const span = trace.getTracer(NAME).startSpan(name, { attributes });
  try {
    return await context.with(trace.setSpan(context.active(), span), work);
  } catch (error) {
    // The name and no message: that may hold what belongs to a person.
    span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.name : 'Error' });
    throw error;
  } finally {
    span.end();
  }
}

/** The current span as others write it down, where it is sampled (W3C Trace Context, section 3.2); `undefined` where there is none. */
export function currentTraceParent(): string | undefined {
  if (!isTracing()) return undefined;
  const current = trace.getActiveSpan()?.spanContext();
  if (!current || !trace.isSpanContextValid(current) || (current.traceFlags & TraceFlags.SAMPLED) === 0) return undefined;
  return `00-${current.traceId}-${current.spanId}-${current.traceFlags.toString(16).padStart(2, '0')}`;
}

/** The context below a span that was written down; `null` where the text is none. */
export function continued(traceParent: string): Context | null {
  const [, traceId, spanId, flags] = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(traceParent) ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return null;
  const parent: SpanContext = { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true };
  return trace.isSpanContextValid(parent) ? trace.setSpanContext(ROOT_CONTEXT, parent) : null;
}
