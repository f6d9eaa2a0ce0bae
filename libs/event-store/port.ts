/** An event on its way into the log. `data` and `metadata` are JSON texts: what is stored is these bytes. */
export interface EventToAppend {
  /** UUID. Appending the same ids again is no second append. */
  readonly id: string;
  readonly type: string;
  readonly data: string;
  readonly metadata: string;
}

/** An event as it stands in its stream. */
export interface StoredEvent extends EventToAppend {
  readonly stream: string;
  /** Place in the stream, from 0, without gaps. */
  readonly revision: number;
  /** When the log took it: RFC 3339, UTC, milliseconds; never decreases with the position. */
  readonly recordedAt: string;
}

/** An event as it stands in the log as a whole. */
export interface LoggedEvent extends StoredEvent {
  /** Place in commit order: a safe integer >= 1. Never a clock. */
  readonly position: number;
}

/** `no-stream`: the stream must not exist yet. A number: its last event must have this revision. `any`: no check. */
export type ExpectedRevision = 'no-stream' | 'any' | number;

export interface AppendResult {
  /** Revision of the last event appended. */
  readonly revision: number;
  /** Position of the last event appended. */
  readonly position: number;
  readonly recordedAt: string;
}

export interface ReadAllOptions {
  /** Position; 0: from the start. */
  readonly after: number;
  readonly limit: number;
  readonly types?: ReadonlySet<string>;
}

export interface Subscription {
  /** No event is handed over after this resolves. */
  stop(): Promise<void>;
}

export interface SubscribeOptions {
  /** Events after this position; 0 for all. */
  readonly after: number;
  /** Events in order, in batches of at least one. The next batch waits for the promise. A rejection ends the subscription through `onEnd`. */
  onEvents(events: readonly LoggedEvent[]): Promise<void> | void;
  /** The subscription ended by itself and cannot go on. Adapters reconnect first; this is the last word. */
  onEnd?(reason: Error): void;
}

/**
 * The log. Streams of events with optimistic concurrency, and all of them in one commit order.
 * What is acknowledged is durable. Every adapter passes `event-store.contract.ts`.
 */
export interface EventStore {
  /**
   * Appends all events or none, at the end of a stream.
   * A retry with the ids of an append that was stored gives that append's result and stores nothing.
   * @throws {WrongExpectedRevision} where the stream is not where the caller thinks; nothing is stored
   * @throws {StoreUnavailable} where the log cannot be reached or written; whether it was stored may be unknown: retry with the same ids
   */
  append(stream: string, expected: ExpectedRevision, events: readonly EventToAppend[]): Promise<AppendResult>;

  /**
   * Events of one stream, at most `limit` (default: all). Forwards from revision `from` (default 0), or backwards from it (default: the end).
   * @returns an empty list for a stream that does not exist
   */
  readStream(stream: string, options?: { from?: number; direction?: 'forwards' | 'backwards'; limit?: number }): Promise<readonly StoredEvent[]>;

  /**
   * Events of all streams after a position, in order, at most `limit`. System events of the server are passed over. An empty list: the end.
   * @param options.types only events of these types; all others cost next to nothing
   */
  readAll(options: ReadAllOptions): Promise<readonly LoggedEvent[]>;

  /** The events at these positions, each of them once given by the log, in the order asked for. (One more or less than a position need be none: only the log knows what comes next.) */
  readAt(positions: readonly number[]): Promise<readonly LoggedEvent[]>;

  /** Position of the last event; 0 where there is none. */
  head(): Promise<number>;

  /** Catches up from a position and then follows. Ordered, none missed, none twice within one subscription. */
  subscribe(options: SubscribeOptions): Promise<Subscription>;

  /** Whether the log answers; rejects with {@link StoreUnavailable} where it does not. */
  ping(): Promise<void>;

  close(): Promise<void>;
}

export class WrongExpectedRevision extends Error {
  override readonly name = 'WrongExpectedRevision';
  /** @param actual revision of the stream's last event, `no-stream`, or `null` where the log does not say */
  constructor(readonly stream: string, readonly expected: ExpectedRevision, readonly actual: number | 'no-stream' | null) {
    super(`stream ${stream} is at ${String(actual)}, not at ${String(expected)}`);
  }
}

export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
  constructor(message: string, readonly retryAfterSeconds = 1, options?: ErrorOptions) {
    super(message, options);
  }
}
