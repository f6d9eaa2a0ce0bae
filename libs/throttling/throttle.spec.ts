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

  // A crash soon after an answer leaves it counted; where the next attempt would have to wait, the answer waits for the store.
  it('that being right forgets are stored as forgotten soon, or when the process ends in order', async () => {
    const afterCrash = () => new Throttle(store, clock);
    const failures = async () => (await store.get('throttle', account.key))?.value as { failures: number } | undefined;
    for (let i = 0; i < 8; i++) await outcome([account], wrong);
    expect(await outcome([account], right)).toBe(true);
    expect((await failures())?.failures).toBe(9);
    await throttle.onModuleDestroy();
    expect(await failures()).toBeUndefined();
    for (let i = 0; i < 10; i++) expect(await outcome([account], wrong, afterCrash())).toBe(false);
  });

  it('that being right forgets are stored as forgotten before the answer, where the next would have to wait', async () => {
    for (let i = 0; i < 9; i++) await outcome([account], wrong);
    expect(await outcome([account], right)).toBe(true);
    for (let i = 0; i < 10; i++) expect(await outcome([account], wrong, new Throttle(store, clock))).toBe(false);
  });

  it('are stored as forgotten after a tenth of a second, when no other attempt comes', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
    try {
      await outcome([account], wrong);
      await outcome([account], right);
      await jest.advanceTimersByTimeAsync(99);
      expect(await store.get('throttle', account.key)).not.toBeNull();
      await jest.advanceTimersByTimeAsync(1);
      expect(await store.get('throttle', account.key)).toBeNull();
    } finally {
      jest.useRealTimers();
    }
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

  it('write nothing for a flood that is refused, but once that it was', async () => {
    for (let i = 0; i < 10; i++) await outcome([network, account], wrong);
    const changes = jest.spyOn(store, 'compareAndSet');
    await Promise.all(times(100, () => outcome([network, account], wrong)));
    expect(changes.mock.calls.map(([, key, , value]) => [key, value])).toEqual([['account', { failures: 10, until: now + 30_000, noted: true }]]);
  });

  it('are counted in one change of the store, and counted back in the next one', async () => {
    const together: string[][] = [];
    const compareAndSet = store.compareAndSet.bind(store);
    store.compareAndSet = async (...change) => {
      if (together.at(-1)?.length !== 1) together.push([]);
      together.at(-1)!.push(change[1]);
      const mine = together.at(-1)!;
      await new Promise((resolve) => setImmediate(resolve));
      expect(mine).toEqual(['network', 'account']); // both were asked for before either was made
      return compareAndSet(...change);
    };
    for (let i = 0; i < 20; i++) expect(await outcome([network, account], right)).toBe(true);
    expect(together).toHaveLength(20);
  });

  it('wait for each other in no order of their names', async () => {
    const outcomes = await Promise.all(times(30, () => [outcome([network, account], right), outcome([account, network], right)]).flat());
    expect(outcomes).toEqual(Array(60).fill(true));
  });

  it('fail loudly where the store cannot keep count', async () => {
    const broken = Object.assign(new InMemoryOperationalStore(clock), { compareAndSet: async () => false });
    await expect(new Throttle(broken, clock).attempt([account], right)).rejects.toThrow(OperationalStoreUnavailable);
  });

  it('fail loudly where another node is quicker at one of them again and again, and count for none', async () => {
    const compareAndSet = store.compareAndSet.bind(store);
    store.compareAndSet = async (...change) => change[1] !== 'account' && compareAndSet(...change);
    await expect(throttle.attempt([network, account], right)).rejects.toThrow(OperationalStoreUnavailable);
    store.compareAndSet = compareAndSet;
    await throttle.onModuleDestroy();
    expect(await store.get('throttle', 'network')).toBeNull();
  });
});

/** A store whose answers come in any order, and which may fail before or after a change. */
class CapriciousStore extends InMemoryOperationalStore {
  fails: () => 'before' | 'after' | null = () => null;

  constructor(private readonly scheduler: fc.Scheduler) { super(clock); }

  override async get(...entry: Parameters<InMemoryOperationalStore['get']>) {
    await this.scheduler.schedule(Promise.resolve('get'));
    const found = await super.get(...entry);
    await this.scheduler.schedule(Promise.resolve('got'));
    return found;
  }

  override async compareAndSet(...change: Parameters<InMemoryOperationalStore['compareAndSet']>) {
    const failure = this.fails();
    await this.scheduler.schedule(Promise.resolve('change'));
    if (failure === 'before') throw new OperationalStoreUnavailable('not made');
    const made = await super.compareAndSet(...change);
    await this.scheduler.schedule(Promise.resolve('changed'));
    if (failure === 'after') throw new OperationalStoreUnavailable('made');
    return made;
  }
}

describe('whatever comes in between', () => {
  const account: Limit = { key: 'account', policy: consecutiveFailures() };
  const network: Limit = { key: 'network', policy: failureRate({ capacity: 30, perMs: HOUR }) };
  const kind = fc.constantFrom('right', 'wrong', 'broken');

  /** Makes the attempts on their nodes, all at once. @returns what was checked, in the order of the outcomes, and what the store remembers in the end */
  async function run(scheduler: fc.Scheduler, own: CapriciousStore, limits: readonly Limit[], attempts: readonly (readonly [node: number, kind: string])[]) {
    const nodes = times(2, () => new Throttle(own, clock));
    const checked: string[] = [];
    await scheduler.waitFor(Promise.allSettled(attempts.map(async ([node, kind]) => nodes[node]!.attempt(limits, async () => {
      await scheduler.schedule(Promise.resolve('check'));
      checked.push(kind);
      if (kind === 'broken') throw new Error('overloaded');
      return kind === 'right' ? {} : null;
    }))));
    for (const node of nodes) await scheduler.waitFor(node.onModuleDestroy());
    own.fails = () => null;
    for (const node of nodes) await scheduler.waitFor(node.onModuleDestroy());
    const memory = async (key: string) => scheduler.waitFor(own.get('throttle', key)).then((entry) => (entry?.value ?? {}) as { failures?: number; spent?: number });
    return { checked, wrong: checked.filter((outcome) => outcome === 'wrong').length, failures: (await memory('account')).failures ?? 0, spent: (await memory('network')).spent ?? 0 };
  }

  it('failures in a row are those since the last right one, on a node', async () => {
    await fc.assert(fc.asyncProperty(fc.array(kind, { maxLength: 30 }), fc.scheduler(), async (kinds, scheduler) => {
      const { checked, failures } = await run(scheduler, new CapriciousStore(scheduler), [account], kinds.map((each) => [0, each]));
      expect(failures).toBe(checked.slice(checked.lastIndexOf('right') + 1).filter((outcome) => outcome === 'wrong').length);
    }), { numRuns: 300 });
  });

  it('every wrong one is counted, and no other, on two nodes', async () => {
    await fc.assert(fc.asyncProperty(fc.array(fc.tuple(fc.nat(1), kind), { maxLength: 30 }), fc.scheduler(), async (attempts, scheduler) => {
      const { wrong, spent } = await run(scheduler, new CapriciousStore(scheduler), [network, account], attempts);
      expect(spent).toBe(wrong);
    }), { numRuns: 300 });
  });

  it('none is counted back twice where a change was stored and nobody knew', async () => {
    const own = new InMemoryOperationalStore(clock);
    const node = new Throttle(own, clock);
    const compareAndSet = own.compareAndSet.bind(own);
    for (let i = 0; i < 2; i++) await outcome([network], wrong, node);
    await Promise.all([outcome([network], right, node), outcome([network], right, node)]);
    own.compareAndSet = async (...change) => {
      await compareAndSet(...change);
      throw new OperationalStoreUnavailable('the answer was lost');
    };
    await expect(node.attempt([network], wrong)).rejects.toThrow(OperationalStoreUnavailable);
    own.compareAndSet = compareAndSet;
    await node.onModuleDestroy();
    expect((await own.get('throttle', 'network'))?.value).toMatchObject({ spent: 3 });
  });

  it('every wrong one is counted where the store fails, and what nobody knows of stays counted', async () => {
    await fc.assert(fc.asyncProperty(fc.array(fc.tuple(fc.nat(1), kind), { maxLength: 20 }), fc.array(fc.constantFrom('before', 'after', null, null), { maxLength: 80 }), fc.scheduler(), async (attempts, failing, scheduler) => {
      const own = new CapriciousStore(scheduler);
      own.fails = () => failing.pop() ?? null;
      const { wrong, spent } = await run(scheduler, own, [network, account], attempts);
      expect(spent).toBeGreaterThanOrEqual(wrong);
      expect(spent).toBeLessThanOrEqual(attempts.length);
    }), { numRuns: 300 });
  });
});
