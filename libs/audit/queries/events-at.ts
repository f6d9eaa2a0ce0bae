import type { EventStore, LoggedEvent } from '@rolebook/event-store';
import type { AuditDocument } from '../projections/audit-log';

/** Gaps up to this are read over in one go; the log belongs to many businesses. */
const GAP = 8;
/** Reads under way at once. */
const AT_ONCE = 16;

/**
 * The events that entries of the audit log stand for, as the log has them, in the order of the entries.
 * `recordedAt` is what it was when the leaf was made: a log whose clock went back may say otherwise when asked for a single event.
 * @throws {Error} where the log does not hold one: it was cut, or the read model is another log's
 */
export async function eventsAt(log: Pick<EventStore, 'readAll'>, entries: readonly AuditDocument[]): Promise<readonly LoggedEvent[]> {
  const found = new Map<number, LoggedEvent>();
  const runs = runsOf(entries.map(({ position }) => position));
  for (let n = 0; n < runs.length; n += AT_ONCE) {
    const pages = await Promise.all(runs.slice(n, n + AT_ONCE).map(([first, last]) => log.readAll({ after: first - 1, limit: last - first + 1 })));
    for (const event of pages.flat()) found.set(event.position, event);
  }
  return entries.map(({ id, position, recordedAt }) => {
    const event = found.get(position);
    if (!event || event.id !== id) throw new Error(`the log does not hold event ${id} at position ${position} any more`);
    return event.recordedAt === recordedAt ? event : { ...event, recordedAt };
  });
}

/** Positions, in runs that are near each other. */
function runsOf(positions: readonly number[]): (readonly [first: number, last: number])[] {
  const runs: [number, number][] = [];
  for (const position of positions.toSorted((a, b) => a - b)) {
    const run = runs.at(-1);
    if (run && position - run[1] <= GAP) run[1] = position;
    else runs.push([position, position]);
  }
  return runs;
}
