import { context, propagation, ROOT_CONTEXT, SpanKind, trace, TraceFlags, type Attributes, type Context, type Span, type SpanContext, type SpanOptions } from '@opentelemetry/api';
import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';

export interface CollectedSpan {
  readonly name: string;
  readonly kind: SpanKind;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId: string | null;
  readonly attributes: Attributes;
}

/** The least that OpenTelemetry's API takes for an SDK: contexts, W3C headers, and spans that are kept once they have ended. */
export function collectSpans(): CollectedSpan[] {
  const ended: CollectedSpan[] = [];
  const contexts = new AsyncLocalStorage<Context>();
  const manager = {
    active: () => contexts.getStore() ?? ROOT_CONTEXT,
    with<A extends unknown[], F extends (...args: A) => ReturnType<F>>(within: Context, work: F, self?: ThisParameterType<F>, ...args: A): ReturnType<F> { return contexts.run(within, () => work.apply(self, args)); },
    bind: <T>(_within: Context, target: T) => target,
    enable() { return this; },
    disable() { return this; },
  };
  context.setGlobalContextManager(manager);
  propagation.setGlobalPropagator({
    inject: () => undefined,
    fields: () => ['traceparent'],
    extract(within, carrier, getter) {
      const [, traceId, spanId] = /^00-(\w{32})-(\w{16})-01$/.exec(String(getter.get(carrier, 'traceparent'))) ?? [];
      return traceId && spanId ? trace.setSpanContext(within, { traceId, spanId, traceFlags: TraceFlags.SAMPLED, isRemote: true }) : within;
    },
  });
  const startSpan = (name: string, options: SpanOptions = {}, within = context.active()): Span => {
    const parent = trace.getSpanContext(within);
    const own: SpanContext = { traceId: parent?.traceId ?? randomBytes(16).toString('hex'), spanId: randomBytes(8).toString('hex'), traceFlags: TraceFlags.SAMPLED };
    const attributes: Attributes = { ...options.attributes };
    const span: Span = {
      spanContext: () => own, isRecording: () => true,
      setAttribute(key, value) { attributes[key] = value; return span; },
      setAttributes(more) { Object.assign(attributes, more); return span; },
      addEvent: () => span, addLink: () => span, addLinks: () => span, setStatus: () => span, updateName: () => span, recordException: () => undefined,
      end: () => { ended.push({ name, kind: options.kind ?? SpanKind.INTERNAL, traceId: own.traceId, spanId: own.spanId, parentId: parent?.spanId ?? null, attributes }); },
    };
    return span;
  };
  trace.setGlobalTracerProvider({ getTracer: () => ({ startSpan, startActiveSpan: () => { throw new Error('not used'); } }) });
  return ended;
}
