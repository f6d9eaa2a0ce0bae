import type { Clock, Json } from '@rolebook/kernel';
import fc from 'fast-check';
import type { OperationalStore } from './port';

/** A store to be held to the contract. */
export interface OperationalStoreHarness {
  readonly store: OperationalStore;
  /** Closes the store and gives another one on the same data, as after a restart. */
  reopen(): Promise<OperationalStore>;
  /** Closes and removes everything. */
  dispose(): Promise<void>;
}

const START = Date.parse('2026-01-01T00:00:00.000Z');

/** What every adapter of {@link OperationalStore} does. */
export function operationalStoreContract(name: string, factory: (clock: Clock) => Promise<OperationalStoreHarness>): void {
  describe(`${name}: operational store`, () => {
    let now = START;
    let harness: OperationalStoreHarness;
    let store: OperationalStore;

    beforeEach(async () => {
      now = START;
      harness = await factory({ now: () => now });
      store = harness.store;
    });
    afterEach(() => harness.dispose());

    const versionOf = async (key: string) => (await store.get('b', key))?.version ?? null;
    const put = (key: string, value: Json, expiresAt: number | null = null) => store.putMany('b', [{ key, value, expiresAt }]);

    describe('compare and set', () => {
      it('makes an entry where there is none, and none where there is one', async () => {
        expect(await store.compareAndSet('b', 'k', null, { n: 1 }, null)).toBe(true);
        expect(await store.compareAndSet('b', 'k', null, { n: 2 }, null)).toBe(false);
        expect(await store.get('b', 'k')).toEqual({ key: 'k', value: { n: 1 }, version: expect.any(Number) });
      });

      it('changes the version it names and no other', async () => {
        await store.compareAndSet('b', 'k', null, 1, null);
        const first = await versionOf('k');
        expect(await store.compareAndSet('b', 'k', first, 2, null)).toBe(true);
        expect(await store.compareAndSet('b', 'k', first, 3, null)).toBe(false);
        expect((await store.get('b', 'k'))?.value).toBe(2);
        expect(await versionOf('k')).toBeGreaterThan(first ?? Infinity);
      });

      it('is won by exactly one of a hundred callers', async () => {
        for (let round = 0; round < 5; round++) {
          const version = await versionOf('k');
          const won = await Promise.all(Array.from({ length: 100 }, (_, caller) => store.compareAndSet('b', 'k', version, caller, null)));
          expect(won.filter(Boolean)).toHaveLength(1);
          expect((await store.get('b', 'k'))?.value).toBe(won.indexOf(true));
        }
      });

      it('loses no count, however many add to it at once', async () => {
        const add = async (): Promise<void> => {
          const entry = await store.get('b', 'count');
          if (!(await store.compareAndSet('b', 'count', entry?.version ?? null, Number(entry?.value ?? 0) + 1, null))) await add();
        };
        await Promise.all(Array.from({ length: 30 }, add));
        expect((await store.get('b', 'count'))?.value).toBe(30);
      });

      it('does not take a key that was deleted and made again for the old one', async () => {
        await put('k', 'old');
        const version = await versionOf('k');
        await store.delete('b', 'k');
        store = await harness.reopen();
        await put('k', 'new');
        expect(await store.compareAndSet('b', 'k', version, 'mine', null)).toBe(false);
      });
    });

    describe('expiry', () => {
      it('goes by the clock that was given: at the moment itself an entry is gone', async () => {
        await put('k', 'v', START + 1000);
        now = START + 999;
        expect((await store.get('b', 'k'))?.value).toBe('v');
        now = START + 1000;
        expect(await store.get('b', 'k')).toBeNull();
        expect(await store.scan('b', { limit: 10 })).toEqual([]);
      });

      it('lets a new entry take the place, though nobody has swept', async () => {
        await put('k', 'v', START + 1000);
        const version = await versionOf('k');
        now = START + 1000;
        expect(await store.compareAndSet('b', 'k', version, 'late', null)).toBe(false);
        expect(await store.compareAndSet('b', 'k', null, 'new', null)).toBe(true);
        expect((await store.get('b', 'k'))?.value).toBe('new');
      });

      it('swept away stays away, and spares the rest', async () => {
        await store.putMany('b', [{ key: 'gone', value: 1, expiresAt: START + 1 }, { key: 'later', value: 2, expiresAt: START + 9 }, { key: 'never', value: 3, expiresAt: null }]);
        now = START + 5;
        await store.sweep();
        now = START;
        expect((await store.scan('b', { limit: 10 })).map(({ key }) => key)).toEqual(['later', 'never']);
      });
    });

    it('puts many, whatever stands there, and raises their versions', async () => {
      await put('a', 1);
      const before = await versionOf('a');
      await store.putMany('b', [{ key: 'a', value: 2, expiresAt: null }, { key: 'z', value: [null, 'é', { __proto__: null, x: true }], expiresAt: null }]);
      await store.putMany('b', []);
      expect((await store.scan('b', { limit: 10 })).map(({ key, value }) => [key, value])).toEqual([['a', 2], ['z', [null, 'é', { x: true }]]]);
      expect(await versionOf('a')).toBeGreaterThan(before ?? Infinity);
    });

    it('deletes, also what is not there', async () => {
      await put('k', 1);
      await store.delete('b', 'k');
      await store.delete('b', 'k');
      expect(await store.get('b', 'k')).toBeNull();
    });

    it('keeps buckets apart', async () => {
      await store.putMany('one', [{ key: 'k', value: 1, expiresAt: null }]);
      await store.putMany('two', [{ key: 'k', value: 2, expiresAt: null }]);
      await store.delete('one', 'k');
      expect(await store.get('one', 'k')).toBeNull();
      expect(await store.scan('two', { limit: 10 })).toHaveLength(1);
    });

    it('scans page by page in order of the keys', async () => {
      const keys = ['', 'A', 'a', 'a\u0000', 'é', '\ufffd', '😀'];
      await store.putMany('b', keys.map((key) => ({ key, value: key, expiresAt: null })).reverse());
      const found: string[] = [];
      for (let page = await store.scan('b', { limit: 2 }); page.length > 0; page = await store.scan('b', { afterKey: found.at(-1) ?? '', limit: 2 })) {
        found.push(...page.map(({ key }) => key));
      }
      expect(found).toEqual(keys);
    });

    it('refuses a key that is no text', async () => {
      await expect(store.get('b', '\ud800')).rejects.toThrow(TypeError);
      await expect(put('\ud800', 1)).rejects.toThrow(TypeError);
    });

    it('keeps what was acknowledged through a restart', async () => {
      await put('k', { deep: [1] });
      const before = await store.get('b', 'k');
      store = await harness.reopen();
      expect(await store.get('b', 'k')).toEqual(before);
      await store.ping();
    });

    it('is a map with versions and expiry, whatever happens in whatever order', async () => {
      const key = fc.constantFrom('x', 'y');
      const expiry = fc.option(fc.integer({ min: 1, max: 5 }));
      const step = fc.oneof(
        fc.record({ do: fc.constant('set' as const), key, current: fc.boolean(), expiry }),
        fc.record({ do: fc.constant('put' as const), key, expiry }),
        fc.record({ do: fc.constant('delete' as const), key }),
        fc.record({ do: fc.constant('sweep' as const) }),
        fc.record({ do: fc.constant('wait' as const) }),
      );
      let run = 0;
      await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 15 }), async (steps) => {
        const bucket = `run-${++run}`;
        const model = new Map<string, { value: number; expiresAt: number | null }>();
        const live = (name: string) => {
          const kept = model.get(name);
          return kept !== undefined && (kept.expiresAt === null || kept.expiresAt > now) ? kept : undefined;
        };
        for (const [value, one] of steps.entries()) {
          const expiresAt = 'expiry' in one && one.expiry !== null ? now + one.expiry : null;
          if (one.do === 'wait') now += 2;
          else if (one.do === 'sweep') await store.sweep();
          else if (one.do === 'delete') await store.delete(bucket, one.key).then(() => model.delete(one.key));
          else if (one.do === 'put') await store.putMany(bucket, [{ key: one.key, value, expiresAt }]).then(() => model.set(one.key, { value, expiresAt }));
          else if (one.do === 'set') {
            const version = one.current ? ((await store.get(bucket, one.key))?.version ?? null) : null;
            const wins = one.current || live(one.key) === undefined;
            expect(await store.compareAndSet(bucket, one.key, version, value, expiresAt)).toBe(wins);
            if (wins) model.set(one.key, { value, expiresAt });
          }
          expect((await store.scan(bucket, { limit: 9 })).map((entry) => [entry.key, entry.value])).toEqual(['x', 'y'].flatMap((name) => (live(name) ? [[name, live(name)?.value]] : [])));
        }
      }), { numRuns: 30 });
    });
  });
}
