import { describeWithMongo } from '@rolebook/mongodb/spec-helpers';
import { keyStoreContract } from '../key-store.contract';
import { KeyStoreUnavailable } from '../port';
import { openMongoKeyStore } from './index';

const at = '2026-11-24T10:00:00.000Z';

describeWithMongo('key store on MongoDB', ({ client, database }) => {
  keyStoreContract(() => openMongoKeyStore({ client, database: database() }));

  it('keeps what was acknowledged over a restart', async () => {
    const target = { client, database: database() };
    const first = await openMongoKeyStore(target);
    await first.putIfAbsent('a', Uint8Array.of(1));
    await first.putSecret('s', Uint8Array.of(2));
    await first.destroy('b', at);
    await first.close();
    const second = await openMongoKeyStore(target);
    expect(await second.getMany(['a', 'b'])).toEqual(new Map<string, unknown>([['a', { wrapped: Uint8Array.of(1) }], ['b', { destroyedAt: at }]]));
    expect(await second.getSecret('s')).toEqual(Uint8Array.of(2));
    await second.close();
  });

  it('has no trace of a destroyed key in any document', async () => {
    const target = { client, database: database() };
    const store = await openMongoKeyStore(target);
    await store.putIfAbsent('a', Uint8Array.of(1, 2, 3));
    await store.destroy('a', at);
    const collections = await client.db(target.database).collections();
    const documents = (await Promise.all(collections.map((collection) => collection.find().toArray()))).flat();
    expect(documents).toEqual([{ _id: 'a', destroyedAt: at }]);
    await store.close();
  });

  it('destroys for good, whoever stores, wraps again and destroys at the same time', async () => {
    const store = await openMongoKeyStore({ client, database: database() });
    const subjects = Array.from({ length: 10 }, (_, i) => `s${i}`);
    await Promise.all(subjects.flatMap((subject) => [
      store.putIfAbsent(subject, Uint8Array.of(1)), store.destroy(subject, at), store.rewrap([{ subject, wrapped: Uint8Array.of(2) }]),
      store.putIfAbsent(subject, Uint8Array.of(3)), store.destroy(subject, at),
    ]));
    expect(await store.getMany(subjects)).toEqual(new Map(subjects.map((subject) => [subject, { destroyedAt: at }])));
    await store.close();
  });

  it('is opened by many nodes at once', async () => {
    const target = { client, database: database() };
    const stores = await Promise.all(Array.from({ length: 8 }, () => openMongoKeyStore(target)));
    const answers = await Promise.all(stores.map((store, i) => store.putSecretIfAbsent('signing', Uint8Array.of(i))));
    expect(new Set(answers.map((answer) => answer.join())).size).toBe(1);
    await Promise.all(stores.map((store) => store.close()));
  });
});

describe('a key store on a MongoDB that does not answer', () => {
  it('is unavailable', async () => {
    await expect(openMongoKeyStore({ url: 'mongodb://127.0.0.1:9', database: 'nowhere' })).rejects.toThrow(KeyStoreUnavailable);
  });
});
