import * as fc from 'fast-check';
import { createMemoryKeyStore } from './in-memory/key-store';
import { createMasterKey } from './master-key';
import { SubjectErased, type KeyStore } from './port';
import { createSubjectKeys } from './subject-keys';

const masterKey = createMasterKey(new Uint8Array(32).fill(7));
const at = '2026-11-24T10:00:00.000Z';
const text = fc.string({ unit: 'binary', maxLength: 300 });

describe('subject keys', () => {
  let store: KeyStore;
  beforeEach(() => { store = createMemoryKeyStore(); });
  const open = (cacheSize = 100) => createSubjectKeys({ store, masterKey, cacheSize });

  it('open what they sealed, for the same person and place', async () => {
    const keys = open();
    await keys.ensure(['a']);
    fc.assert(fc.property(text, text, (context, plaintext) => {
      expect(keys.open('a', context, keys.seal('a', context, plaintext))).toBe(plaintext);
    }));
  });

  it('open nothing that was sealed for another person or another place', async () => {
    const keys = open();
    await keys.ensure(['a', 'b']);
    fc.assert(fc.property(text, text, text, (context, other, plaintext) => {
      const sealed = keys.seal('a', context, plaintext);
      expect(() => keys.open('b', context, sealed)).toThrow(/was changed, or was moved/);
      if (other !== context) expect(() => keys.open('a', other, sealed)).toThrow(/was changed, or was moved/);
    }));
  });

  it('notice any changed, missing or added byte, and any garbage', async () => {
    const keys = open();
    await keys.ensure(['a']);
    const sealed = Buffer.from(keys.seal('a', 'c', 'Anong Suksawat'), 'base64url');
    const refuse = (bytes: Uint8Array) => expect(() => keys.open('a', 'c', Buffer.from(bytes).toString('base64url'))).toThrow(/was changed|malformed/);
    fc.assert(fc.property(fc.nat(sealed.length - 1), fc.integer({ min: 1, max: 255 }), (place, flip) => refuse(sealed.map((byte, i) => (i === place ? byte ^ flip : byte)))));
    fc.assert(fc.property(fc.nat(sealed.length - 1), (length) => refuse(sealed.subarray(0, length))));
    fc.assert(fc.property(fc.uint8Array({ minLength: 1 }), (added) => refuse(Buffer.concat([sealed, added]))));
    fc.assert(fc.property(fc.string(), (garbage) => { expect(() => keys.open('a', 'c', garbage)).toThrow(/was changed|malformed/); }));
  });

  it('are laid out as version, nonce, ciphertext, tag', async () => {
    const keys = open();
    await keys.ensure(['a']);
    const sealed = Buffer.from(keys.seal('a', 'c', 'abc'), 'base64url');
    expect([sealed[0], sealed.length]).toEqual([1, 1 + 12 + 3 + 16]);
    expect(keys.seal('a', 'c', 'abc')).not.toBe(keys.seal('a', 'c', 'abc'));
  });

  it('are stored wrapped before they are used, and found by the next process', async () => {
    const first = open();
    await first.ensure(['a', 'a', 'b']);
    const sealed = first.seal('a', 'c', 'Anong');
    const second = open();
    await second.load(['a', 'b', 'never']);
    expect(second.open('a', 'c', sealed)).toBe('Anong');
  });

  it('are the same for two processes that make them at once', async () => {
    const [first, second] = [open(), open()];
    await Promise.all([first.ensure(['a']), second.ensure(['a'])]);
    expect(second.open('a', 'c', first.seal('a', 'c', 'Anong'))).toBe('Anong');
  });

  it('must be loaded first, and made before sealing', async () => {
    const keys = open();
    expect(() => keys.seal('a', 'c', 'x')).toThrow(/not loaded/);
    expect(() => keys.open('a', 'c', 'x')).toThrow(/not loaded/);
    expect(() => keys.isDestroyed('a')).toThrow(/not loaded/);
    await keys.load(['a']);
    expect(() => keys.seal('a', 'c', 'x')).toThrow(/has no key: call ensure/);
    expect(keys.isDestroyed('a')).toBe(false);
    await keys.ensure(['a']);
    expect(keys.seal('a', 'c', 'x')).toEqual(expect.any(String));
  });

  it('destroyed, open nothing, seal nothing and are never made again', async () => {
    const keys = open();
    await keys.ensure(['a', 'b']);
    const sealed = keys.seal('a', 'c', 'Anong');
    await keys.destroy('a', at);
    expect(keys.open('a', 'c', sealed)).toBeNull();
    expect(keys.isDestroyed('a')).toBe(true);
    expect(keys.isDestroyed('b')).toBe(false);
    expect(() => keys.seal('a', 'c', 'x')).toThrow(SubjectErased);
    await expect(keys.ensure(['b', 'a'])).rejects.toThrow(SubjectErased);
    const next = open();
    await next.load(['a']);
    expect(next.open('a', 'c', sealed)).toBeNull();
  });

  it('destroyed while a load is on its way, do not come back with its answer', async () => {
    await open().ensure(['a']);
    let deliver: () => void = () => undefined;
    const slow = Object.assign(Object.create(store) as KeyStore, {
      getMany: async (subjects: readonly string[]) => {
        const answer = await store.getMany(subjects);
        await new Promise<void>((resolve) => { deliver = resolve; });
        return answer;
      },
      destroy: store.destroy.bind(store),
    });
    const keys = createSubjectKeys({ store: slow, masterKey, cacheSize: 10 });
    const loading = keys.load(['a']);
    await keys.destroy('a', at);
    deliver();
    await loading;
    expect(keys.isDestroyed('a')).toBe(true);
  });

  it('of one load all stay usable, though they are more than the cache holds', async () => {
    const keys = open(10);
    const many = Array.from({ length: 1_234 }, (_, i) => `s${i}`);
    await keys.ensure(many);
    expect(many.map((subject) => keys.open(subject, 'c', keys.seal(subject, 'c', subject)))).toEqual(many);
  });

  it('outlive as many others as the cache holds, then leave memory', async () => {
    const keys = open(10);
    await keys.ensure(['mine']);
    for (let i = 0; i < 9; i++) await keys.ensure([`other-${i}`]);
    expect(keys.isDestroyed('mine')).toBe(false);
    for (let i = 0; i < 40; i++) await keys.ensure([`more-${i}`]);
    expect(() => keys.isDestroyed('mine')).toThrow(/not loaded/);
  });
});
