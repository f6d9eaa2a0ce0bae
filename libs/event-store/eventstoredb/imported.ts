/** How the metadata of an event begins that was brought here from another log. Metadata of the service's own never begins so. */
const PREFIX = '{"$imported":';

interface Imported { readonly $imported: { readonly recordedAt: string; readonly metadata: string } }

/**
 * The metadata to append an event with that another log had recorded before, so that here too it was recorded then: EventStoreDB
 * takes no time from its clients. Read back, the event has its own metadata and its own time, and so its own place in every proof.
 * @param recordedAt RFC 3339, UTC, milliseconds
 */
export function importedMetadata(recordedAt: string, metadata: string): string {
  return JSON.stringify({ $imported: { recordedAt, metadata } } satisfies Imported);
}

/** What {@link importedMetadata} made, taken apart; `null` for any other metadata. */
export function readImported(stored: string): Imported['$imported'] | null {
  return stored.startsWith(PREFIX) ? (JSON.parse(stored) as Imported).$imported : null;
}
