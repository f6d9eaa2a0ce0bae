import { systemClock } from '@rolebook/kernel';
import { InMemoryOperationalStore } from './in-memory';
import { inItsPlace } from './in-its-place';
import { Lease } from './lease';
import { LeaseKeeper } from './lease-keeper';
import type { Entry, OperationalStore } from './port';

describe('who works while it holds a lease', () => {
  let store: OperationalStore;
  let nodes: Node[];

  /** A node that stands by for the lease, on a line to the store that can be cut. */
  class Node {
    readonly tokens: number[] = [];
    readonly problems: unknown[] = [];
    working = false;
    cut = false;
    fails = false;
    readonly keeper: LeaseKeeper;

    constructor(holder: string) {
      const line = new CuttableStore(store, () => this.cut);
      this.keeper = new LeaseKeeper({
        lease: new Lease({ store: line, clock: systemClock, name: 'projector', holder }),
        onProblem: (problem) => this.problems.push(problem),
        work: async ({ token }, lost) => {
          if (this.fails) throw new Error('the work failed');
          this.tokens.push(token);
          this.working = true;
          await new Promise((resolve) => lost.addEventListener('abort', resolve));
          this.working = false;
        },
      });
      nodes.push(this);
    }
  }

  beforeEach(() => {
    jest.useFakeTimers();
    store = new InMemoryOperationalStore(systemClock);
    nodes = [];
  });
  afterEach(async () => {
    for (const node of nodes) node.cut = false;
    await Promise.all(nodes.map(({ keeper }) => keeper.stop()));
    jest.useRealTimers();
  });

  /** Lets time go by in small steps, in none of which two work. */
  const after = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 50) {
      await jest.advanceTimersByTimeAsync(50);
      expect(nodes.filter(({ working }) => working).length).toBeLessThanOrEqual(1);
    }
  };
  const workers = () => nodes.map(({ working }) => working);

  it('is one of many, and stays it', async () => {
    for (const holder of ['a', 'b', 'c']) new Node(holder).keeper.start();
    await after(60_000);
    expect(nodes.map(({ tokens }) => tokens)).toEqual([[1], [], []]);
    expect(workers()).toEqual([true, false, false]);
  });

  it('is followed within 5 seconds when it vanishes, and stops by itself when it was only cut off', async () => {
    const [a, b] = [new Node('a'), new Node('b')];
    a.keeper.start();
    await after(400);
    b.keeper.start();
    await after(10_000);
    a.cut = true;
    await after(5000);
    expect(workers()).toEqual([false, true]);
    expect(b.tokens).toEqual([2]);
    a.cut = false;
    await after(10_000);
    expect(workers()).toEqual([false, true]);
  });

  it('is followed within a second when it stops in order', async () => {
    const [a, b] = [new Node('a'), new Node('b')];
    a.keeper.start();
    b.keeper.start();
    await after(1500);
    await a.keeper.stop();
    expect(a.working).toBe(false);
    await after(1000);
    expect(b.working).toBe(true);
  });

  it('makes way, its work ended, for one who asks to do something in its place, and goes on afterwards', async () => {
    for (const holder of ['a', 'b']) new Node(holder).keeper.start();
    await after(2_000);
    expect(workers()).toEqual([true, false]);
    const seen: boolean[][] = [];
    const asked = inItsPlace(new Lease({ store, clock: systemClock, name: 'projector', holder: 'rebuild' }), async () => {
      for (let second = 0; second < 5; second++) {
        seen.push(workers());
        await new Promise((resolve) => setTimeout(resolve, 1_000));
      }
      return 'done';
    });
    await after(10_000);
    expect(await asked).toBe('done');
    expect(seen).toEqual(Array(5).fill([false, false]));
    expect(workers().filter(Boolean)).toHaveLength(1);
  });

  it('is not kept from its work by one who asked and went away', async () => {
    new Node('a').keeper.start();
    await after(2_000);
    await new Lease({ store, clock: systemClock, name: 'projector', holder: 'gone' }).ask();
    await after(2_000);
    expect(workers()).toEqual([false]);
    await after(16_000);
    expect(workers()).toEqual([true]);
  });

  it('gives the lease up when its work fails, tells why, and tries again', async () => {
    const [a, b] = [new Node('a'), new Node('b')];
    a.fails = true;
    a.keeper.start();
    await after(300);
    b.keeper.start();
    await after(1000);
    expect(b.working).toBe(true);
    expect(a.problems).toEqual([new Error('the work failed')]);
    a.fails = false;
    await b.keeper.stop();
    await after(1000);
    expect(a.working).toBe(true);
  });
});

/** A line that, once cut, answers nothing: neither yes nor no. What was asked meanwhile is answered when it is mended. */
class CuttableStore extends InMemoryOperationalStore {
  constructor(private readonly store: OperationalStore, private readonly isCut: () => boolean) {
    super(systemClock);
  }

  override async get(bucket: string, key: string): Promise<Entry | null> {
    await this.mended();
    return this.store.get(bucket, key);
  }

  override async compareAndSet(...args: Parameters<OperationalStore['compareAndSet']>): Promise<boolean> {
    await this.mended();
    return this.store.compareAndSet(...args);
  }

  private async mended(): Promise<void> {
    while (this.isCut()) await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
