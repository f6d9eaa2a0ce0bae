import { InMemoryEventStore } from '@rolebook/event-store/in-memory';
import { StoreUnavailable, type EventStore, type SubscribeOptions, type Subscription } from '@rolebook/event-store';
import { followLive, type LiveFollowing } from './live-follower';

const BUSINESS = '0193e2b0-7c1a-7000-8000-00000000000b';
const ANNA = '0193e2b0-7c1a-7000-8000-000000000001';
const annas = `user-${BUSINESS}-${ANNA}`;
let ids = 0;
const event = (type: string) => ({ id: `0193e2b0-7c1a-7000-8000-${String(++ids).padStart(12, '0')}`, type, data: '{}', metadata: '{}' });

/** A log whose subscriptions can fall silent, and that can be out of reach. */
class Log extends InMemoryEventStore implements EventStore {
  silent = false;
  away = false;
  subscribed = 0;
  private held: (() => void)[] = [];
  private ends: (() => void)[] = [];

  override head(): Promise<number> {
    return this.away ? Promise.reject(new StoreUnavailable('away')) : super.head();
  }

  override subscribe(options: SubscribeOptions): Promise<Subscription> {
    this.subscribed++;
    this.ends.push(() => options.onEnd?.(new StoreUnavailable('away')));
    return super.subscribe({
      ...options,
      onEvents: async (events) => {
        if (this.silent) await new Promise<void>((resolve) => this.held.push(resolve));
        await options.onEvents(events);
      },
    });
  }

  /** Those there are end by themselves. */
  breakSubscriptions(): void {
    this.ends.splice(0).forEach((end) => end());
  }

  speakAgain(): void {
    this.silent = false;
    this.held.splice(0).forEach((release) => release());
  }
}

const never = { reload: () => Promise.resolve() };
const until = async (condition: () => boolean): Promise<void> => { while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2)); };

/** What a node has in memory, as far as it is told. */
class Memory {
  readonly seen: string[] = [];
  readonly destroyed: string[] = [];
  readonly forgotten: object[] = [];
  texts: 'given' | 'withheld' = 'given';
  until = Infinity;
  storeFails = 0;

  get trusted(): boolean { return performance.now() <= this.until; }

  /** Lets the follower look that many times. */
  async turns(looks: number): Promise<void> { for (let i = 0; i < looks; i++) await new Promise((resolve) => setTimeout(resolve, 10)); }

  follow(events: EventStore, options: Partial<Parameters<typeof followLive>[0]> = {}): Promise<LiveFollowing> {
    return followLive({
      events, accessTokens: never, manyNodes: true, lookEveryMs: 5, trustMs: 60, forget: (erased) => this.forgotten.push(erased),
      live: { delivered: (batch) => { this.seen.push(...batch.map(({ type }) => type)); }, suspend: () => { this.until = -Infinity; }, resume: () => undefined, trustUntil: (moment) => { this.until = moment; } },
      texts: { delivered: () => undefined, suspend: () => { this.texts = 'withheld'; }, follow: () => { this.texts = 'given'; } },
      subjectKeys: { destroy: (subject) => this.storeFails-- > 0 ? Promise.reject(new Error('away')) : Promise.resolve(void this.destroyed.push(subject)) },
      ...options,
    });
  }
}

describe('what a node is told of the log', () => {
  let log: Log;
  let memory: Memory;
  let following: LiveFollowing;
  beforeEach(async () => {
    log = new Log();
    memory = new Memory();
    await log.append(annas, 'no-stream', [event('UserInvited')]);
    following = await memory.follow(log);
  });
  afterEach(async () => {
    log.speakAgain();
    await following.stop();
    await log.close();
  });

  it('is every event from its start on', async () => {
    await log.append(annas, 'any', [event('RoleChanged'), event('UserDeactivated')]);
    await until(() => memory.seen.length === 2);
    expect(memory.seen).toEqual(['RoleChanged', 'UserDeactivated']);
  });

  it('is believed for as long as it goes on, also when nothing happens', async () => {
    for (let i = 0; i < 30; i++) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      await until(() => memory.trusted);
    }
    expect(memory.texts).toBe('given');
  });

  it('is believed no longer once the subscription has died without a sign, and again once it has told everything', async () => {
    log.silent = true;
    await log.append(annas, 'any', [event('UserDeactivated')]);
    await until(() => !memory.trusted && memory.texts === 'withheld');
    expect(memory.seen).toEqual([]);

    log.speakAgain();
    await until(() => memory.trusted && memory.texts === 'given');
    expect(memory.seen).toEqual(['UserDeactivated']);
  });

  it('is believed no longer where the log is out of reach', async () => {
    log.away = true;
    await until(() => !memory.trusted && memory.texts === 'withheld');
    log.away = false;
    await until(() => memory.trusted && memory.texts === 'given');
  });

  it('is not believed again because a subscription is made again: it must have told everything', async () => {
    log.silent = true;
    await log.append(annas, 'any', [event('UserDeactivated')]);
    await until(() => memory.texts === 'withheld');
    log.breakSubscriptions();
    await until(() => log.subscribed === 2);
    await memory.turns(3);
    expect(memory).toMatchObject({ texts: 'withheld', trusted: false });
    log.speakAgain();
    await until(() => memory.trusted && memory.texts === 'given');
  });

  it('takes the keys and the folded streams of people erased elsewhere out of memory, also where the key store fails at first', async () => {
    memory.storeFails = 2;
    await log.append(annas, 'any', [event('UserErased')]);
    await until(() => memory.destroyed.length > 0);
    expect(memory.destroyed).toEqual([ANNA]);
    expect(memory.forgotten).toContainEqual({ businessId: BUSINESS, userId: ANNA });
  });
});

it('a subscription that never says a word is believed no longer than one that falls silent', async () => {
  const log = new Log();
  const memory = new Memory();
  log.silent = true;
  const starting = memory.follow(log);
  await log.append(annas, 'no-stream', [event('UserInvited')]);
  const following = await starting;
  await until(() => !memory.trusted && memory.texts === 'withheld');
  log.speakAgain();
  await until(() => memory.trusted && memory.texts === 'given');
  await following.stop();
});

it('a node reads the keys of access tokens anew by itself, also where that fails once', async () => {
  jest.useFakeTimers();
  try {
    const reload = jest.fn().mockRejectedValueOnce(new Error('away')).mockResolvedValue(undefined);
    const following = await new Memory().follow(new Log(), { accessTokens: { reload }, lookEveryMs: 600_000 });
    await jest.advanceTimersByTimeAsync(121_000);
    expect(reload).toHaveBeenCalledTimes(2);
    await following.stop();
  } finally {
    jest.useRealTimers();
  }
});

it('a node that is alone misses nothing: it believes its memory without asking', async () => {
  const log = new Log();
  const memory = new Memory();
  const following = await memory.follow(log, { manyNodes: false });
  log.away = true;
  expect(memory.until).toBe(Infinity);
  await following.stop();
});
