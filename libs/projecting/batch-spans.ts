import type { Recorded } from '@rolebook/kernel';
import { continued, isTracing, startSpan } from '@rolebook/tracing';

/** Ends the spans of a batch. @param failed whether it will come again */
type End = (failed: boolean) => void;

const NOTHING: End = () => undefined;

/** A span for each event of a batch that was appended in a traced request, in that request's trace: when the read models showed it. */
export function startBatchSpans(batch: readonly { readonly recorded: Recorded | Error }[]): End {
  if (!isTracing()) return NOTHING;
  const spans = batch.flatMap(({ recorded }) => {
    if (recorded instanceof Error || recorded.metadata.traceparent === undefined) return [];
    const within = continued(recorded.metadata.traceparent);
    return within ? [startSpan(`project ${recorded.event.type}`, 'consumer', { 'rolebook.event_type': recorded.event.type, 'rolebook.position': recorded.position }, within).span] : [];
  });
  return (failed) => {
    for (const span of spans) {
      if (failed) span.setAttribute('rolebook.again', true);
      span.end();
    }
  };
}
