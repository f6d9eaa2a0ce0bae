import type { SealedAvatars } from './port';

const BUSINESS = '0190a1b2-0000-7000-8000-00000000000b';
const OTHER_BUSINESS = '0190a1b2-0000-7000-8000-00000000000c';
const ANN = '0190a1b2-0000-7000-8000-0000000000a1';
const BOB = '0190a1b2-0000-7000-8000-0000000000b1';
/** Shares its last digits with Ann. */
const ANA = '0190a1b2-0000-7000-8000-0000000001a1';

const place = (userId = ANN, version = 'v1', businessId = BUSINESS) => ({ businessId, userId, version });
const bytes = (text: string) => Buffer.from(`\x00\xff${text}`, 'latin1');

/** What every store of sealed pictures does. `make` gives an empty one. */
export function sealedAvatarsContract(name: string, make: () => Promise<{ store: SealedAvatars; stop(): Promise<void> }>): void {
  describe(`${name} as a store of sealed pictures`, () => {
    let under: Awaited<ReturnType<typeof make>>;
    beforeEach(async () => { under = await make(); });
    afterEach(() => under.stop());

    it('gives back what was put', async () => {
      await under.store.put(place(), bytes('one'));

      expect(await under.store.get(place())).toEqual(bytes('one'));
    });

    it('has nothing where nothing was put', async () => {
      expect(await under.store.get(place())).toBeNull();
    });

    it('replaces what has the same version', async () => {
      await under.store.put(place(), bytes('one'));
      await under.store.put(place(), bytes('two'));

      expect(await under.store.get(place())).toEqual(bytes('two'));
    });

    it('keeps versions, people and businesses apart', async () => {
      const places = [place(), place(ANN, 'v2'), place(ANN, 'v'), place(BOB), place(ANA), place(ANN, 'v1', OTHER_BUSINESS)];
      for (const [i, at] of places.entries()) await under.store.put(at, bytes(String(i)));

      expect(await Promise.all(places.map((at) => under.store.get(at)))).toEqual(places.map((_, i) => bytes(String(i))));
    });

    it('deletes one version, and does not mind if there is none', async () => {
      await under.store.put(place(ANN, 'v1'), bytes('one'));
      await under.store.put(place(ANN, 'v2'), bytes('two'));
      await under.store.delete(place(ANN, 'v1'));
      await under.store.delete(place(ANN, 'v1'));

      expect([await under.store.get(place(ANN, 'v1')), await under.store.get(place(ANN, 'v2'))]).toEqual([null, bytes('two')]);
    });

    it("deletes all of a person's, and nobody else's", async () => {
      const others = [place(BOB), place(ANA), place(ANN, 'v1', OTHER_BUSINESS)];
      const hers = [place(ANN, 'v1'), place(ANN, 'Z_-9')];
      for (const at of [...others, ...hers]) await under.store.put(at, bytes(at.userId));
      await under.store.deleteAll({ businessId: BUSINESS, userId: ANN });
      await under.store.deleteAll({ businessId: BUSINESS, userId: ANN });

      expect(await Promise.all(hers.map((at) => under.store.get(at)))).toEqual([null, null]);
      expect(await Promise.all(others.map((at) => under.store.get(at)))).toEqual(others.map((at) => bytes(at.userId)));
    });

    it('is whole whoever writes at once', async () => {
      const candidates = Array.from({ length: 8 }, (_, i) => Buffer.alloc(20_000, i));
      await Promise.all(candidates.map((candidate) => under.store.put(place(), candidate)));
      const found = await under.store.get(place());

      expect(candidates.some((candidate) => found?.equals(candidate))).toBe(true);
    });

    it.each([
      ['a path as business', place(ANN, 'v1', '../..')],
      ['a path as user', place('../../etc', 'passwd')],
      ['a path as version', place(ANN, '../../x')],
      ['a dot as version', place(ANN, '..')],
      ['a NUL in the version', place(ANN, 'v1\0')],
      ['a line break in the version', place(ANN, 'v1\n')],
      ['no version', place(ANN, '')],
      ['upper case in the user', place(ANN.toUpperCase())],
      ['a query as user', place({ $gt: '' } as never)],
    ])('does nothing for %s', async (_what, at) => {
      await expect(under.store.put(at, bytes('x'))).rejects.toThrow(TypeError);
      await expect(under.store.get(at)).rejects.toThrow(TypeError);
      await expect(under.store.delete(at)).rejects.toThrow(TypeError);
    });

    it('deletes nothing for a path', async () => {
      await under.store.put(place(), bytes('one'));
      await expect(under.store.deleteAll({ businessId: BUSINESS, userId: '..' })).rejects.toThrow(TypeError);

      expect(await under.store.get(place())).toEqual(bytes('one'));
    });
  });
}
