import { StoreUnavailable, type EventStore, type LoggedEvent, type SubscribeOptions } from '@rolebook/event-store';
import { InMemoryEventStore } from '@rolebook/event-store/in-memory';
import { LogFollower } from './log-follower';

/** A log whose subscriptions can be cut off, and which can be away when somebody subscribes again. */
class CutLog {
  readonly log = new InMemoryEventStore({ now: () => 0 });
  readonly subscribedAfter: number[] = [];
  awayFor = 0;
  private cut: (() => Promise<void>) | null = null;
  private n = 0;

  readonly store = Object.assign(Object.create(this.log) as EventStore, {
    subscribe: async (options: SubscribeOptions) => {
      this.subscribedAfter.push(options.after);
      if (this.awayFor-- > 0) throw new StoreUnavailable('still away');
      const subscription = await this.log.subscribe(options);
      this.cut = async () => {
        await subscription.stop();
        options.onEnd?.(new StoreUnavailable('cut off'));
      };
      return subscription;
    },
  });

  async happens(): Promise<void> {
    await this.log.append('thing-1', 'any', [{ id: `01900000-0000-7000-8000-0000000000${String(++this.n).padStart(2, '0')}`, type: 'Happened', data: '{}', metadata: '{}' }]);
  }

  async cutOff(): Promise<void> {
    await this.cut?.();
  }
}

function following(log: CutLog, handle: (events: readonly LoggedEvent[]) => void = () => undefined) {
  const seen: number[] = [];
  const told: string[] = [];
  const waiting = new Set<() => void>();
  const look = () => { for (const check of waiting) check(); };
  const when = (done: () => boolean) => new Promise<void>((resolve) => { waiting.add(() => { if (done()) resolve(); }); look(); });
  const tell = (what: string) => { told.push(what); look(); };
  const follower = new LogFollower(log.store, {
    after: () => seen.at(-1) ?? 0,
    onEvents: (events) => {
      handle(events);
      seen.push(...events.map(({ position }) => position));
      look();
    },
    onLost: (reason) => tell(`lost: ${reason.message}`),
    onFound: () => tell('found'),
  });
  return { follower, seen, told, until: (position: number) => when(() => (seen.at(-1) ?? 0) >= position), untilTold: (times: number) => when(() => told.length >= times) };
}

describe('following the log', () => {
  it('goes on where a subscription was cut off, from where its owner is: nothing missed, nothing twice', async () => {
    const log = new CutLog();
    const { follower, seen, told, until, untilTold } = following(log);
    await follower.start();
    await log.happens();
    await until(1);
    log.awayFor = 2;

    await log.cutOff();
    expect(follower.failure?.message).toBe('cut off');
    await log.happens();
    await log.happens();
    await until(3);
    await untilTold(2);

    expect(seen).toEqual([1, 2, 3]);
    expect(log.subscribedAfter).toEqual([0, 1, 1, 1]);
    expect(told).toEqual(['lost: cut off', 'found']);
    expect(follower.failure).toBeNull();
    await follower.stop();
  });

  it('tells of each time it is lost and found', async () => {
    const log = new CutLog();
    const { follower, told, untilTold } = following(log);
    await follower.start();
    for (const times of [1, 2]) {
      await log.cutOff();
      await untilTold(2 * times);
    }

    expect(told).toEqual(['lost: cut off', 'found', 'lost: cut off', 'found']);
    await follower.stop();
  });

  it('gives events again that their handler failed on', async () => {
    const log = new CutLog();
    let fails = 1;
    const { follower, seen, told, until } = following(log, () => { if (fails-- > 0) throw new Error('no disk'); });
    await follower.start();
    await log.happens();
    await until(1);

    expect(seen).toEqual([1]);
    expect(told[0]).toBe('lost: no disk');
    await follower.stop();
  });

  it('does not begin where the log is away: whoever starts it decides', async () => {
    const log = new CutLog();
    log.awayFor = 1;

    await expect(following(log).follower.start()).rejects.toThrow('still away');
    expect(log.subscribedAfter).toEqual([0]);
  });

  it('stops for good, also while it is lost', async () => {
    const log = new CutLog();
    const { follower, seen, told } = following(log);
    await follower.start();
    await log.cutOff();
    await follower.stop();
    await log.happens();

    expect(told).toEqual(['lost: cut off']);
    expect(seen).toEqual([]);
    expect(log.subscribedAfter).toEqual([0]);
  });
});
