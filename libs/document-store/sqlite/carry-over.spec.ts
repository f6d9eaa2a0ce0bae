import Database from 'better-sqlite3';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Document } from '@rolebook/kernel';
import { openSqliteDocumentStore } from './index';

interface Note extends Document {
  readonly text: string;
}

/** Some 260 pages in the write-ahead log. */
const MEBIBYTE = 'x'.repeat(1 << 20);
/** Pages; a write does it itself at four times as many. */
const LONG = 4_000;
const PAGE = 4_096;
const notes = { name: 'notes-1', indexes: [] };

describe('a write-ahead log that has grown long', () => {
  let folder: string;
  let file: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'documents-'));
    file = join(folder, 'documents.sqlite');
  });
  afterEach(() => rm(folder, { recursive: true }));

  const open = async () => {
    const store = await openSqliteDocumentStore({ file });
    return { store, collection: await store.open<Note>(notes) };
  };
  const database = () => join(folder, 'documents.notes-1.sqlite');
  /** Pages that are in the log and not yet in the database. */
  const waiting = () => {
    const db = new Database(database());
    try {
      const [{ log, checkpointed }] = db.pragma('wal_checkpoint(NOOP)') as [{ log: number; checkpointed: number }];
      return log - checkpointed;
    } finally {
      db.close();
    }
  };

  // Guards `PATCH /v1/me`: every twentieth change waited 40 ms, because a write that carried 16 MiB over was answered only then.
  it('is carried over by another thread, long before a write would do it itself, and is begun anew, also where writes never cease', async () => {
    const { store, collection } = await open();
    for (let position = 1; position <= 60; position++) {
      await collection.write([{ id: 'n', document: { id: 'n', text: MEBIBYTE }, position }], position);
      while (waiting() >= LONG) await collection.write([{ id: 'small', document: { id: 'small', text: '' }, position }], position);
    }

    expect((await stat(`${database()}-wal`)).size).toBeLessThan(1.5 * LONG * PAGE);
    expect((await collection.get('n'))?.text).toBe(MEBIBYTE);
    await store.close();
  });

  it('is no hindrance to closing, and nothing of it is lost', async () => {
    const { store, collection } = await open();
    for (let position = 1; position <= 20; position++) await collection.write([{ id: `n${position}`, document: { id: `n${position}`, text: MEBIBYTE }, position }], position);
    await store.close();
    expect((await readdir(folder)).toSorted()).toEqual(['documents.notes-1.sqlite']);

    const again = await open();
    expect(await again.collection.checkpoint()).toBe(20);
    expect(await again.collection.scan({ limit: 50 })).toHaveLength(20);
    await again.store.close();
  });
});
