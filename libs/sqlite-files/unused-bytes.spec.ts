import Database from 'better-sqlite3';
import { closeSync, openSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { wipeUnusedBytes } from '.';

describe('wiping the unused bytes of an SQLite file', () => {
  let folder: string;
  let file: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sqlite-'));
    file = join(folder, 'some.sqlite');
  });
  afterEach(() => rm(folder, { recursive: true }));

  const name = (at: number) => `person-${at}-${'n'.repeat((at * 37) % 400)}-end`;
  const nameOf = (seed: number) => (seed * 7919) % 3000;

  /** Rows come in no order and half of them go again, in no order: pages split and merge. */
  function churn(pragmas: readonly string[]): void {
    const db = new Database(file);
    for (const pragma of pragmas) db.pragma(pragma);
    db.exec('CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT, note TEXT); CREATE INDEX by_name ON people (name); CREATE TABLE words (word TEXT PRIMARY KEY) WITHOUT ROWID');
    const add = db.prepare('INSERT INTO people VALUES (?, ?, ?)');
    const addWord = db.prepare('INSERT INTO words VALUES (?)');
    const remove = db.prepare('DELETE FROM people WHERE id = ?');
    const removeWord = db.prepare('DELETE FROM words WHERE word = ?');
    db.transaction(() => {
      for (let at = 0; at < 3000; at++) {
        const person = nameOf(at);
        add.run(person, name(person), name(person).repeat(person % 17));
        addWord.run(name(person));
      }
    })();
    db.transaction(() => {
      for (let at = 0; at < 3000; at += 2) {
        remove.run(nameOf(at));
        removeWord.run(name(nameOf(at)));
      }
    })();
    db.close();
  }

  function wipe(pages: number): number {
    const handle = openSync(file, 'r+');
    let calls = 0;
    let from = 0;
    do {
      from = wipeUnusedBytes(handle, from, pages);
      calls++;
    } while (from > 0);
    closeSync(handle);
    return calls;
  }

  it.each([512, 4096, 65_536])('leaves no byte of deleted rows, and every byte of the others, at %d bytes a page', async (pageSize) => {
    churn([`page_size = ${pageSize}`, 'secure_delete = ON']);
    const deleted = new Set(Array.from({ length: 1500 }, (_, at) => nameOf(at * 2)));
    const remains = async () => new Set([...(await readFile(file)).toString('latin1').matchAll(/person-(\d+)-n*-end/g)].map(([, person]) => Number(person)));
    expect([...(await remains())].filter((person) => deleted.has(person))).not.toEqual([]);
    wipe(Infinity);
    expect((await remains()).size).toBe(1500);
    expect([...(await remains())].filter((person) => deleted.has(person))).toEqual([]);

    const db = new Database(file);
    expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
    expect(db.prepare('SELECT count(*) FROM people p JOIN words w ON w.word = p.name').pluck().get()).toBe(1500);
    db.close();
  });

  it('goes through the file in parts', () => {
    churn(['secure_delete = ON']);
    expect(wipe(10)).toBeGreaterThan(10);
    expect(wipe(Infinity)).toBe(1);
  });

  it('refuses a layout in which it could take one kind of page for another', () => {
    churn(['auto_vacuum = FULL']);
    expect(() => wipe(Infinity)).toThrow('auto-vacuum');
  });
});
