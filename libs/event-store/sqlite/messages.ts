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
export type PackedOutcomes = Float64Array;

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
  let next = 0;
  const text = () => packed[next++] as string;
  const number = () => packed[next++] as number;
  const requests: WriteRequest[] = [];
  while (next < packed.length) {
    const stream = text();
    const expected = number();
    const at = number();
    const events = Array.from({ length: number() }, () => ({ id: text(), type: text(), data: text(), metadata: text() }));
    requests.push({ stream, expected, at, events });
  }
  return requests;
}

const FIELDS = 3;
/** Stands where a position would, positions being at least 1. */
const REFUSED = 0;

export function packOutcomes(outcomes: readonly WriteOutcome[]): PackedOutcomes {
  const packed = new Float64Array(outcomes.length * FIELDS);
  outcomes.forEach((outcome, index) => {
    if (outcome.stored) packed.set([outcome.position, outcome.revision, outcome.at], index * FIELDS);
    else packed.set([REFUSED, outcome.actual], index * FIELDS);
  });
  return packed;
}

export function unpackOutcome(packed: PackedOutcomes, index: number): WriteOutcome {
  const [position = REFUSED, second = 0, at = 0] = packed.subarray(index * FIELDS, (index + 1) * FIELDS);
  return position === REFUSED ? { stored: false, actual: second } : { stored: true, revision: second, position, at };
}
