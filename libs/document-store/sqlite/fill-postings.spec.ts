import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import type { Document } from '@rolebook/kernel';
import { openSqliteDocumentStore } from './index';

interface Person extends Document {
  readonly kind: string;
  readonly name: string;
  readonly words: readonly string[];
}

const people = (name: string) => ({ name, indexes: [['kind', 'name']], words: { field: 'words', within: ['kind'], sorts: ['name', 'id'] } });

describe('the postings of a bulk load', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'documents-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function postings(collection: string): Promise<unknown> {
    const [file = ''] = (await readdir(folder)).filter((name) => name.includes(collection) && name.endsWith('.sqlite'));
    const db = new Database(join(folder, file), { readonly: true });
    const rows = [0, 1].map((sort) => db.prepare(`SELECT s.key, p.term, p.sort, p.id, d.id AS document FROM postings_${sort} p JOIN scopes s USING (scope) JOIN documents d USING (doc) ORDER BY 1, 2, 3, 4`).all());
    db.close();
    return rows;
  }

  it('are those that writing the same documents makes, whatever letters their words have', async () => {
    // Words that begin alike, of every length that counts, with letters beyond the first plane and halves of them.
    const word = fc.array(fc.constantFrom('a', 'b', 'ก', '\u{1f600}', '\ud800', '\uffff'), { maxLength: 9 }).map((letters) => letters.join(''));
    const person = fc.record({ kind: fc.constantFrom('k', 'l'), name: fc.constantFrom('x', 'y', '\u{1f600}', '\ue000'), words: fc.array(word, { maxLength: 4 }) });
    let round = 0;
    await fc.assert(fc.asyncProperty(fc.array(person, { minLength: 1, maxLength: 8 }), async (persons) => {
      const [written, loaded] = [`written-${++round}`, `loaded-${round}`];
      const writes = persons.map((one, at) => ({ id: `p${at}`, document: { id: `p${at}`, ...one }, position: at + 1 }));
      const store = await openSqliteDocumentStore({ file: join(folder, 'documents.sqlite') });
      await (await store.open<Person>(people(written))).write(writes, 9);
      const load = await (await store.open<Person>(people(loaded))).bulkLoad();
      await load.add(writes);
      await load.finish(9);
      await store.close();
      expect(await postings(`${loaded}.`)).toEqual(await postings(`${written}.`));
    }), { numRuns: 15 });
  });
});
