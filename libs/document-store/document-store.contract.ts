import fc from 'fast-check';
import { bulkLoadContract } from './bulk-load.contract';
import { documentPagesContract, people, type Person } from './document-pages.contract';
import { documentVersionContract } from './document-version.contract';
import type { Collection, DocumentStore, DocumentWrite } from './port';

/** A store to be held to the contract. */
export interface DocumentStoreHarness {
  readonly store: DocumentStore;
  /** Closes the store and gives another one on the same data, as after a restart. */
  reopen(): Promise<DocumentStore>;
  /** Closes and removes everything. */
  dispose(): Promise<void>;
}

/** What every adapter of {@link DocumentStore} does. */
export function documentStoreContract(name: string, factory: () => Promise<DocumentStoreHarness>): void {
  describe(`${name}: document store`, () => {
    let harness: DocumentStoreHarness;
    let collection: Collection<Person>;

    beforeEach(async () => {
      harness = await factory();
      collection = await harness.store.open<Person>(people);
    });
    afterEach(() => harness.dispose());

    const put = (document: Person, position = 1): DocumentWrite<Person> => ({ id: document.id, document, position });
    const removal = (id: string, position: number): DocumentWrite<Person> => ({ id, document: null, position });
    const byName = (kind: string) => collection.find({ where: { kind }, sort: { field: 'name', direction: 'asc' }, limit: 100 });

    describe('writes', () => {
      it('are seen by whoever reads after them', async () => {
        await collection.write([put({ id: 'a', kind: 'crew', name: 'Anna' })]);
        expect(await collection.get('a')).toEqual({ id: 'a', kind: 'crew', name: 'Anna' });
        expect(await byName('crew')).toEqual([{ id: 'a', kind: 'crew', name: 'Anna' }]);
        expect(await collection.get('b')).toBeNull();
      });

      it('replace what is older, and every index with it', async () => {
        await collection.write([put({ id: 'a', kind: 'crew', name: 'Anna', words: ['anna'] }, 1)]);
        await collection.write([put({ id: 'a', kind: 'sales', name: 'Bert', words: ['bert'] }, 2)]);
        expect(await byName('crew')).toEqual([]);
        expect(await byName('sales')).toHaveLength(1);
        expect(await collection.count({ where: { kind: 'sales' }, wordStarts: ['anna'] })).toBe(0);
        expect(await collection.count({ where: { kind: 'sales' }, wordStarts: ['bert'] })).toBe(1);
      });

      it('of an older position change nothing', async () => {
        await collection.write([put({ id: 'a', name: 'new' }, 5)]);
        await collection.write([put({ id: 'a', name: 'old' }, 4)]);
        await collection.write([removal('a', 3)]);
        expect(await collection.getMany(['a'])).toEqual([put({ id: 'a', name: 'new' }, 5)]);
      });

      it('of the same position again change nothing', async () => {
        await collection.write([put({ id: 'a', name: 'once' }, 5)], 5);
        await collection.write([put({ id: 'a', name: 'once' }, 5)], 5);
        expect(await collection.getMany(['a'])).toEqual([put({ id: 'a', name: 'once' }, 5)]);
        expect(await collection.checkpoint()).toBe(5);
      });

      it('cannot bring back what was removed later', async () => {
        await collection.write([put({ id: 'a', kind: 'crew', name: 'Anna' }, 1), removal('a', 3)]);
        await collection.write([put({ id: 'a', kind: 'crew', name: 'Anna' }, 2)]);
        expect(await collection.get('a')).toBeNull();
        expect(await byName('crew')).toEqual([]);
        expect(await collection.getMany(['a'])).toEqual([removal('a', 3)]);
      });

      it('of a later position bring a removed document back', async () => {
        await collection.write([removal('a', 3)]);
        await collection.write([put({ id: 'a', kind: 'crew', name: 'Anna' }, 4)]);
        expect(await collection.getMany(['a'])).toEqual([put({ id: 'a', kind: 'crew', name: 'Anna' }, 4)]);
        expect(await byName('crew')).toHaveLength(1);
      });

      it('within one call apply in order of their positions, whatever order they stand in', async () => {
        await collection.write([put({ id: 'a', name: 'second' }, 2), put({ id: 'a', name: 'first' }, 1)]);
        expect(await collection.get('a')).toEqual({ id: 'a', name: 'second' });
      });

      it('refuse a document whose indexed field could not be found again, and then store nothing', async () => {
        const listed = { id: 'b', kind: ['crew'] } as unknown as Person;
        await expect(collection.write([put({ id: 'a' }), put(listed)], 7)).rejects.toThrow(TypeError);
        await expect(collection.write([{ id: 'a', document: { id: 'b' }, position: 1 }])).rejects.toThrow(TypeError);
        await expect(collection.write([put({ id: 'a', words: 'anna' } as unknown as Person)])).rejects.toThrow(TypeError);
        expect(await collection.scan({ limit: 10 })).toEqual([]);
        expect(await collection.checkpoint()).toBe(0);
      });

      it('end in the same documents in whatever order and however often they come', async () => {
        const write = fc.record({ id: fc.constantFrom('a', 'b', 'c'), position: fc.integer({ min: 1, max: 9 }), removed: fc.boolean() })
          .map(({ id, position, removed }) => (removed ? removal(id, position * 2) : put({ id, kind: `k${position % 3}`, name: `n${position}`, words: [`w${position}`] }, position * 2 + 1)));
        let run = 0;
        await fc.assert(fc.asyncProperty(fc.array(fc.array(write, { maxLength: 6 }), { maxLength: 6 }), async (calls) => {
          const fresh = await harness.store.open<Person>({ ...people, name: `run-${++run}` });
          for (const call of calls) await fresh.write(call);
          const last = new Map<string, DocumentWrite<Person>>();
          for (const one of calls.flat()) if ((last.get(one.id)?.position ?? 0) < one.position) last.set(one.id, one);
          expect((await fresh.getMany(['a', 'b', 'c'])).toSorted(byId)).toEqual([...last.values()].sort(byId));
          const live = [...last.values()].filter(({ document }) => document !== null);
          for (const kind of ['k0', 'k1', 'k2']) {
            expect(await fresh.count({ where: { kind }, wordStarts: ['w'] })).toBe(live.filter(({ document }) => document?.kind === kind).length);
          }
          await harness.store.drop(`run-${run}`);
        }), { numRuns: 25 });
      });
    });

    describe('documents', () => {
      it.each<[string, string]>([
        ['names that mean something to JavaScript or a database', '{"id":"a","__proto__":{"x":1},"constructor":"c","$where":1,"a.b":2,"":3,"$a.b":{"$gt":""}}'],
        ['numbers, truth values, nothing and lists', '{"id":"a","n":[0,-1,1.5,1e+21,9007199254740991,5e-324],"t":true,"f":false,"z":null,"l":[[],{}]}'],
        ['any letter', JSON.stringify({ id: 'a', name: 'ชื่อ 😀 \u0000 \u2028 \uffff é e\u0301 "\\' })],
      ])('come back as they were: %s', async (_, json) => {
        await collection.write([{ id: 'a', document: JSON.parse(json) as Person, position: 1 }]);
        expect(JSON.stringify(await collection.get('a'))).toBe(json);
        expect((await collection.scan({ limit: 1 })).map(({ document }) => JSON.stringify(document))).toEqual([json]);
        await collection.patch([{ id: 'a', set: { age: 1 } }]);
        expect(JSON.stringify(await collection.get('a'))).toBe(`${json.slice(0, -1)},"age":1}`);
      });

      it('have ids of any letters', async () => {
        const ids = ['', '$', '.', 'a b', "'; --", '__proto__', 'ü', '😀', '\uffff', 'x'.repeat(500)];
        await collection.write(ids.map((id) => put({ id, name: id })));
        expect((await collection.scan({ limit: 100 })).map(({ id }) => id)).toEqual(ids.toSorted(compare));
        for (const id of ids) expect(await collection.get(id)).toEqual({ id, name: id });
      });

      it('are scanned in order of their ids, page by page, the removed ones left out', async () => {
        await collection.write([put({ id: 'c' }, 3), put({ id: 'a' }, 1), removal('b', 2), put({ id: 'd' }, 4)]);
        expect(await collection.scan({ limit: 2 })).toEqual([put({ id: 'a' }, 1), put({ id: 'c' }, 3)]);
        expect(await collection.scan({ afterId: 'c', limit: 2 })).toEqual([put({ id: 'd' }, 4)]);
      });

      it('are read many at a time, each once', async () => {
        await collection.write([put({ id: 'a' }, 1), put({ id: 'b' }, 2)]);
        expect((await collection.getMany(['b', 'a', 'a', 'nobody'])).toSorted(byId)).toEqual([put({ id: 'a' }, 1), put({ id: 'b' }, 2)]);
        expect(await collection.getMany([])).toEqual([]);
      });
    });

    describe('patches', () => {
      it('change fields and their indexes, not the position, and pass over who is not there', async () => {
        await collection.write([put({ id: 'a', kind: 'crew', name: 'Anna', age: 5, words: ['anna'] }, 4)]);
        await collection.patch([{ id: 'nobody', set: { age: 1 } }, { id: 'a', set: { age: 6, active: true, name: 'Änne' } }]);
        expect(await collection.getMany(['a'])).toEqual([put({ id: 'a', kind: 'crew', name: 'Änne', age: 6, words: ['anna'], active: true }, 4)]);
        expect(await collection.find({ where: { kind: 'crew' }, range: { gte: 6 }, sort: { field: 'age', direction: 'asc' }, limit: 9 })).toHaveLength(1);
        expect(await collection.find({ where: { kind: 'crew', active: true }, wordStarts: ['an'], range: { gte: 'Ä' }, sort: { field: 'name', direction: 'asc' }, limit: 9 })).toHaveLength(1);
      });

      it('cannot change the id or the words', async () => {
        await expect(collection.patch([{ id: 'a', set: { id: 'b' } }])).rejects.toThrow(TypeError);
        await expect(collection.patch([{ id: 'a', set: { words: 'b' } }])).rejects.toThrow(TypeError);
      });

      it('are followed by the next event in order', async () => {
        await collection.write([put({ id: 'a', age: 1 }, 4)]);
        await collection.patch([{ id: 'a', set: { age: 2 } }]);
        await collection.write([put({ id: 'a', age: 3 }, 5)]);
        expect(await collection.get('a')).toEqual({ id: 'a', age: 3 });
      });
    });

    describe('the checkpoint', () => {
      it('is 0 at first, never goes back, and outlives a restart together with the documents', async () => {
        expect(await collection.checkpoint()).toBe(0);
        await collection.write([put({ id: 'a' }, 7)], 9);
        await collection.write([], 8);
        expect(await collection.checkpoint()).toBe(9);
        const reopened = await (await harness.reopen()).open<Person>(people);
        expect(await reopened.checkpoint()).toBe(9);
        expect(await reopened.getMany(['a'])).toEqual([put({ id: 'a' }, 7)]);
      });

      it('never stands above documents that are not there, whoever writes at the same time', async () => {
        const writes = Array.from({ length: 20 }, (_, at) => collection.write([put({ id: `p${at + 1}` }, at + 1)], at + 1));
        const seen = writes.map((written) => written.then(async () => {
          const checkpoint = await collection.checkpoint();
          return (await collection.getMany(Array.from({ length: checkpoint }, (_, at) => `p${at + 1}`))).length - checkpoint;
        }));
        expect(await Promise.all(seen)).toEqual(Array.from({ length: 20 }, () => 0));
      });
    });

    describe('collections', () => {
      it('are listed, stand apart, and are gone once dropped', async () => {
        const other = await harness.store.open<Person>({ name: 'others-1', indexes: [['name']] });
        await other.write([put({ id: 'a', name: 'other' })], 3);
        await collection.write([put({ id: 'a', name: 'one' })], 4);
        expect(await harness.store.list()).toEqual(['others-1', 'people-1']);
        expect(await other.get('a')).toEqual({ id: 'a', name: 'other' });
        await harness.store.drop('people-1');
        await harness.store.drop('never-was-1');
        expect(await harness.store.list()).toEqual(['others-1']);
        const again = await harness.store.open<Person>(people);
        expect([await again.get('a'), await again.checkpoint()]).toEqual([null, 0]);
        expect(await other.get('a')).toEqual({ id: 'a', name: 'other' });
      });

      it('keep their documents when opened again with one more index', async () => {
        await collection.write([put({ id: 'a', kind: 'crew', name: 'Anna', age: 5 })]);
        const wider = await harness.store.open<Person>({ ...people, indexes: [...people.indexes, ['age']] });
        expect(await wider.find({ sort: { field: 'age', direction: 'asc' }, range: { gt: 4 }, limit: 5 })).toHaveLength(1);
      });

      it('stay as they are through a scrub and answer a ping', async () => {
        await collection.write([put({ id: 'a' })]);
        await harness.store.scrub();
        await harness.store.ping();
        expect(await collection.get('a')).toEqual({ id: 'a' });
      });
    });

    documentPagesContract(() => collection);
    bulkLoadContract(() => harness);
    documentVersionContract(() => harness.store);
  });
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function byId(a: { readonly id: string }, b: { readonly id: string }): number {
  return compare(a.id, b.id);
}
