import fc, { type Scheduler } from 'fast-check';
import { InMemoryOperationalStore } from './in-memory';
import { Lease, LEASE_TTL_MS } from './lease';
import { OperationalStoreUnavailable, type OperationalStore } from './port';

describe('a lease', () => {
  let now: number;
  const clock = { now: () => now };
  let store: OperationalStore;
  const leaseOf = (holder: string, over: OperationalStore = store) => new Lease({ store: over, clock, name: 'user-directory-1', holder });

  beforeEach(() => {
    now = Date.parse('2026-01-01T00:00:00.000Z');
    store = new InMemoryOperationalStore(clock);
  });

  it('is held by the first who asks, until its time is over', async () => {
    const [a, b] = [leaseOf('a'), leaseOf('b')];
    expect(await a.acquire()).toEqual({ token: 1 });
    expect(await b.acquire()).toBeNull();
    now += LEASE_TTL_MS - 1;
    expect([a.held, a.remainingMs]).toEqual([{ token: 1 }, 1]);
    expect(await b.acquire()).toBeNull();
    now += 1;
    expect([a.held, a.remainingMs]).toEqual([null, 0]);
    expect(await b.acquire()).toEqual({ token: 2 });
  });

  it('goes on with the same token when it is renewed, also late, and not once another has it', async () => {
    const [a, b] = [leaseOf('a'), leaseOf('b')];
    await a.acquire();
    now += 1000;
    expect(await a.renew()).toEqual({ token: 1 });
    expect(a.remainingMs).toBe(LEASE_TTL_MS);
    now += LEASE_TTL_MS + 1;
    expect(await a.renew()).toEqual({ token: 1 });
    now += LEASE_TTL_MS;
    await b.acquire();
    expect(await a.renew()).toBeNull();
    expect(a.held).toBeNull();
    expect(await b.renew()).toEqual({ token: 2 });
  });

  it('is taken at once after a release, and the one that released it can have it again', async () => {
    const [a, b] = [leaseOf('a'), leaseOf('b')];
    await a.acquire();
    await a.release();
    expect(a.held).toBeNull();
    expect(await b.acquire()).toEqual({ token: 2 });
    await a.release();
    expect(b.held).toEqual({ token: 2 });
    await b.release();
    expect(await a.acquire()).toEqual({ token: 3 });
  });

  it('is renewed by nobody who never had it', async () => {
    expect(await leaseOf('a').renew()).toBeNull();
    expect(await leaseOf('b').acquire()).toEqual({ token: 1 });
  });

  it('is another for another name', async () => {
    await leaseOf('a').acquire();
    expect(await new Lease({ store, clock, name: 'audit-log-1', holder: 'b' }).acquire()).toEqual({ token: 1 });
  });

  it('gives greater tokens for ever, whatever is swept', async () => {
    await leaseOf('a').acquire();
    now += 365 * 86_400_000;
    await store.sweep();
    expect(await leaseOf('b').acquire()).toEqual({ token: 2 });
  });

  it('lasts to its end, and no longer, while the store does not answer', async () => {
    const flaky = new FlakyStore(store);
    const [a, b] = [leaseOf('a', flaky), leaseOf('b')];
    await a.acquire();
    flaky.lost = 'answers';
    now += 1000;
    await expect(a.renew()).rejects.toThrow(OperationalStoreUnavailable);
    now += LEASE_TTL_MS - 1001;
    expect(a.held).toEqual({ token: 1 });
    now += 1;
    expect(a.held).toBeNull();
    // The renewal was stored all the same, so it is still a's when the store is back.
    expect(await b.acquire()).toBeNull();
    flaky.lost = null;
    expect(await a.renew()).toEqual({ token: 1 });
  });

  it('is counted from before it was asked for, however long the answer takes', async () => {
    const slow = new FlakyStore(store);
    slow.onAnswer = () => (now += 1000);
    const a = leaseOf('a', slow);
    await a.acquire();
    expect(a.remainingMs).toBe(LEASE_TTL_MS - 2000);
    await a.renew();
    expect(a.remainingMs).toBe(LEASE_TTL_MS - 2000);
  });

  it('is not brought back by a renewal that was under way when it was released', async () => {
    const [a, b] = [leaseOf('a'), leaseOf('b')];
    await a.acquire();
    await Promise.all([a.renew(), a.release()]);
    expect(a.held).toBeNull();
    expect(await b.acquire()).toEqual({ token: 2 });
  });

  it('is known to be held where the answer to taking it was lost', async () => {
    const flaky = new FlakyStore(store);
    const a = leaseOf('a', flaky);
    flaky.lost = 'answers';
    await expect(a.acquire()).rejects.toThrow(OperationalStoreUnavailable);
    expect(a.held).toBeNull();
    flaky.lost = null;
    expect(await a.acquire()).toEqual({ token: 1 });
  });

  it('never has two holders, nor a token twice, whatever is slow, lost, stopped or late', async () => {
    const who = fc.nat(2);
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('acquire' as const, 'acquire' as const, 'renew' as const, 'release' as const), who, lost: fc.constantFrom(null, null, null, null, 'answers' as const, 'questions' as const) }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(1, 1000, LEASE_TTL_MS - 1, LEASE_TTL_MS) }) },
      { weight: 4, arbitrary: fc.record({ do: fc.constant('answer' as const), times: fc.integer({ min: 1, max: 12 }) }) },
    );
    await fc.assert(fc.asyncProperty(fc.scheduler(), fc.array(step, { minLength: 10, maxLength: 100 }), async (scheduler, steps) => {
      const shared = new InMemoryOperationalStore(clock);
      const stores = [0, 1, 2].map(() => new FlakyStore(shared, scheduler));
      const leases = stores.map((one, at) => leaseOf(`holder-${at}`, one));
      const owners = new Map<number, number>();
      let newest = 0;
      const check = () => {
        const holders = leases.flatMap(({ held }, at) => (held === null ? [] : [{ at, token: held.token }]));
        expect(holders.length).toBeLessThanOrEqual(1);
        for (const { at, token } of holders) {
          expect(owners.get(token) ?? at).toBe(at);
          expect(token).toBeGreaterThanOrEqual(newest);
          owners.set(token, at);
          newest = token;
        }
      };
      const asked: Promise<unknown>[] = [];
      for (const one of steps) {
        if (one.do === 'wait') now += one.ms;
        else if (one.do === 'answer') {
          for (let times = 0; times < one.times && scheduler.count() > 0; times++) {
            await scheduler.waitOne();
            check();
          }
        } else {
          const [lease, flaky] = [leases[one.who], stores[one.who]];
          if (lease === undefined || flaky === undefined) throw new Error('no such holder');
          flaky.lost = one.lost;
          asked.push(lease[one.do]().catch((error: unknown) => expect(error).toBeInstanceOf(OperationalStoreUnavailable)));
        }
        check();
      }
      await scheduler.waitFor(Promise.all(asked));
      check();
    }), { numRuns: 150 });
  });
});

/** A store at the other end of a bad line: slow as the scheduler has it, and losing questions or answers. */
class FlakyStore extends InMemoryOperationalStore {
  lost: 'questions' | 'answers' | null = null;
  onAnswer: () => void = () => undefined;

  constructor(private readonly store: OperationalStore, private readonly scheduler?: Scheduler) {
    super({ now: () => 0 });
  }

  override get(...args: Parameters<OperationalStore['get']>): ReturnType<OperationalStore['get']> {
    return this.over(() => this.store.get(...args));
  }

  override compareAndSet(...args: Parameters<OperationalStore['compareAndSet']>): ReturnType<OperationalStore['compareAndSet']> {
    return this.over(() => this.store.compareAndSet(...args), this.lost);
  }

  private async over<Answer>(ask: () => Promise<Answer>, lost: typeof this.lost = null): Promise<Answer> {
    await this.scheduler?.schedule(Promise.resolve('question'));
    if (lost === 'questions') throw new OperationalStoreUnavailable('a question was lost');
    const answer = await ask();
    this.onAnswer();
    await this.scheduler?.schedule(Promise.resolve('answer'));
    if (lost === 'answers') throw new OperationalStoreUnavailable('an answer was lost');
    return answer;
  }
}
