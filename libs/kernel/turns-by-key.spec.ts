import fc from 'fast-check';
import { TurnsByKey } from './turns-by-key';

describe('turns by key', () => {
  const keys: fc.Arbitrary<string[]> = fc.uniqueArray(fc.constantFrom('a', 'b', 'c'), { minLength: 1 });
  const asked = fc.array(fc.record({ keys, fails: fc.boolean() }), { minLength: 1, maxLength: 12 });

  it('are taken for each key one at a time and in order, and for all keys in the end, whatever fails and however long it takes', async () => {
    await fc.assert(fc.asyncProperty(asked, fc.scheduler(), async (work, scheduler) => {
      const turns = new TurnsByKey();
      const working = new Map<string, number>();
      const begun = new Map<string, number[]>();
      const results = work.map((one, n) => {
        const doing = async () => {
          for (const key of one.keys) {
            expect(working.get(key)).toBeUndefined();
            working.set(key, n);
            begun.set(key, [...(begun.get(key) ?? []), n]);
          }
          await scheduler.schedule(Promise.resolve(), `work ${n}`);
          for (const key of one.keys) working.delete(key);
          if (one.fails) throw new Error(`failed ${n}`);
          return n;
        };
        const [only, another] = one.keys;
        return another === undefined && only !== undefined ? turns.take(only, doing) : turns.takeAll(one.keys, doing);
      });
      const ended = await scheduler.waitFor(Promise.allSettled(results));
      expect(ended.map((one) => (one.status === 'fulfilled' ? one.value : (one.reason as Error).message))).toEqual(work.map(({ fails }, n) => (fails ? `failed ${n}` : n)));
      for (const key of ['a', 'b', 'c']) expect(begun.get(key) ?? []).toEqual(work.flatMap((one, n) => (one.keys.includes(key) ? [n] : [])));
    }));
  });

  it('of one key do not wait for those of another', async () => {
    const turns = new TurnsByKey();
    const never = new Promise<never>(() => undefined);
    void turns.take('a', () => never);
    void turns.takeAll(['a', 'b'], () => never);
    await expect(turns.take('c', async () => 'done')).resolves.toBe('done');
  });

  it('come after those who still work when the first is done', async () => {
    const turns = new TurnsByKey();
    const said: string[] = [];
    let release = () => undefined as void;
    const first = turns.take('a', async () => said.push('first'));
    const second = turns.take('a', () => new Promise<void>((resolve) => { release = () => { said.push('second'); resolve(); }; }));
    await first;
    const third = turns.take('a', async () => said.push('third'));
    await new Promise((resolve) => setImmediate(resolve));
    release();
    await Promise.all([second, third]);
    expect(said).toEqual(['first', 'second', 'third']);
  });

  it('go on after work that throws at once', async () => {
    const turns = new TurnsByKey();
    const failed = turns.take('a', () => { throw new Error('no'); });
    const next = turns.take('a', async () => 'done');
    await expect(failed).rejects.toThrow('no');
    await expect(next).resolves.toBe('done');
  });
});
