import { randomUUID } from 'node:crypto';
import { openEventStoreDb } from '@rolebook/event-store/eventstoredb';
import { openSqliteEventStore } from '@rolebook/event-store/sqlite';

/** Our log doing what the yardstick does: so many callers, each with one append under way. */
interface Order {
  /** Where the embedded log is, or the connection string of EventStoreDB. */
  readonly file?: string;
  readonly url?: string;
  readonly seconds: number;
  readonly group: number;
  readonly data: string;
  readonly metadata: string;
}

async function run({ file = '', url, seconds, group, data, metadata }: Order): Promise<void> {
  const store = url === undefined ? await openSqliteEventStore({ file }) : await openEventStoreDb({ url });
  const prefix = `stream-${randomUUID()}`;
  // Connected, and the code compiled.
  for (let n = 0; n < 20; n++) await store.append(`${prefix}-first-${n}`, 'no-stream', [{ id: randomUUID(), type: 'ProfileEdited', data, metadata }]);
  const revisions = new Map<string, number>();
  const until = performance.now() + seconds * 1000;
  const began = performance.now();
  const cpu = process.cpuUsage();
  let appends = 0;
  await Promise.all(Array.from({ length: group }, async (_, caller) => {
    for (let n = 0; performance.now() < until; n++) {
      const stream = `${prefix}-${caller}-${n % 1000}`;
      const revision = revisions.get(stream) ?? -1;
      await store.append(stream, revision === -1 ? 'no-stream' : revision, [{ id: randomUUID(), type: 'ProfileEdited', data, metadata }]);
      revisions.set(stream, revision + 1);
      appends++;
    }
  }));
  const used = process.cpuUsage(cpu);
  process.send?.({ perSecond: (appends / (performance.now() - began)) * 1000, cpuMicros: (used.user + used.system) / appends });
  await store.close();
}

process.once('message', (order: Order) => void run(order));
