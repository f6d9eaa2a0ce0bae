import { describeWithMongo } from '@rolebook/mongodb/spec-helpers';
import type { CollectionSpec, Document } from '@rolebook/kernel';
import { openMongoClient } from '@rolebook/mongodb';
import { documentStoreContract } from '../document-store.contract';
import { DocumentStoreUnavailable, type Collection } from '../port';
import { openMongoDocumentStore } from './index';

interface Person extends Document {
  readonly kind?: string;
  readonly name?: string;
  readonly role?: string;
  readonly words?: readonly string[];
  readonly [field: `n${number}`]: number;
}

const people: CollectionSpec = { name: 'people-1', indexes: [['kind', 'name'], ['kind', 'role', 'name'], ['role']], words: { field: 'words', within: ['kind'] } };

describeWithMongo('read models in MongoDB', ({ url, client, database }) => {
  documentStoreContract('MongoDB', async () => {
    const target = { client, database: database() };
    let store = await openMongoDocumentStore(target);
    return {
      store,
      reopen: async () => {
        await store.close();
        return (store = await openMongoDocumentStore(target));
      },
      dispose: async () => {
        await store.close();
        await client.db(target.database).dropDatabase();
      },
    };
  });

  /** One node of several on the same database. */
  const nodeOn = async (target: { readonly database: string }): Promise<Collection<Person>> => (await openMongoDocumentStore({ client, ...target })).open<Person>(people);

  it('are opened by many nodes at once', async () => {
    const target = { database: database() };
    const nodes = await Promise.all(Array.from({ length: 8 }, () => nodeOn(target)));
    await nodes[0]?.write([{ id: 'a', document: { id: 'a', kind: 'k', name: 'Anna' }, position: 1 }], 1);
    expect(await nodes[7]?.find({ where: { kind: 'k' }, sort: { field: 'name', direction: 'asc' }, limit: 5 })).toEqual([{ id: 'a', kind: 'k', name: 'Anna' }]);
    const names = (await client.db(target.database).collection('documents_people-1').indexes()).map(({ name }) => name);
    expect(names.toSorted()).toEqual(['_id_', 'heads name', 'page kind, name', 'page kind, role, name', 'page role', 'words']);
  });

  it('keep the newest, whichever of many nodes writes it and however they race for new documents', async () => {
    const target = { database: database() };
    const nodes = await Promise.all(Array.from({ length: 4 }, () => nodeOn(target)));
    const ids = Array.from({ length: 5 }, (_, at) => `p${at}`);
    for (let round = 0; round < 5; round++) {
      const positions = nodes.map((_, at) => round * 10 + ((at + round) % nodes.length) + 1);
      await Promise.all(nodes.map((node, at) => node.write(ids.map((id) => ({ id, document: { id, name: `by ${at}` }, position: positions[at] ?? 0 })))));
      const newest = Math.max(...positions);
      const stored = await nodes[0]?.getMany(ids);
      expect(stored?.map(({ position, document }) => [position, document?.name])).toEqual(ids.map(() => [newest, `by ${positions.indexOf(newest)}`]));
    }
  });

  it('lose no patch, whoever patches and writes the same document at the same time', async () => {
    const target = { database: database() };
    const [one, other] = [await nodeOn(target), await nodeOn(target)];
    await one.write([{ id: 'a', document: { id: 'a', name: 'first' }, position: 1 }]);
    await Promise.all(Array.from({ length: 12 }, (_, at) => (at % 2 === 0 ? one : other).patch([{ id: 'a', set: { [`n${at}`]: at } }])));
    expect(Object.keys((await one.get('a')) ?? {})).toHaveLength(14);

    await Promise.all([
      other.write([{ id: 'a', document: { id: 'a', name: 'second' }, position: 2 }]),
      one.patch([{ id: 'a', set: { n1: 100 } }]),
    ]);
    // Before or after the event, but never with what was there before it.
    expect([{ id: 'a', name: 'second' }, { id: 'a', name: 'second', n1: 100 }]).toContainEqual(await one.get('a'));
  });

  describe('a page', () => {
    let target: { readonly database: string };
    let collection: Collection<Person>;
    const watched = openMongoClient(url, { monitorCommands: true });
    const asked: Record<string, unknown>[] = [];

    beforeAll(async () => {
      target = { database: database() };
      const store = await openMongoDocumentStore({ client: watched, ...target });
      collection = await store.open<Person>(people);
      await collection.write(Array.from({ length: 300 }, (_, at) => {
        const id = `p${String(at).padStart(3, '0')}`;
        return { id, document: { id, kind: `k${at % 2}`, role: `r${at % 3}`, name: `n${at % 7}`, words: [`word${at % 10}`] }, position: 1 };
      }));
      watched.on('commandStarted', ({ commandName, command }) => {
        if (commandName === 'find' || commandName === 'getMore') asked.push(command);
      });
    });
    afterAll(() => watched.close());
    beforeEach(() => asked.splice(0));

    const sorted = { sort: { field: 'name', direction: 'asc' } } as const;

    it.each([
      ['of one value', { where: { kind: 'k1' }, ...sorted }, 'page kind, name'],
      ['after another page', { where: { kind: 'k1' }, ...sorted, after: { value: 'n3', id: 'p101' } }, 'page kind, name'],
      ['of any of several values', { where: { kind: ['k0', 'k1'], role: ['r0', 'r2'] }, sort: { field: 'name', direction: 'desc' } }, 'page kind, role, name'],
      ['by id', { where: { role: 'r1' } }, 'page role'],
    ] as const)('%s is one question, answered from its index', async (_, options, index) => {
      expect(await collection.find({ ...options, limit: 10 })).toHaveLength(10);
      expect(asked).toHaveLength(1);
      const { find, filter, sort, limit, hint } = asked[0] ?? {};
      const plan = JSON.stringify(await client.db(target.database).command({ explain: { find, filter, sort, limit, hint } }));
      // MongoDB says `indexName`, and SORT where the order is not the index's; DocumentDB `Index Name`.
      expect(plan).toMatch(new RegExp(`"(indexName|Index Name)":"${index}"`));
      expect(plan).not.toMatch(/"stage":"(SORT|COLLSCAN)"/);
    });

    it('of any of several values by id is put together from a walk of each', async () => {
      const ids = (offset: number) => Array.from({ length: 200 }, (_, at) => `p${String(Math.floor(at / 2) * 3 + (at % 2) * 2).padStart(3, '0')}`).slice(offset, offset + 7);
      const where = { role: ['r2', 'r0'] };
      expect((await collection.find({ where, limit: 7 })).map(({ id }) => id)).toEqual(ids(0));
      expect((await collection.find({ where, after: { value: null, id: ids(6)[0] ?? '' }, limit: 7 })).map(({ id }) => id)).toEqual(ids(7));
      expect((await collection.find({ where, sort: { field: 'id', direction: 'desc' }, after: { value: null, id: ids(7)[0] ?? '' }, limit: 7 })).map(({ id }) => id)).toEqual(ids(0).toReversed());
      expect(await collection.count({ where })).toBe(200);
    });

    it('reads nothing beyond its end', async () => {
      await collection.find({ where: { kind: 'k1' }, ...sorted, limit: 150 });
      expect(asked.filter((command) => 'getMore' in command)).toEqual([]);
    });
  });

  describe('a bulk load', () => {
    const one = (id: string) => ({ id, document: { id, kind: 'k', name: id }, position: 1 });

    it('is not gone on with where what was marked has been replaced since: there is no transaction to take that back', async () => {
      const target = { database: database() };
      const load = await (await nodeOn(target)).bulkLoad();
      await load.add([{ id: 'a', document: { id: 'a', name: 'marked' }, position: 1 }]);
      await load.mark(1, 'first');
      await load.add([{ id: 'a', document: { id: 'a', name: 'replaced' }, position: 2 }]);
      const again = await nodeOn(target);
      const left = await again.leftLoad();
      expect([left?.note, await left?.goOn(), await again.leftLoad()]).toEqual(['first', null, null]);
    });

    it('shows nothing before it is finished, and stands for nothing if it never is', async () => {
      const target = { database: database() };
      const collection = await nodeOn(target);
      const abandoned = await collection.bulkLoad();
      await abandoned.add([one('a')]);
      expect(await collection.scan({ limit: 5 })).toEqual([]);
      const store = await openMongoDocumentStore({ client, ...target });
      expect(await store.list()).toEqual(['people-1']);

      const next = await collection.bulkLoad();
      await next.add([one('b')]);
      await next.finish(7);
      expect(await collection.scan({ limit: 5 })).toEqual([one('b')]);
      await abandoned.add([one('c')]);
      await expect(abandoned.finish(8)).rejects.toThrow('another bulk load');
      expect([await collection.scan({ limit: 5 }), await collection.checkpoint()]).toEqual([[one('b')], 7]);
      expect((await client.db(target.database).listCollections().toArray()).map(({ name }) => name)).toEqual(['documents_people-1']);
    });
  });

  it('refuse a name that exists with other fields, and names that would mean something else', async () => {
    const store = await openMongoDocumentStore({ client, database: database() });
    await store.open(people);
    await expect(store.open({ ...people, indexes: [...people.indexes, ['age']] })).rejects.toThrow('raise the version');
    await expect(store.open({ name: 'a.b', indexes: [] })).rejects.toThrow(TypeError);
    await expect(store.open({ name: 'people-2', indexes: [['a.$b']] })).rejects.toThrow(TypeError);
    expect(await store.list()).toEqual(['people-1']);
  });

  it('are not mixed up with what else is in the database', async () => {
    const target = { database: database() };
    await client.db(target.database).collection<{ _id: string }>('avatars').insertOne({ _id: 'a' });
    const store = await openMongoDocumentStore({ client, ...target });
    await store.open(people);
    expect(await store.list()).toEqual(['people-1']);
  });

  it('say that they are unavailable once closed', async () => {
    const store = await openMongoDocumentStore({ client, database: database() });
    const collection = await store.open(people);
    await store.close();
    await expect(collection.get('a')).rejects.toThrow(DocumentStoreUnavailable);
    await expect(collection.write([{ id: 'a', document: { id: 'a' }, position: 1 }])).rejects.toThrow(DocumentStoreUnavailable);
    await expect(store.ping()).rejects.toThrow(DocumentStoreUnavailable);
  });
});

describe('read models in a MongoDB that does not answer', () => {
  it('are unavailable', async () => {
    const store = await openMongoDocumentStore({ url: 'mongodb://127.0.0.1:9', database: 'nowhere' });
    await expect(store.open(people)).rejects.toThrow(DocumentStoreUnavailable);
    await store.close();
  });
});
