import type { Json } from './json';

/**
 * Something that has happened, in the past tense. Data is JSON only; moments are RFC 3339 strings in UTC with milliseconds.
 * A breaking change of `data` is a new type `Name.v2` and an upcast from the old one.
 */
export interface DomainEvent<Type extends string = string, Data extends object = Record<string, Json>> {
  readonly type: Type;
  readonly data: Data;
}

/** Who caused an event: a user of the business, the system itself, or somebody not signed in. */
export type Actor =
  | { readonly type: 'user'; readonly id: string }
  | { readonly type: 'system' }
  | { readonly type: 'anonymous' };

/** What stands beside every event: who, from where, and by which request. */
export interface EventMetadata {
  readonly businessId: string;
  readonly actor: Actor;
  /** One command may append several events, in several streams; they share this id. */
  readonly commandId: string;
  readonly requestId: string | null;
  readonly sessionId: string | null;
  /** Personal data of the actor; sealed in the stored event. */
  readonly ip: string | null;
  /** For people, such as `Chrome on macOS`. Personal data; sealed in the stored event. */
  readonly device: string | null;
  /** The span that appended it (W3C Trace Context), where the request was traced. Says nothing of anybody. */
  readonly traceparent?: string;
}

/** An event as the log gave it back, decoded: upcast, personal data opened. */
export interface Recorded<Event extends DomainEvent = DomainEvent> {
  readonly id: string;
  readonly event: Event;
  readonly metadata: EventMetadata;
  readonly stream: string;
  /** Place in its stream, from 0. */
  readonly revision: number;
  /** Place in the log, in commit order. Gaps are possible; order is not. */
  readonly position: number;
  /** When the log took it: RFC 3339, UTC, milliseconds. Never decreases with the position. */
  readonly recordedAt: string;
}
