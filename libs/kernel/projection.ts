import type { Recorded, DomainEvent } from './domain-event';
import type { CollectionSpec, Document } from './document';

/**
 * One read model: which events it listens to, which document each concerns, and what the document is after it.
 * `evolve` is pure, so the same function runs live, in a rebuild and in a test.
 */
export interface Projection<Doc extends Document = Document, Event extends DomainEvent = DomainEvent> {
  /** Where the documents are kept. Its name carries the version, such as `user-directory-1`. */
  readonly collection: CollectionSpec;
  /** The event types it listens to; all others pass it by. `'*'` is every type. */
  readonly handles: readonly Event['type'][] | '*';
  /** The ids of the documents that the event changes. */
  keys(recorded: Recorded<Event>): readonly string[];
  /** The document after the event; `null` removes it. `id` says which of the `keys` is asked for. */
  evolve(document: Doc | null, recorded: Recorded<Event>, id: string): Doc | null;
}
