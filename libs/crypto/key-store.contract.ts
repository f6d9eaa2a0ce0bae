import type { KeyStore } from './port';

const bytes = (...values: number[]) => Uint8Array.from(values);
const plain = (stored: Uint8Array) => [...stored];

/** What every key store must do. `open` gives an empty store; it is closed after each specification. */
export function keyStoreContract(open: () => Promise<KeyStore>): void {
  let store: KeyStore;
  beforeEach(async () => { store = await open(); });
  afterEach(async () => { await store.close(); });

  const wrappedOf = async (subject: string) => {
    const stored = (await store.getMany([subject])).get(subject);
    return stored && 'wrapped' in stored ? plain(stored.wrapped) : stored;
  };

  describe('subject keys', () => {
    it('gives back a key as it was stored', async () => {
      const stored = await store.putIfAbsent('a', bytes(1, 2, 3));
      expect(stored).toEqual({ wrapped: bytes(1, 2, 3) });
      expect(await wrappedOf('a')).toEqual([1, 2, 3]);
    });

    it('knows nothing of subjects that never had a key, and asks each once', async () => {
      await store.putIfAbsent('a', bytes(1));
      const found = await store.getMany(['a', 'b', 'a']);
      expect([...found.keys()]).toEqual(['a']);
      expect(await store.getMany([])).toEqual(new Map());
    });

    it('keeps the first key: a second one is answered with what stands there', async () => {
      await store.putIfAbsent('a', bytes(1));
      expect(await store.putIfAbsent('a', bytes(2))).toEqual({ wrapped: bytes(1) });
      expect(await wrappedOf('a')).toEqual([1]);
    });

    it('lets exactly one of many racing callers win, and tells all the same', async () => {
      const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => store.putIfAbsent('raced', bytes(i))));
      const kinds = new Set(answers.map((answer) => JSON.stringify('wrapped' in answer ? plain(answer.wrapped) : answer)));
      expect(kinds.size).toBe(1);
      expect([JSON.stringify(await wrappedOf('raced'))]).toEqual([...kinds]);
    });

    it('keeps subjects apart whatever their names hold', async () => {
      const names = ['a', 'A', 'a ', "a'; --", 'ä', 'a\u0308', '__proto__', 'ผู้ใช้', '😀'];
      await Promise.all(names.map((name, i) => store.putIfAbsent(name, bytes(i))));
      const found = await store.getMany(names);
      expect(names.map((name) => found.get(name))).toEqual(names.map((_, i) => ({ wrapped: bytes(i) })));
    });
  });

  describe('destroying', () => {
    const at = '2026-11-24T10:00:00.000Z';

    it('leaves a ledger entry where the key was, for ever', async () => {
      await store.putIfAbsent('a', bytes(1));
      await store.destroy('a', at);
      expect(await wrappedOf('a')).toEqual({ destroyedAt: at });
      expect(await store.putIfAbsent('a', bytes(2))).toEqual({ destroyedAt: at });
      expect(await wrappedOf('a')).toEqual({ destroyedAt: at });
    });

    it('again changes nothing', async () => {
      await store.putIfAbsent('a', bytes(1));
      await store.destroy('a', at);
      await store.destroy('a', '2027-01-01T00:00:00.000Z');
      expect(await store.destroyed()).toEqual([{ subject: 'a', at }]);
    });

    it('bars a subject that never had a key', async () => {
      await store.destroy('restored', at);
      expect(await store.putIfAbsent('restored', bytes(1))).toEqual({ destroyedAt: at });
    });

    it('touches nobody else', async () => {
      await store.putIfAbsent('a', bytes(1));
      await store.putIfAbsent('b', bytes(2));
      await store.destroy('a', at);
      expect(await wrappedOf('b')).toEqual([2]);
    });

    it('lists the ledger in order of time', async () => {
      await store.destroy('later', '2026-11-24T12:00:00.000Z');
      await store.destroy('first', '2026-11-24T10:00:00.000Z');
      await store.destroy('second', '2026-11-24T11:00:00.000Z');
      expect((await store.destroyed()).map((entry) => entry.subject)).toEqual(['first', 'second', 'later']);
    });
  });

  describe('changing the master key', () => {
    it('scans every key once, page by page, without the destroyed', async () => {
      for (let i = 0; i < 25; i++) await store.putIfAbsent(`s${i}`, bytes(i));
      await store.destroy('s7', '2026-11-24T10:00:00.000Z');
      const seen: string[] = [];
      let afterSubject: string | undefined;
      for (;;) {
        const page = await store.scan({ limit: 10, ...(afterSubject === undefined ? {} : { afterSubject }) });
        expect(page.length).toBeLessThanOrEqual(10);
        if (page.length === 0) break;
        seen.push(...page.map((key) => key.subject));
        afterSubject = page[page.length - 1]?.subject;
      }
      const expected = Array.from({ length: 25 }, (_, i) => `s${i}`).filter((subject) => subject !== 's7');
      expect([...seen].sort()).toEqual(expected.sort());
    });

    it('replaces keys, but brings none into being and none back', async () => {
      await store.putIfAbsent('kept', bytes(1));
      await store.putIfAbsent('gone', bytes(2));
      await store.destroy('gone', '2026-11-24T10:00:00.000Z');
      await store.rewrap(['kept', 'gone', 'never'].map((subject) => ({ subject, wrapped: bytes(9) })));
      expect(await wrappedOf('kept')).toEqual([9]);
      expect(await wrappedOf('gone')).toEqual({ destroyedAt: '2026-11-24T10:00:00.000Z' });
      expect(await wrappedOf('never')).toBeUndefined();
    });
  });

  describe('secrets', () => {
    it('are absent, then stand, then are replaced', async () => {
      expect(await store.getSecret('s')).toBeNull();
      expect(plain(await store.putSecretIfAbsent('s', bytes(1)))).toEqual([1]);
      expect(plain(await store.putSecretIfAbsent('s', bytes(2)))).toEqual([1]);
      await store.putSecret('s', bytes(3));
      expect(await store.getSecret('s')).toEqual(bytes(3));
      await store.putSecret('t', bytes(4));
      expect([...(await store.secretNames())].sort()).toEqual(['s', 't']);
    });

    it('are no subjects, nor subjects secrets', async () => {
      await store.putSecret('x', bytes(1));
      await store.putIfAbsent('y', bytes(2));
      expect(await store.getMany(['x'])).toEqual(new Map());
      expect(await store.getSecret('y')).toBeNull();
      expect(await store.scan({ limit: 10 })).toEqual([{ subject: 'y', wrapped: bytes(2) }]);
    });

    it('gives one racing caller\'s secret to all', async () => {
      const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => store.putSecretIfAbsent('raced', bytes(i))));
      expect(new Set(answers.map((answer) => plain(answer).join())).size).toBe(1);
    });
  });

  it('answers a ping until it is closed', async () => {
    await expect(store.ping()).resolves.toBeUndefined();
    await store.close();
    await expect(store.ping()).rejects.toThrow(/closed/);
    await store.close();
  });
}
