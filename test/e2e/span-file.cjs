/**
 * Loaded into a process before itself (`--require`): the least that OpenTelemetry's API takes for an SDK. Each span that has ended is a line of
 * JSON in the file that `ROLEBOOK_TEST_SPANS` names.
 */
const { ROOT_CONTEXT, trace, TraceFlags } = require('@opentelemetry/api');
const { randomBytes } = require('node:crypto');
const { appendFileSync } = require('node:fs');

const startSpan = (name, { kind } = {}, within = ROOT_CONTEXT) => {
  const parent = trace.getSpanContext(within);
  const own = { traceId: parent?.traceId ?? randomBytes(16).toString('hex'), spanId: randomBytes(8).toString('hex'), traceFlags: TraceFlags.SAMPLED };
  const end = () => appendFileSync(process.env.ROLEBOOK_TEST_SPANS, `${JSON.stringify({ name, kind, traceId: own.traceId, parentId: parent?.spanId ?? null, pid: process.pid })}\n`);
  const span = { spanContext: () => own, isRecording: () => true, end };
  for (const method of ['setAttribute', 'setAttributes', 'addEvent', 'addLink', 'addLinks', 'setStatus', 'updateName', 'recordException']) span[method] = () => span;
  return span;
};
trace.setGlobalTracerProvider({ getTracer: () => ({ startSpan }) });
