import type { UnreadableEvent } from '@rolebook/event-sourcing';
import type { LoggedEvent } from '@rolebook/event-store';
import type { DocumentStore } from '@rolebook/document-store';
import type { CollectionSpec, Recorded } from '@rolebook/kernel';

/** One event for the read models: as stored, and decoded, or why it cannot be. */
export interface Delivery {
  readonly stored: LoggedEvent;
  readonly recorded: Recorded | UnreadableEvent;
}

/** A stream that a read model follows no further than `position`, because the event there could not be applied. */
export interface ParkedStream {
  readonly stream: string;
  readonly position: number;
  readonly error: string;
}

/** Which streams a read model has parked. */
export interface Parking {
  /** Position of the event that a stream was parked at; `undefined` where it is followed. */
  at(stream: string): number | undefined;
  /** Parks streams, durably once it resolves. */
  park(streams: readonly ParkedStream[]): Promise<void>;
}

/** How a rebuild may go about a read model. */
export interface RebuildHints {
  /** The types of events it looks at. */
  readonly handles: ReadonlySet<string> | '*';
  /** Whether it looks at anything that is sealed; where not, no keys are fetched. */
  readonly looksAtSealed: boolean;
  /** Names of collections whose documents are written once and never read while the log is followed. */
  readonly writtenOnce: readonly string[];
  /** Fields of documents that are changed outside of the log as well. */
  readonly patched?: readonly string[];
}

/** Something kept up to date from the log. Its own checkpoint says how far it has come. */
export interface ReadModel {
  /** Name with version, such as `user-directory-1`. */
  readonly name: string;
  /** The collection whose checkpoint says how far it has come, for other processes to read. */
  readonly checkpointIn: CollectionSpec;
  readonly rebuild: RebuildHints;
  /** Requests seldom wait for it: it is given a batch once those that they do wait for are at work. */
  readonly inBackground?: boolean;
  /** Makes what it keeps its documents in. @returns the position it has come to */
  open(documents: Pick<DocumentStore, 'open'>): Promise<number>;
  /**
   * Applies events in order, parks the streams in which one cannot be applied, and then moves the checkpoint: never before either.
   * Doing it again changes nothing. Rejects where the store is away.
   */
  apply(deliveries: readonly Delivery[], checkpoint: number, parking: Parking): Promise<void>;
}
