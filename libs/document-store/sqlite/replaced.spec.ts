import { copyFile, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { Document } from '@rolebook/kernel';
import { CollectionReplaced, type BulkLoad, type Collection, type DocumentStore } from '../port';
import { openSqliteDocumentStore } from './index';

interface Person extends Document { readonly name: string }

const people = { name: 'people-1', indexes: [['name']] };
const FIRST = 'documents.people-1.sqlite';
const SECOND = 'documents.people-1.2.sqlite';
/** No process has this number. */
const ORPHAN = `${SECOND}.999999999-1.loading`;

/** Two stores on the same files stand for two processes: the service, and the one that makes a read model anew. */
describe('a read model that another process makes anew', () => {
  let folder: string;
  let service: DocumentStore;
  let rebuilder: DocumentStore;
  let served: Collection<Person>;
  let load: BulkLoad<Person>;

  const write = (id: string, name: string, position: number) => ({ id, document: { id, name }, position });
  const open = () => openSqliteDocumentStore({ file: join(folder, 'documents.sqlite') });
  const databases = async () => (await readdir(folder)).filter((name) => !/-(wal|shm)$/.test(name)).toSorted();

  /** What a process that died has left of its load, under this name. */
  const left = async (as: string) => {
    const [loading = ''] = (await databases()).filter((name) => name.endsWith('.loading'));
    await copyFile(join(folder, loading), join(folder, as));
    await rebuilder.close();
  };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'documents-'));
    service = await open();
    served = await service.open<Person>(people);
    await served.write([write('a', 'old', 1)], 1);
    rebuilder = await open();
    load = await (await rebuilder.open<Person>(people)).bulkLoad({ replace: true });
    await load.add([write('a', 'new', 1)]);
    await load.prepare(1);
  });
  afterEach(async () => {
    await Promise.all([service.close(), rebuilder.close()]);
    await rm(folder, { recursive: true });
  });

  it('is served and written to as it was until the new one takes its place', async () => {
    await served.write([write('b', 'old', 2)], 2);
    expect(await served.scan({ limit: 9 })).toEqual([write('a', 'old', 1), write('b', 'old', 2)]);
    expect((await databases()).map((name) => name.replace(/\d+-\d+\.loading/, 'loading'))).toEqual([SECOND + '.loading', FIRST].toSorted());
  });

  it('is not written to while it is held: the write waits, and is refused once the new one is there', async () => {
    const hold = await rebuilder.hold([load]);
    const late = served.write([write('b', 'of the old one', 2)], 2);
    late.catch(() => undefined);
    await hold.replace();
    await expect(late).rejects.toThrow(CollectionReplaced);
    expect(await served.scan({ limit: 9 })).toEqual([write('a', 'new', 1)]);
    await served.write([write('b', 'of the new one', 2)], 2);
    expect(await served.find({ sort: { field: 'name', direction: 'asc' }, limit: 9 })).toEqual([{ id: 'a', name: 'new' }, { id: 'b', name: 'of the new one' }]);
    expect(await served.checkpoint()).toBe(2);
    expect(await databases()).toEqual([SECOND]);
  });

  it('takes a patch in the new one, whoever patches first', async () => {
    await (await rebuilder.hold([load])).replace();
    await served.patch([{ id: 'a', set: { name: 'patched' } }]);
    expect(await served.get('a')).toEqual({ id: 'a', name: 'patched' });
  });

  it('may be made anew again and again, beside a service that never stops', async () => {
    await (await rebuilder.hold([load])).replace();
    await expect(served.write([write('b', 'x', 2)], 2)).rejects.toThrow(CollectionReplaced);
    const next = await (await rebuilder.open<Person>(people)).bulkLoad({ replace: true });
    await next.add([write('a', 'newest', 1)]);
    await next.finish(1);
    await expect(served.write([write('b', 'x', 2)], 2)).rejects.toThrow(CollectionReplaced);
    await served.write([write('b', 'x', 2)], 2);
    expect(await served.scan({ limit: 9 })).toEqual([write('a', 'newest', 1), write('b', 'x', 2)]);
    expect(await databases()).toEqual(['documents.people-1.3.sqlite']);
  });

  // A service that opens what it follows anew, for another of its collections' sake, brought the old file back to life, empty.
  it('does not come to life again, empty, under its old name', async () => {
    await (await rebuilder.hold([load])).replace();
    const again = await service.open<Person>(people);
    await service.scrub();
    expect(await again.get('a')).toEqual({ id: 'a', name: 'new' });
    expect(await databases()).toEqual([SECOND]);
  });

  it('is made anew by one at a time: the second to take its place is refused', async () => {
    const other = await (await service.open<Person>(people)).bulkLoad({ replace: true });
    await other.prepare(1);
    await (await rebuilder.hold([load])).replace();
    await expect(service.hold([other])).rejects.toThrow(CollectionReplaced);
    await other.discard();
    expect(await databases()).toEqual([SECOND]);
  });

  it('is the old one where the process died before it had taken its place', async () => {
    await left(ORPHAN);
    rebuilder = await open();
    expect(await (await rebuilder.open<Person>(people)).get('a')).toEqual({ id: 'a', name: 'old' });
    expect(await databases()).toEqual([FIRST]);
  });

  it.each(['renamed', 'not even renamed'])('is the new one where the process died after that was written down: %s', async (state) => {
    await left(state === 'renamed' ? SECOND : ORPHAN);
    const old = new Database(join(folder, FIRST));
    old.prepare(`INSERT INTO facts (name, value) VALUES ('successor', ?)`).run(JSON.stringify({ file: SECOND, from: ORPHAN }));
    old.close();

    await expect(served.write([write('b', 'x', 2)], 2)).rejects.toThrow(CollectionReplaced);
    await served.write([write('b', 'x', 2)], 2);
    rebuilder = await open();
    expect(await (await rebuilder.open<Person>(people)).scan({ limit: 9 })).toEqual([write('a', 'new', 1), write('b', 'x', 2)]);
    expect(await rebuilder.list()).toEqual(['people-1']);
    expect(await databases()).toEqual([SECOND]);
  });

  it('is refused where the file is not what was added', async () => {
    const damaged = await (await rebuilder.open<Person>(people)).bulkLoad({ replace: true, eachOnce: true });
    await damaged.add([write('a', 'right', 1), write('b', 'right', 2)]);
    await damaged.mark(2, 'for others to see');
    const [loading = ''] = (await databases()).filter((name) => name.endsWith('.loading')).slice(-1);
    const behind = new Database(join(folder, loading));
    behind.prepare(`UPDATE documents SET json = replace(json, 'right', 'wrong') WHERE id = 'b'`).run();
    behind.close();
    await expect(damaged.finish(2)).rejects.toThrow(/people-1: 2 documents, checksum .* were to be stored, and these are: 2 documents/);
    expect(await served.scan({ limit: 9 })).toEqual([write('a', 'old', 1)]);
  });
});
