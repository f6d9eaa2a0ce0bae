import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { newEvents, newStream } from '../contract/helpers.contract';
import { LogWriter } from './log-writer';
import { ANY, NO_STREAM, type WriteRequest } from './messages';
import { prepareLog } from './schema';

describe('the writer of the SQLite log', () => {
  let folder: string;
  let db: Database.Database;
  let writer: LogWriter;

  const request = (stream: string, expected: number, count = 1): WriteRequest => ({ stream, expected, at: 1000, events: newEvents(count) });
  const rows = () => db.prepare('SELECT position, stream, revision FROM events').all();
  const streams = () => db.prepare('SELECT name FROM streams').pluck().all();

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'log-writer-'));
    const file = join(folder, 'events.db');
    prepareLog(file, 1000);
    db = new Database(file);
    db.pragma('wal_autocheckpoint = 0');
    writer = new LogWriter(db);
  });

  afterEach(async () => {
    db.close();
    await rm(folder, { recursive: true });
  });

  it('refuses one append of a group and stores the others, each seeing those before it', () => {
    const again = request('a', NO_STREAM, 2);
    expect(writer.write([again, request('a', NO_STREAM), request('b', 5), request('a', 1), again, request('b', ANY)])).toEqual([
      { stored: true, revision: 1, position: 2, at: 1000 },
      { stored: false, actual: 1 },
      { stored: false, actual: NO_STREAM },
      { stored: true, revision: 2, position: 3, at: 1000 },
      { stored: true, revision: 1, position: 2, at: 1000 },
      { stored: true, revision: 0, position: 4, at: 1000 },
    ]);
    expect(streams()).toEqual(['a', 'b']);
  });

  it('leaves nothing of an append whose ids are known, though some of its rows were written', () => {
    const first = request('a', NO_STREAM, 2);
    writer.write([first]);
    const stray = { ...request('b', NO_STREAM, 2), events: [...newEvents(2), ...first.events] };
    expect(writer.write([stray, { ...stray, stream: 'a', expected: 1 }, request('a', 1)])).toEqual([
      { stored: false, actual: NO_STREAM },
      { stored: false, actual: 1 },
      { stored: true, revision: 2, position: 3, at: 1000 },
    ]);
    expect(rows()).toHaveLength(3);
    expect(streams()).toEqual(['a']);
  });

  it('stores nothing of a group where the disk is full, and goes on without a gap when there is room', () => {
    writer.write([request('a', NO_STREAM)]);
    const limit = (pages: number) => db.pragma(`max_page_count = ${pages}`);
    limit(db.pragma('page_count', { simple: true }) as number + 20);
    const large = Array.from({ length: 200 }, () => request(newStream(), NO_STREAM, 3));

    expect(() => writer.write([request('a', 0), ...large])).toThrow(expect.objectContaining({ code: 'SQLITE_FULL' }));
    expect(rows()).toEqual([{ position: 1, stream: 1, revision: 0 }]);
    expect(streams()).toEqual(['a']);
    expect(db.inTransaction).toBe(false);

    limit(1_000_000);
    expect(writer.write([request('a', 0), request('b', NO_STREAM)])).toEqual([
      { stored: true, revision: 1, position: 2, at: 1000 },
      { stored: true, revision: 0, position: 3, at: 1000 },
    ]);
  });

  it('remembers more streams than it keeps ends of', () => {
    const names = Array.from({ length: 50_010 }, (_, n) => `s${n}`);
    writer.write(names.map((name) => request(name, NO_STREAM)));
    expect(writer.write([request('s0', 0), request('s50009', 0), request('s7', NO_STREAM)])).toMatchObject([{ revision: 1 }, { revision: 1 }, { stored: false, actual: 0 }]);
  });

  it('carries the write-ahead log over when it is long, so that it starts from its beginning again', () => {
    const inLog = () => (db.pragma('wal_checkpoint(NOOP)') as { log: number }[])[0]?.log ?? 0;
    let longest = 0;
    for (let n = 0; n < 60; n++) {
      writer.write(Array.from({ length: 200 }, () => request(newStream(), NO_STREAM)));
      writer.checkpointIfDue();
      longest = Math.max(longest, inLog());
    }
    expect(longest).toBeGreaterThan(1000);
    expect(longest).toBeLessThan(4000);
  });
});
