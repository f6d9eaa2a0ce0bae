import Database from 'better-sqlite3';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Document } from '@rolebook/kernel';
import { DocumentStoreUnavailable, type Collection, type DocumentStore } from '../port';
import { openSqliteDocumentStore } from './index';

interface Person extends Document {
  readonly kind: string;
  readonly name: string;
  readonly words: readonly string[];
  readonly note?: string;
}

const people = { name: 'people-1', indexes: [['kind', 'name'], ['name']], words: { field: 'words', within: ['kind'] } };

describe('read models in SQLite files', () => {
  let folder: string;
  let file: string;
  let store: DocumentStore;
  let collection: Collection<Person>;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'documents-'));
    file = join(folder, 'documents.sqlite');
    store = await openSqliteDocumentStore({ file });
    collection = await store.open<Person>(people);
  });
  afterEach(async () => {
    await store.close();
    await rm(folder, { recursive: true });
  });

  const person = (id: string, secret: string): Person => ({ id, kind: 'k', name: secret, words: [secret, `x${secret}`], note: secret.repeat(50) });
  const found = async (secrets: readonly string[]) => {
    const names = await readdir(folder);
    const bytes = Buffer.concat(await Promise.all(names.map((name) => readFile(join(folder, name))))).toString('latin1');
    return secrets.filter((secret) => bytes.includes(secret));
  };

  it('hold no byte of what was removed or overwritten, once scrubbed', async () => {
    const erased = Array.from({ length: 400 }, (_, at) => `erased-${at}-name`);
    const renamed = Array.from({ length: 400 }, (_, at) => `renamed-${at}-name`);
    const kept = Array.from({ length: 400 }, (_, at) => `kept-${at}-name`);
    const everybody = [...erased, ...renamed, ...kept].map((secret, at) => ({ id: `p${(at * 389) % 1200}`, secret }));
    await collection.write(everybody.map(({ id, secret }) => ({ id, document: person(id, secret), position: 1 })));
    await collection.patch([{ id: everybody[0]?.id ?? '', set: { note: 'patched-in-and-out' } }]);
    expect(await found([...erased, ...renamed])).toHaveLength(800);
    await collection.write(everybody.slice(0, 800).map(({ id, secret }) => ({ id, document: secret.startsWith('erased') ? null : person(id, `new${id}`), position: 2 })));
    await store.scrub();
    expect(await found([...erased, ...renamed, 'patched-in-and-out'])).toEqual([]);
    expect(await found(kept)).toHaveLength(400);
  });

  it('are scrubbed also where nobody has opened them, and gone without a trace once dropped', async () => {
    await collection.write([{ id: 'a', document: person('a', 'secret-name'), position: 1 }]);
    await collection.write([{ id: 'a', document: null, position: 2 }]);
    await store.close();
    store = await openSqliteDocumentStore({ file });
    await store.scrub();
    expect(await found(['secret-name'])).toEqual([]);
    await store.drop('people-1');
    expect(await readdir(folder)).toEqual([]);
  });

  it('take writes also after a scrub that somebody else\'s reading stood in the way of', async () => {
    await collection.write([{ id: 'a', document: person('a', 'secret-name'), position: 1 }]);
    const reader = new Database(join(folder, 'documents.people-1.sqlite'), { readonly: true });
    reader.exec('BEGIN; SELECT count(*) FROM documents');
    await collection.write([{ id: 'a', document: null, position: 2 }]);
    await expect(store.scrub()).rejects.toThrow('in use by another process');
    await collection.write([{ id: 'b', document: person('b', 'another'), position: 3 }]);
    reader.close();
    await store.scrub();
    expect([await found(['secret-name']), (await collection.get('b'))?.name]).toEqual([[], 'another']);
  }, 30_000);

  it('may be read by their owner alone, loaded ones too', async () => {
    const load = await collection.bulkLoad();
    await load.add([{ id: 'a', document: person('a', 'loaded'), position: 1 }]);
    await load.finish(1);
    const names = await readdir(folder);
    const modes = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).mode & 0o777));
    expect(names.toSorted()).toEqual(['documents.people-1.2.sqlite', 'documents.people-1.2.sqlite-shm', 'documents.people-1.2.sqlite-wal']);
    expect(modes).toEqual([0o600, 0o600, 0o600]);
  });

  it('keep half of a surrogate pair, in its order', async () => {
    const ids = ['\ud7ff', '\ud800', '\ud800\udc00', '\udfff', '\ue000'];
    await collection.write(ids.map((id) => ({ id, document: { id, kind: 'k', name: id, words: [id] }, position: 1 })));
    expect((await collection.find({ where: { kind: 'k' }, sort: { field: 'name', direction: 'asc' }, limit: 9 })).map(({ id }) => id)).toEqual(ids);
    expect((await collection.find({ where: { kind: 'k' }, sort: { field: 'name', direction: 'asc' }, wordStarts: ['\ud800'], limit: 9 })).map(({ id }) => id)).toEqual(['\ud800', '\ud800\udc00']);
    expect((await collection.scan({ limit: 9 })).map(({ id }) => id)).toEqual(ids);
  });

  it('serve as before while a bulk load runs beside, and an unfinished one leaves nothing behind', async () => {
    const load = await collection.bulkLoad();
    await load.add([{ id: 'a', document: person('a', 'half'), position: 1 }]);
    expect(await collection.scan({ limit: 9 })).toEqual([]);
    await writeFile(join(folder, `documents.people-2.sqlite.999999999-1.loading`), 'of a process that died');
    await store.close();
    store = await openSqliteDocumentStore({ file });
    collection = await store.open<Person>(people);
    expect(await collection.scan({ limit: 9 })).toEqual([]);
    expect(await store.list()).toEqual(['people-1']);
    await (await collection.bulkLoad()).finish(7);
    expect((await readdir(folder)).filter((name) => name.includes('loading'))).toEqual([]);
    expect(await collection.checkpoint()).toBe(7);
  });

  it('refuse a name that is no file name, and other fields under the same name', async () => {
    await expect(store.open({ name: '../people', indexes: [] })).rejects.toThrow(TypeError);
    await expect(store.open({ name: 'people-1', indexes: [['other']] })).rejects.toThrow('raise the version');
  });

  it('that cannot be read or are closed say that they are unavailable', async () => {
    await store.ping();
    await store.close();
    await expect(store.ping()).rejects.toThrow(DocumentStoreUnavailable);
    await expect(collection.get('a')).rejects.toThrow(DocumentStoreUnavailable);
    await expect(collection.write([], 1)).rejects.toThrow(DocumentStoreUnavailable);
    await writeFile(join(folder, 'documents.people-1.sqlite'), 'no database at all, but long enough to be looked at as one'.repeat(100));
    store = await openSqliteDocumentStore({ file });
    await expect(store.open<Person>(people)).rejects.toThrow(DocumentStoreUnavailable);
  });
});
