import type { EventStore, LoggedEvent } from '@rolebook/event-store';
import type { AuditDocument } from '../projections/audit-log';

/**
 * The events that entries of the audit log stand for, as the log has them, in the order of the entries.
 * `recordedAt` is what it was when the leaf was made: a log whose clock went back may say otherwise when asked for a single event.
 * @throws {Error} where the log does not hold one: it was cut, or the read model is another log's
 */
export async function eventsAt(log: Pick<EventStore, 'readAt'>, entries: readonly AuditDocument[]): Promise<readonly LoggedEvent[]> {
  const found = await log.readAt(entries.map(({ position }) => position));
  return entries.map(({ id, position, recordedAt }, n) => {
    const event = found[n];
    if (event?.id !== id || event.position !== position) throw new Error(`the log does not hold event ${id} at position ${position} any more`);
    return event.recordedAt === recordedAt ? event : { ...event, recordedAt };
  });
}
