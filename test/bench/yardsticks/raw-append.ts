import Database from 'better-sqlite3';
import { randomUUID } from 'node:crypto';

/**
 * The yardstick of appends: the same table, a check of the stream's version and an insert, as plain code. `group`: so many appends of as many callers
 * share a transaction, the best that group commit can do. Told in its first message; says how many a second, and the processor each took.
 */
process.once('message', ({ file, seconds, group, data, metadata }: { readonly file: string; readonly seconds: number; readonly group: number; readonly data: string; readonly metadata: string }) => {
  const db = new Database(file);
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.exec('CREATE TABLE events (position INTEGER PRIMARY KEY, stream TEXT NOT NULL, revision INTEGER NOT NULL, id TEXT NOT NULL UNIQUE, type TEXT, data TEXT, metadata TEXT, at INTEGER, UNIQUE (stream, revision))');
  const version = db.prepare<[string], number | null>('SELECT max(revision) FROM events WHERE stream = ?').pluck();
  const insert = db.prepare('INSERT INTO events (stream, revision, id, type, data, metadata, at) VALUES (?, ?, ?, ?, ?, ?, ?)');
  const commit = db.transaction((streams: readonly string[]) => {
    for (const stream of streams) insert.run(stream, (version.get(stream) ?? -1) + 1, randomUUID(), 'ProfileEdited', data, metadata, Date.now());
  });
  const until = performance.now() + seconds * 1000;
  const began = performance.now();
  const cpu = process.cpuUsage();
  let appends = 0;
  for (let n = 0; performance.now() < until; n++) {
    commit.immediate(Array.from({ length: group }, (_, caller) => `stream-${(n * group + caller) % 1000}`));
    appends += group;
  }
  const used = process.cpuUsage(cpu);
  process.send?.({ perSecond: (appends / (performance.now() - began)) * 1000, cpuMicros: (used.user + used.system) / appends });
  db.close();
});
