import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { createMemoryKeyStore } from './in-memory/key-store';
import { createMasterKey, MasterKeyError, parseMasterKey } from './master-key';
import { checkMasterKey, rewrapAll } from './master-key-change';
import { readOrMakeMasterKeyFile } from './master-key-file';
import { openInstallationSecrets } from './installation-secrets';
import type { KeyStore } from './port';
import { createSubjectKeys } from './subject-keys';

const one = createMasterKey(new Uint8Array(32).fill(1));
const two = createMasterKey(new Uint8Array(32).fill(2));
const three = createMasterKey(new Uint8Array(32).fill(3));

describe('the value of ROLEBOOK_MASTER_KEY', () => {
  const base64 = Buffer.alloc(32, 0xfb).toString('base64');

  it('is 32 bytes in base64, of either alphabet, padded or not, with white space around it', () => {
    const spellings = [base64, base64.replace('=', ''), Buffer.from(base64, 'base64').toString('base64url'), ` ${base64}\n`];
    expect(new Set(spellings.map((text) => parseMasterKey(text).id)).size).toBe(1);
  });

  it.each([
    ['', /is empty.*Make one with/], ['   ', /is empty/], ['secret!', /is not base64/], ['c2hvcnQ=', /holds 5 bytes; it must be 32/],
    [Buffer.alloc(33).toString('base64'), /holds 33 bytes/],
  ])('%j is refused, saying what to do', (text, sentence) => {
    expect(() => parseMasterKey(text)).toThrow(MasterKeyError);
    expect(() => parseMasterKey(text)).toThrow(sentence);
  });
});

describe('wrapping', () => {
  it('gives back what was wrapped, only under its name and only with its key', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), fc.string(), fc.string(), (plain, name, other) => {
      const wrapped = one.wrap(name, plain);
      expect(new Uint8Array(one.unwrap(name, wrapped))).toEqual(plain);
      expect(() => two.unwrap(name, wrapped)).toThrow(/is wrapped by master key/);
      if (other !== name) expect(() => one.unwrap(other, wrapped)).toThrow(/was changed, or belongs to something else/);
    }));
  });

  it('notices any changed, added or missing byte', () => {
    const wrapped = one.wrap('a', Uint8Array.of(1, 2, 3));
    fc.assert(fc.property(fc.nat(wrapped.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
      const changed = wrapped.map((byte, i) => (i === at ? byte ^ flip : byte));
      expect(() => one.unwrap('a', changed)).toThrow(MasterKeyError);
    }));
    fc.assert(fc.property(fc.nat(wrapped.length - 1), (length) => { expect(() => one.unwrap('a', wrapped.subarray(0, length))).toThrow(MasterKeyError); }));
    expect(() => one.unwrap('a', Uint8Array.of(...wrapped, 0))).toThrow(MasterKeyError);
  });

  it('never gives the same bytes twice', () => {
    expect(one.wrap('a', Uint8Array.of(1))).not.toEqual(one.wrap('a', Uint8Array.of(1)));
  });
});

describe('the check at start', () => {
  it('takes an empty store as its own, and knows it again', async () => {
    const store = createMemoryKeyStore();
    await checkMasterKey(store, one);
    await expect(checkMasterKey(store, one)).resolves.toBeUndefined();
  });

  it('refuses another key, naming the one to set', async () => {
    const store = createMemoryKeyStore();
    await checkMasterKey(store, one);
    await expect(checkMasterKey(store, two)).rejects.toThrow(`Set ROLEBOOK_MASTER_KEY to key ${one.id}`);
  });

  it('refuses a store whose check was forged', async () => {
    const store = createMemoryKeyStore();
    await store.putSecret('master-key-check', Buffer.from(JSON.stringify({ state: 'settled', keyId: two.id, proof: Buffer.from(one.wrap('x', Uint8Array.of(1))).toString('base64') })));
    await expect(checkMasterKey(store, two)).rejects.toThrow(MasterKeyError);
    await store.putSecret('master-key-check', Uint8Array.of(1, 2));
    await expect(checkMasterKey(store, two)).rejects.toThrow(/restore it from a backup/);
  });
});

describe('changing the master key', () => {
  const people = Array.from({ length: 1203 }, (_, i) => `person-${i}`);
  const sealedBy = async (store: KeyStore) => {
    await checkMasterKey(store, one);
    const keys = createSubjectKeys({ store, masterKey: one, cacheSize: 5000 });
    await keys.ensure(people);
    const secrets = await openInstallationSecrets({ store, masterKey: one });
    return { sealed: people.map((person) => keys.seal(person, 'c', person)), mac: secrets.mac('p', 'x') };
  };
  const openedWith = async (store: KeyStore, masterKey: typeof one, sealed: readonly string[]) => {
    const keys = createSubjectKeys({ store, masterKey, cacheSize: 5000 });
    await keys.load(people);
    return people.map((person, i) => keys.open(person, 'c', sealed[i] ?? ''));
  };

  it('changes the wrapping and nothing that was sealed or derived', async () => {
    const store = createMemoryKeyStore();
    const { sealed, mac } = await sealedBy(store);
    expect(await rewrapAll(store, one, two)).toBe(people.length + 1);
    await checkMasterKey(store, two);
    await expect(checkMasterKey(store, one)).rejects.toThrow(MasterKeyError);
    expect(await openedWith(store, two, sealed)).toEqual(people);
    expect((await openInstallationSecrets({ store, masterKey: two })).mac('p', 'x')).toBe(mac);
    expect(await rewrapAll(store, one, two)).toBe(0);
  });

  it('killed anywhere, refuses to start half-way and goes on when run again', async () => {
    for (const survived of [0, 1, 2, 3, 4, 5]) {
      const store = createMemoryKeyStore();
      const { sealed } = await sealedBy(store);
      await expect(rewrapAll(dyingAfter(survived, store), one, two)).rejects.toThrow('killed');
      if (survived > 0) {
        await expect(checkMasterKey(store, one)).rejects.toThrow(/run the change again with both keys/);
        await expect(checkMasterKey(store, two)).rejects.toThrow(/run the change again with both keys/);
        await expect(rewrapAll(store, two, three)).rejects.toThrow(/is half-way: finish that one first/);
      }
      await rewrapAll(store, one, two);
      await checkMasterKey(store, two);
      expect(await openedWith(store, two, sealed)).toEqual(people);
    }
  });

  it('needs the right old key, and a store that was used', async () => {
    const store = createMemoryKeyStore();
    await expect(rewrapAll(store, one, two)).rejects.toThrow(/never been used/);
    await checkMasterKey(store, one);
    await expect(rewrapAll(store, three, two)).rejects.toThrow(`the store was written with ${one.id}`);
  });

  /** A store whose process dies at the write after so many. */
  function dyingAfter(writes: number, store: KeyStore): KeyStore {
    let left = writes;
    const dying = Object.create(store) as KeyStore;
    const unlessDead = async <T>(write: () => Promise<T>): Promise<T> => {
      if (left-- <= 0) throw new Error('killed');
      return write();
    };
    return Object.assign(dying, {
      scan: store.scan.bind(store), getSecret: store.getSecret.bind(store), secretNames: store.secretNames.bind(store),
      putSecret: (name: string, wrapped: Uint8Array) => unlessDead(() => store.putSecret(name, wrapped)),
      rewrap: (keys: Parameters<KeyStore['rewrap']>[0]) => unlessDead(() => store.rewrap(keys)),
    });
  }
});

describe('the master key of embedded mode', () => {
  let folder: string;
  beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'rolebook-master-')); });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('is made once, readable by its owner alone, and read ever after', () => {
    const file = join(folder, 'data', 'master.key');
    const first = readOrMakeMasterKeyFile(file);
    const second = readOrMakeMasterKeyFile(file);
    expect([first.made, second.made]).toEqual([true, false]);
    expect(second.masterKey.id).toBe(first.masterKey.id);
    expect(parseMasterKey(readFileSync(file, 'utf8')).id).toBe(first.masterKey.id);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('is refused where the file holds none, and the file stays', () => {
    const file = join(folder, 'master.key');
    writeFileSync(file, 'oops');
    expect(() => readOrMakeMasterKeyFile(file)).toThrow(MasterKeyError);
    expect(readFileSync(file, 'utf8')).toBe('oops');
  });
});
