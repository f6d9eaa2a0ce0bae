import { people, type Person } from './document-pages.contract';
import type { Collection, DocumentStore, DocumentWrite } from './port';

interface Harness {
  readonly store: DocumentStore;
  reopen(): Promise<DocumentStore>;
}

/** What every adapter says of collections that are made anew. */
export function bulkLoadContract(current: () => Harness): void {
  describe('a bulk load', () => {
    let harness: Harness;
    let collection: Collection<Person>;

    beforeEach(async () => {
      harness = current();
      collection = await harness.store.open<Person>(people);
    });

    const put = (document: Person, position = 1): DocumentWrite<Person> => ({ id: document.id, document, position });
    const removal = (id: string, position: number): DocumentWrite<Person> => ({ id, document: null, position });
    const byName = (kind: string) => collection.find({ where: { kind }, sort: { field: 'name', direction: 'asc' }, limit: 100 });

    it('gives what writing would have given', async () => {
      const documents = Array.from({ length: 1500 }, (_, at) => put({ id: `p${at}`, kind: `k${at % 3}`, name: `n${at % 100}`, active: at % 2 === 0, words: [`w${at}`, 'all'] }, at + 1));
      const load = await collection.bulkLoad();
      await load.add(documents.slice(0, 700));
      await load.add([...documents.slice(700), removal('gone', 1501)]);
      await load.finish(1501);
      const written = await harness.store.open<Person>({ ...people, name: 'people-2' });
      await written.write([...documents, removal('gone', 1501)], 1501);
      for (const one of [collection, await harness.store.open<Person>(people)]) {
        expect(await one.checkpoint()).toBe(1501);
        expect(await one.scan({ limit: 5000 })).toEqual(await written.scan({ limit: 5000 }));
        expect(await one.getMany(['gone'])).toEqual([removal('gone', 1501)]);
        const query = { where: { kind: ['k0', 'k2'], active: true }, sort: { field: 'name', direction: 'desc' }, limit: 700 } as const;
        expect(await one.find(query)).toEqual(await written.find(query));
        expect(await one.find({ ...query, wordStarts: ['w1', 'al'] })).toEqual(await written.find({ ...query, wordStarts: ['w1', 'al'] }));
      }
      const anew = await harness.store.open<Person>(people);
      await anew.write([put({ id: 'p0', kind: 'late', name: 'late' }, 1502)], 1502);
      expect(await byName('late')).toHaveLength(1);
    });

    it('gives back what was added, and takes what is added again in its place, whatever its position', async () => {
      const load = await collection.bulkLoad();
      await load.add([put({ id: 'a', kind: 'k0', name: 'first' }, 5), put({ id: 'b', kind: 'k1', name: 'second' }, 6), removal('gone', 7)]);
      expect(await load.getMany(['b', 'gone', 'never', 'b'])).toEqual([put({ id: 'b', kind: 'k1', name: 'second' }, 6), removal('gone', 7)]);
      await load.add([put({ id: 'a', kind: 'k1', name: 'third' }, 8), removal('b', 9), put({ id: 'gone', kind: 'k1', name: 'again' }, 4)]);
      const query = { where: { kind: 'k1', active: null }, sort: { field: 'name', direction: 'asc' }, limit: 10 } as const;
      expect((await load.find(query)).map(({ name }) => name)).toEqual(['again', 'third']);
      await load.add([put({ id: 'c', kind: 'k1', name: 'later' }, 10)]);
      expect((await load.find(query)).map(({ name }) => name)).toEqual(['again', 'later', 'third']);
      await load.finish(10);
      expect((await collection.getMany(['a', 'b', 'c', 'gone'])).map(({ id, position }) => `${id}${position}`).sort()).toEqual(['a8', 'b9', 'c10', 'gone4']);
      expect((await collection.find(query)).map(({ name }) => name)).toEqual(['again', 'later', 'third']);
    });

    it('is brought up to date beside the one in use, once prepared, and then takes its place', async () => {
      await collection.write([put({ id: 'a', name: 'old' }, 5)], 9);
      const load = await collection.bulkLoad({ replace: true });
      await load.add([put({ id: 'a', name: 'new' }, 5)]);
      const prepared = await load.prepare(5);
      expect(await prepared.checkpoint()).toBe(5);
      await prepared.write([put({ id: 'b', name: 'new' }, 8)], 8);
      await prepared.write([put({ id: 'a', name: 'stale' }, 4)]);
      expect(await collection.scan({ limit: 10 })).toEqual([put({ id: 'a', name: 'old' }, 5)]);
      const hold = await harness.store.hold([load]);
      expect([...hold.checkpoints]).toEqual([['people-1', 9]]);
      await prepared.write([put({ id: 'b', name: 'newer' }, 9)], 9);
      await hold.replace();
      await hold.release();
      expect(await collection.scan({ limit: 10 })).toEqual([put({ id: 'a', name: 'new' }, 5), put({ id: 'b', name: 'newer' }, 9)]);
      expect([await collection.checkpoint(), await harness.store.list()]).toEqual([9, ['people-1']]);
    });

    it('leaves what is there as it was, where it is held and let go, or discarded', async () => {
      await collection.write([put({ id: 'a', name: 'old' }, 5)], 9);
      const load = await collection.bulkLoad({ replace: true });
      await load.add([put({ id: 'a', name: 'new' }, 5)]);
      await load.prepare(5);
      await (await harness.store.hold([load])).release();
      await load.discard();
      await collection.write([put({ id: 'b', name: 'old' }, 10)], 10);
      expect([await collection.checkpoint(), await collection.scan({ limit: 9 })]).toEqual([10, [put({ id: 'a', name: 'old' }, 5), put({ id: 'b', name: 'old' }, 10)]]);
    });

    it('is for an empty collection', async () => {
      await collection.write([put({ id: 'a' })]);
      await expect(collection.bulkLoad()).rejects.toThrow('empty');
    });

    it('that is left alone is gone on with as it was when it was last marked, and not as it was left', async () => {
      const load = await collection.bulkLoad();
      await load.add([put({ id: 'a', name: 'first' }, 1), put({ id: 'b', name: 'first' }, 2), removal('gone', 3)]);
      await load.mark(3, 'up to 3');
      await load.add([put({ id: 'c', name: 'second' }, 4)]);
      await load.mark(4, 'up to 4');
      await load.add([put({ id: 'd', name: 'third' }, 5), put({ id: 'e', name: 'third' }, 6)]);
      const again = await (await harness.reopen()).open<Person>(people);
      const left = await again.leftLoad();
      expect(left?.note).toBe('up to 4');
      const goneOn = await left?.goOn();
      expect((await goneOn?.getMany(['a', 'b', 'c', 'd', 'e', 'gone']))?.map(({ id, position }) => `${id}${position}`).sort()).toEqual(['a1', 'b2', 'c4', 'gone3']);
      await goneOn?.add([put({ id: 'b', name: 'other' }, 7), put({ id: 'd', name: 'other' }, 8), put({ id: 'gone', name: 'back' }, 9)]);
      await goneOn?.finish(9);
      expect(await again.scan({ limit: 9 })).toEqual([put({ id: 'a', name: 'first' }, 1), put({ id: 'b', name: 'other' }, 7), put({ id: 'c', name: 'second' }, 4), put({ id: 'd', name: 'other' }, 8), put({ id: 'gone', name: 'back' }, 9)]);
      expect([await again.checkpoint(), await again.leftLoad()]).toEqual([9, null]);
    });

    it('takes what is added again after a mark in the place of what was added before it', async () => {
      const load = await collection.bulkLoad();
      await load.add([put({ id: 'a', name: 'first' }, 1)]);
      await load.mark(1, 'first');
      await load.add([put({ id: 'a', name: 'second' }, 2)]);
      await load.finish(2);
      expect(await collection.scan({ limit: 9 })).toEqual([put({ id: 'a', name: 'second' }, 2)]);
    });

    it('that is left alone is no longer there once another has begun, or after a scrub, or where it was never marked', async () => {
      const marked = async () => {
        const load = await (await harness.reopen()).open<Person>(people).then((one) => one.bulkLoad());
        await load.add([put({ id: 'a', name: 'first' }, 1)]);
        await load.mark(1, 'first');
        const store = await harness.reopen();
        return { store, collection: await store.open<Person>(people) };
      };
      const another = await marked();
      await another.collection.bulkLoad();
      expect(await another.collection.leftLoad()).toBeNull();
      const scrubbed = await marked();
      await scrubbed.store.scrub();
      expect(await scrubbed.collection.leftLoad()).toBeNull();
      await (await scrubbed.collection.bulkLoad()).add([put({ id: 'a', name: 'first' }, 1)]);
      expect(await (await (await harness.reopen()).open<Person>(people)).leftLoad()).toBeNull();
    });

    it('can take the place of what is there, all at once', async () => {
      await collection.write([put({ id: 'old', name: 'old' }, 5), put({ id: 'both', name: 'old' }, 6)], 7);
      const load = await collection.bulkLoad({ replace: true });
      await load.add([put({ id: 'both', name: 'new' }, 3), put({ id: 'new', name: 'new' }, 2)]);
      expect(await collection.getMany(['old', 'both', 'new'])).toHaveLength(2);
      await load.finish(4);
      expect(await collection.scan({ limit: 10 })).toEqual([put({ id: 'both', name: 'new' }, 3), put({ id: 'new', name: 'new' }, 2)]);
      expect([await collection.checkpoint(), await byName('old')]).toEqual([4, []]);
    });
  });
}
