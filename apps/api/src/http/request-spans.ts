import { context, SpanStatusCode, type Span } from '@opentelemetry/api';
import { contextOf, isTracing, startSpan } from '@rolebook/tracing';
import type { FastifyInstance, FastifyRequest } from 'fastify';

/**
 * A span for each request, named by its route's pattern, in which everything it brings about stands. No address and no id goes into it but the
 * request's own. Only where an SDK was there before the start.
 */
export function traceRequests(fastify: FastifyInstance): void {
  if (!isTracing()) return;
  const spans = new WeakMap<FastifyRequest, Span>();
  fastify.addHook('onRequest', (request, _reply, done) => {
    const route = request.routeOptions.url ?? 'none';
    const attributes = { 'http.request.method': request.method, 'http.route': route, 'rolebook.request_id': request.id };
    const started = startSpan(`${request.method} ${route}`, 'server', attributes, contextOf(request.headers));
    spans.set(request, started.span);
    // What follows, up to the answer, runs inside.
    context.with(started.context, done);
  });
  fastify.addHook('onResponse', (request, reply, done) => {
    const span = spans.get(request);
    span?.setAttribute('http.response.status_code', reply.statusCode);
    if (reply.statusCode >= 500) span?.setStatus({ code: SpanStatusCode.ERROR });
    span?.end();
    done();
  });
}
