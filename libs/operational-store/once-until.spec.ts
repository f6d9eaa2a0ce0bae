import { InMemoryOperationalStore } from './in-memory';
import { onceUntil } from './once-until';

describe('what is done once until some moment', () => {
  let now = 1_000;
  const store = () => new InMemoryOperationalStore({ now: () => now });

  it('is done once for each key, and again when the moment has come', async () => {
    const [done, kept] = [[] as string[], store()];
    const ask = (key: string) => onceUntil(kept, 'looks', key, 2_000, async () => done.push(`${key} at ${now}`));
    for (const key of ['anna', 'anna', 'bob']) await ask(key);
    now = 2_001;
    await ask('anna');
    expect(done).toEqual(['anna at 1000', 'bob at 1000', 'anna at 2001']);
  });

  it('is done the next time where it failed', async () => {
    const kept = store();
    const outcomes = ['fails', 'works', 'is not asked for'];
    const ask = () => onceUntil(kept, 'looks', 'anna', 5_000, async () => { if (outcomes.shift() === 'fails') throw new Error('the log is away'); });
    await expect(ask()).rejects.toThrow('the log is away');
    await ask();
    await ask();
    expect(outcomes).toEqual(['is not asked for']);
  });
});
