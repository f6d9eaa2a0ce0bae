import * as fc from 'fast-check';
import { InMemoryOperationalStore } from '@rolebook/operational-store/in-memory';
import { OperationalStoreUnavailable } from '@rolebook/operational-store';
import { consecutiveFailures, failureRate } from './policy';
import { Throttle, TooManyAttempts, type Limit } from './throttle';

const right = async () => ({});
const wrong = async () => null;
const HOUR = 3600_000;

let now: number;
const clock = { now: () => now };
let store: InMemoryOperationalStore;
let throttle: Throttle;
beforeEach(() => {
  now = Date.UTC(2026, 10, 24);
  store = new InMemoryOperationalStore(clock);
  throttle = new Throttle(store, clock);
});

/** `true`, `false`, or how long to wait, in seconds. */
async function outcome(limits: readonly Limit[], check: () => Promise<object | null>, by = throttle): Promise<boolean | number> {
  try {
    return (await by.attempt(limits, check)) !== null;
  } catch (error) {
    if (error instanceof TooManyAttempts) return error.details.retryAfterSeconds as number;
    throw error;
  }
}
const times = <T>(n: number, make: () => T): T[] => Array.from({ length: n }, make);

describe('failures in a row', () => {
  const account: Limit = { key: 'account', policy: consecutiveFailures() };

  it('are ten for nothing, then each costs twice the wait of the one before, up to an hour', async () => {
    for (let i = 0; i < 10; i++) expect(await outcome([account], wrong)).toBe(false);
    const waits: (boolean | number)[] = [];
    for (let i = 0; i < 9; i++) {
      const wait = await outcome([account], wrong);
      waits.push(wait);
      now += Number(wait) * 1000;
      expect(await outcome([account], wrong)).toBe(false);
    }
    expect(waits).toEqual([30, 60, 120, 240, 480, 960, 1920, 3600, 3600]);
  });

  it('let in nobody before the wait is over, and right is no better than wrong then', async () => {
    for (let i = 0; i < 10; i++) await outcome([account], wrong);
    now += 29_999;
    expect(await outcome([account], right)).toBe(1);
    now += 1;
    expect(await outcome([account], right)).toBe(true);
  });

  it('are a hundred at most, however long somebody waits', async () => {
    let guesses = 0;
    for (let hours = 0; hours < 24 * 30; hours++, now += HOUR) {
      while ((await outcome([account], wrong)) === false) guesses++;
    }
    expect(guesses).toBe(100);
    expect(await outcome([account], right)).toBe(86_400);
    await throttle.forget([account.key]);
    expect(await outcome([account], right)).toBe(true);
  });

  it('are forgotten by being right', async () => {
    for (let i = 0; i < 9; i++) await outcome([account], wrong);
    expect(await outcome([account], right)).toBe(true);
    for (let i = 0; i < 10; i++) expect(await outcome([account], wrong)).toBe(false);
    expect(await outcome([account], wrong)).toBe(30);
  });

  // A clock put back made what was forgotten read as a limit without numbers, and everybody had to wait.
  it('stay forgotten when the clock is put back', async () => {
    expect(await outcome([account], right)).toBe(true);
    now -= HOUR;
    expect(await outcome([account], wrong)).toBe(false);
    expect(await outcome([account], right)).toBe(true);
  });

  it('are counted before they are checked: of a hundred at once ten are', async () => {
    let checked = 0;
    const outcomes = await Promise.all(times(100, () => outcome([account], async () => { checked++; return null; })));
    expect(checked).toBe(10);
    expect(outcomes.filter((o) => o === false)).toHaveLength(10);
    expect(outcomes.filter((o) => o === 30)).toHaveLength(90);
  });

  it('are counted once among nodes that share the store, too', async () => {
    const nodes = times(4, () => new Throttle(store, clock));
    const outcomes = await Promise.all(times(25, () => nodes.map((node) => outcome([account], wrong, node))).flat());
    expect(outcomes.filter((o) => o === false)).toHaveLength(10);
  });

  it('outlive the process', async () => {
    for (let i = 0; i < 10; i++) await outcome([account], wrong);
    expect(await outcome([account], right, new Throttle(store, clock))).toBe(30);
  });

  it('are not counted where nothing was checked', async () => {
    for (let i = 0; i < 30; i++) await expect(throttle.attempt([account], async () => { throw new Error('overloaded'); })).rejects.toThrow('overloaded');
    for (let i = 0; i < 10; i++) expect(await outcome([account], wrong)).toBe(false);
  });

  it('say once per wait that it is the first refusal', async () => {
    const first = async () => throttle.attempt([account], wrong).then(() => 'admitted', (error: TooManyAttempts) => error.firstOfWait);
    for (let i = 0; i < 10; i++) await first();
    expect([await first(), await first(), await first()]).toEqual([true, false, false]);
    now += 30_000;
    expect([await first(), await first(), await first()]).toEqual(['admitted', true, false]);
  });

  it('are no failures yet while they are checked: thirty at once that are all right all go through', async () => {
    let atOnce = 0;
    let most = 0;
    const outcomes = await Promise.all(times(30, () => outcome([account], async () => {
      most = Math.max(most, ++atOnce);
      await new Promise((resolve) => setImmediate(resolve));
      atOnce--;
      return {};
    })));
    expect(outcomes).toEqual(Array(30).fill(true));
    expect(most).toBeLessThanOrEqual(10);
  });

  it('among right ones at once are still ten at most in a row, and nobody waits for ever', async () => {
    await fc.assert(fc.asyncProperty(fc.array(fc.constantFrom('right', 'wrong', 'broken'), { minLength: 1, maxLength: 60 }), fc.scheduler(), async (kinds, scheduler) => {
      const own = new Throttle(new InMemoryOperationalStore(clock), clock);
      let row = 0;
      const all = Promise.all(kinds.map((kind) => outcome([account], async () => {
        await scheduler.schedule(Promise.resolve());
        if (kind === 'broken') throw new Error('overloaded');
        row = kind === 'right' ? 0 : row + 1;
        return kind === 'right' ? {} : null;
      }, own).catch(() => 'broken')));
      await scheduler.waitFor(all);
      const wrongs = (await all).filter((o) => o === false).length;
      if (!kinds.includes('right')) expect(wrongs).toBe(Math.min(10, kinds.filter((kind) => kind === 'wrong').length));
      expect(row).toBeLessThanOrEqual(10);
    }), { numRuns: 60 });
  });

  it('of one account say nothing about another', async () => {
    for (let i = 0; i < 10; i++) await outcome([account], wrong);
    expect(await outcome([{ ...account, key: 'other' }], right)).toBe(true);
  });
});

describe('a rate of failures', () => {
  const network: Limit = { key: 'network', policy: failureRate({ capacity: 20, perMs: HOUR }) };

  it('holds a number at once and gives one back in its share of the time', async () => {
    for (let i = 0; i < 20; i++) expect(await outcome([network], wrong)).toBe(false);
    expect(await outcome([network], wrong)).toBe(180);
    now += 180_000;
    expect(await outcome([network], wrong)).toBe(false);
    expect(await outcome([network], wrong)).toBe(180);
  });

  it('counts nobody who is right, and being right buys no guesses', async () => {
    for (let i = 0; i < 100; i++) expect(await outcome([network], right)).toBe(true);
    for (let i = 0; i < 20; i++) {
      expect(await outcome([network], wrong)).toBe(false);
      if (i < 19) expect(await outcome([network], right)).toBe(true);
    }
    expect(await outcome([network], right)).toBe(180);
  });

  it('never lets more through in an hour than it holds and gives back in one', async () => {
    await fc.assert(fc.asyncProperty(fc.array(fc.tuple(fc.nat(300_000), fc.boolean()), { minLength: 50, maxLength: 200 }), async (attempts) => {
      const own = new Throttle(new InMemoryOperationalStore(clock), clock);
      const begin = now;
      let failures = 0;
      for (const [pause, isRight] of attempts) {
        now += pause;
        if (now - begin > HOUR) break;
        if ((await outcome([network], isRight ? right : wrong, own)) === false) failures++;
      }
      expect(failures).toBeLessThanOrEqual(40);
    }), { numRuns: 30 });
  });
});

describe('several limits', () => {
  const account: Limit = { key: 'account', policy: consecutiveFailures() };
  const network: Limit = { key: 'network', policy: failureRate({ capacity: 15, perMs: HOUR }) };

  it('refuse what any of them refuses, and then count for none', async () => {
    for (let i = 0; i < 10; i++) await outcome([network, account], wrong);
    for (let i = 0; i < 50; i++) expect(await outcome([network, account], wrong)).toBe(30);
    for (let i = 0; i < 5; i++) expect(await outcome([network, { ...account, key: 'other' }], wrong)).toBe(false);
    expect(await outcome([network, { ...account, key: 'third' }], wrong)).toBe(240);
  });

  it('fail loudly where the store cannot keep count', async () => {
    const broken = Object.assign(new InMemoryOperationalStore(clock), { compareAndSet: async () => false });
    await expect(new Throttle(broken, clock).attempt([account], right)).rejects.toThrow(OperationalStoreUnavailable);
  });
});
