import type { DomainEvent } from './domain-event';
import type { Json } from './json';

/** One field that an event changed, for people: `{field: 'role', from: 'crew', to: 'sales'}`. */
export interface AuditChange {
  readonly field: string;
  readonly from: Json;
  readonly to: Json;
}

/**
 * What the rest of the system must know of an event type: how it reads in the audit log,
 * whom it is about, and which of its fields are personal data, sealed with that person's key.
 */
export interface EventDefinition<Data extends object = never> {
  /** Name in the audit log, such as `user.role-changed`. */
  readonly action: string;
  /** The field naming the user the event is about; `null` where it is about no user. */
  readonly user: (keyof Data & string) | null;
  /** Personal or secret fields, each with what it reads as once the person's key is destroyed. Needs `user`. */
  readonly sealed: Partial<Data>;
  /** What changed, old value and new. Never a secret. */
  changes(data: Data): readonly AuditChange[];
}

/** One definition for each event of a union: a missing one does not compile. */
export type EventDefinitions<Event extends DomainEvent> = {
  readonly [Type in Event['type']]: EventDefinition<Extract<Event, { type: Type }>['data']>;
};

/** Turns an event of an older version into today's. `from` is the stored type name. */
export interface Upcast {
  readonly from: string;
  upcast(data: Record<string, Json>): DomainEvent;
  /** The sealed fields of the older version. */
  readonly sealed: Record<string, Json>;
  readonly user: string | null;
}

/** The name that stands where a person was erased. */
export const ERASED_NAME = 'Erased user';
