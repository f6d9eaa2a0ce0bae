import type { Recorded } from '@rolebook/kernel';
import { continued, isTracing, startSpan } from '@rolebook/tracing';

/** The spans of a batch, on its way into several read models. */
export interface BatchSpans {
  /** One read model shows it. With the last of them the spans end. */
  shown(): void;
  /** One read model has failed on it, and will try again. */
  again(): void;
}

const NONE: BatchSpans = { shown: () => undefined, again: () => undefined };

/**
 * A span for each event of a batch that was appended in a traced request, in that request's trace: when the read models showed it.
 * @param readModels how many are to show it
 */
export function startBatchSpans(batch: readonly { readonly recorded: Recorded | Error }[], readModels: number): BatchSpans {
  if (!isTracing()) return NONE;
  const spans = batch.flatMap(({ recorded }) => {
    if (recorded instanceof Error || recorded.metadata.traceparent === undefined) return [];
    const within = continued(recorded.metadata.traceparent);
    return within ? [startSpan(`project ${recorded.event.type}`, 'consumer', { 'rolebook.event_type': recorded.event.type, 'rolebook.position': recorded.position }, within).span] : [];
  });
  let left = readModels;
  return {
    shown: () => { if (--left === 0) for (const span of spans) span.end(); },
    again: () => { for (const span of spans) span.setAttribute('rolebook.again', true); },
  };
}
