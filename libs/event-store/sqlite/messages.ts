/**
 * What passes between the event store and its writer thread. Flat lists, because their structured clone costs a
 * fraction of that of nested objects; this file alone knows their layout.
 */

/** One append as the writer sees it. `expected`: a revision, or one of the two below. `at`: when the log took it, in epoch milliseconds. */
export interface WriteRequest {
  readonly stream: string;
  readonly expected: number;
  readonly at: number;
  readonly events: readonly { readonly id: string; readonly type: string; readonly data: string; readonly metadata: string }[];
}

export const NO_STREAM = -1;
export const ANY = -2;

/** `stored`: place of its last event. Else `actual` is the stream's last revision, or NO_STREAM. */
export type WriteOutcome =
  | { readonly stored: true; readonly revision: number; readonly position: number; readonly at: number }
  | { readonly stored: false; readonly actual: number };

export type PackedRequests = readonly (string | number)[];
export type PackedOutcomes = readonly number[];

/** To the writer: a group to commit in one transaction, or the end. */
export type ToWriter = PackedRequests | 'close';
/** From the writer: the outcomes in the order of the requests, or why none of them was stored. */
export type FromWriter = PackedOutcomes | { readonly failed: string };

export function packRequests(requests: readonly WriteRequest[]): PackedRequests {
  const packed: (string | number)[] = [];
  for (const { stream, expected, at, events } of requests) {
    packed.push(stream, expected, at, events.length);
    for (const { id, type, data, metadata } of events) packed.push(id, type, data, metadata);
  }
  return packed;
}

export function unpackRequests(packed: PackedRequests): WriteRequest[] {
  const requests: WriteRequest[] = [];
  let next = 0;
  const text = () => packed[next++] as string;
  const number = () => packed[next++] as number;
  while (next < packed.length) {
    const request = { stream: text(), expected: number(), at: number(), events: [] as WriteRequest['events'][number][] };
    for (let count = number(); count > 0; count--) request.events.push({ id: text(), type: text(), data: text(), metadata: text() });
    requests.push(request);
  }
  return requests;
}

const FIELDS = 3;
/** Stands where a position would, positions being at least 1. */
const REFUSED = 0;

export function packOutcomes(outcomes: readonly WriteOutcome[]): PackedOutcomes {
  const packed: number[] = [];
  for (const outcome of outcomes) {
    if (outcome.stored) packed.push(outcome.position, outcome.revision, outcome.at);
    else packed.push(REFUSED, outcome.actual, 0);
  }
  return packed;
}

export function unpackOutcome(packed: PackedOutcomes, index: number): WriteOutcome {
  const field = (offset: number) => packed[index * FIELDS + offset] ?? 0;
  const [position, second, at] = [field(0), field(1), field(2)];
  return position === REFUSED ? { stored: false, actual: second } : { stored: true, revision: second, position, at };
}
