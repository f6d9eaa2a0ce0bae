import { SubjectErased } from '@rolebook/crypto';
import { createMemoryKeyStore } from '@rolebook/crypto/in-memory/key-store';
import { createMasterKey, createSubjectKeys } from '@rolebook/crypto';
import { type SealedAvatars, SealingAvatarStore } from './index';

const BUSINESS = '0190a1b2-0000-7000-8000-00000000000b';
const ANN = '0190a1b2-0000-7000-8000-0000000000a1';
const BOB = '0190a1b2-0000-7000-8000-0000000000b1';
const PICTURE = Buffer.from(Array.from({ length: 256 }, (_, i) => i));

describe('the store of pictures', () => {
  const world = () => {
    const blobs = new Map<string, Buffer>();
    const sealed: SealedAvatars = {
      put: async ({ userId, version }, bytes) => { blobs.set(`${userId}.${version}`, Buffer.from(bytes)); },
      get: async ({ userId, version }) => blobs.get(`${userId}.${version}`) ?? null,
      delete: async ({ userId, version }) => { blobs.delete(`${userId}.${version}`); },
      deleteAll: async ({ userId }) => { for (const key of [...blobs.keys()]) if (key.startsWith(userId)) blobs.delete(key); },
    };
    const keyStore = createMemoryKeyStore();
    const open = () => createSubjectKeys({ store: keyStore, masterKey: createMasterKey(new Uint8Array(32).fill(7)), cacheSize: 10 });
    const keys = open();
    return { blobs, keys, store: new SealingAvatarStore(sealed, keys), afterRestart: () => new SealingAvatarStore(sealed, open()) };
  };

  it('gives back every byte, after a restart too', async () => {
    const { store, afterRestart } = world();
    await store.put(BUSINESS, ANN, 'v1', PICTURE);

    expect([await store.get(BUSINESS, ANN, 'v1'), await afterRestart().get(BUSINESS, ANN, 'v1')]).toEqual([PICTURE, PICTURE]);
  });

  it('has nothing of somebody who sent nothing', async () => {
    expect(await world().store.get(BUSINESS, ANN, 'v1')).toBeNull();
  });

  it('keeps nothing that can be read without the key', async () => {
    const { store, blobs } = world();
    await store.put(BUSINESS, ANN, 'v1', PICTURE);

    const [kept] = [...blobs.values()];
    expect([kept?.includes(PICTURE.subarray(0, 16)), kept?.includes(PICTURE.toString('base64').slice(0, 16))]).toEqual([false, false]);
  });

  it('cannot be read any more once the person is erased, though the bytes are there', async () => {
    const { store, keys, blobs, afterRestart } = world();
    await store.put(BUSINESS, ANN, 'v1', PICTURE);
    await keys.destroy(ANN, '2026-11-24T12:00:00.000Z');

    expect(blobs.size).toBe(1);
    expect([await store.get(BUSINESS, ANN, 'v1'), await afterRestart().get(BUSINESS, ANN, 'v1')]).toEqual([null, null]);
  });

  it('takes no picture of an erased person', async () => {
    const { store, keys, blobs } = world();
    await keys.ensure([ANN]);
    await keys.destroy(ANN, '2026-11-24T12:00:00.000Z');

    await expect(store.put(BUSINESS, ANN, 'v1', PICTURE)).rejects.toThrow(SubjectErased);
    expect(blobs.size).toBe(0);
  });

  it('opens no picture that was moved to another person or version', async () => {
    const { store, keys, blobs } = world();
    await keys.ensure([BOB]);
    await store.put(BUSINESS, ANN, 'v1', PICTURE);
    const bytes = blobs.get(`${ANN}.v1`) ?? Buffer.alloc(0);
    blobs.set(`${BOB}.v1`, bytes).set(`${ANN}.v2`, bytes);

    await expect(store.get(BUSINESS, BOB, 'v1')).rejects.toThrow(/was changed, or was moved/);
    await expect(store.get(BUSINESS, ANN, 'v2')).rejects.toThrow(/was changed, or was moved/);
  });

  it('deletes one version, or all', async () => {
    const { store } = world();
    for (const version of ['v1', 'v2', 'v3']) await store.put(BUSINESS, ANN, version, PICTURE);
    await store.delete(BUSINESS, ANN, 'v1');
    const afterOne = await Promise.all(['v1', 'v2', 'v3'].map((version) => store.get(BUSINESS, ANN, version)));
    await store.deleteAll(BUSINESS, ANN);

    expect(afterOne).toEqual([null, PICTURE, PICTURE]);
    expect(await Promise.all(['v1', 'v2', 'v3'].map((version) => store.get(BUSINESS, ANN, version)))).toEqual([null, null, null]);
  });

  it.each([['..', ANN, 'v1'], [BUSINESS, '../x', 'v1'], [BUSINESS, ANN, '../x']])('makes no key and keeps nothing for (%s, %s, %s)', async (business, user, version) => {
    const { store, blobs } = world();

    await expect(store.put(business, user, version, PICTURE)).rejects.toThrow(TypeError);
    await expect(store.get(business, user, version)).rejects.toThrow(TypeError);
    expect(blobs.size).toBe(0);
  });
});
