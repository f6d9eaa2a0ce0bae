import { StoreUnavailable, type LoggedEvent, type SubscribeOptions, type Subscription } from './port';

/** Events a follower is given at once, at most: about a millisecond of reading. */
const BATCH = 500;
const FIRST_RETRY_MS = 50;
const RETRIES = 6;

type Read = (after: number, limit: number) => readonly LoggedEvent[];

/**
 * The subscriptions of a log that can be read synchronously. Each reads on from its own position
 * until it meets the end, and then sleeps until `wake`.
 */
export class Followers {
  private readonly members = new Set<Follower>();

  constructor(private readonly read: Read) {}

  get size(): number {
    return this.members.size;
  }

  add(options: SubscribeOptions): Subscription {
    const follower = new Follower(options, this.read, () => this.members.delete(follower));
    this.members.add(follower);
    void follower.run();
    return follower;
  }

  /** There may be new events. */
  wake(): void {
    for (const follower of this.members) follower.wake();
  }

  stop(): void {
    for (const follower of this.members) void follower.stop();
  }
}

class Follower implements Subscription {
  private stopped = false;
  /** Whether a wake-up came since the last reading began: it may concern what that reading did not see. */
  private woken = false;
  private position: number;
  private rouse: (() => void) | null = null;

  constructor(private readonly options: SubscribeOptions, private readonly read: Read, private readonly left: () => void) {
    this.position = options.after;
  }

  async run(): Promise<void> {
    // Not before subscribe() has returned: a handler may want its subscription.
    await Promise.resolve();
    try {
      while (!this.stopped) await this.step();
    } catch (reason) {
      if (this.stopped) return;
      void this.stop();
      this.options.onEnd?.(reason instanceof Error ? reason : new Error(String(reason)));
    }
  }

  wake(): void {
    this.woken = true;
    this.rouse?.();
  }

  stop(): Promise<void> {
    this.stopped = true;
    this.left();
    this.wake();
    return Promise.resolve();
  }

  private async step(): Promise<void> {
    this.woken = false;
    const events = await this.next();
    const last = events.at(-1);
    if (!last) return this.sleep();
    if (this.stopped) return;
    await this.options.onEvents(events);
    this.position = last.position;
    // Catching up leaves the event loop to others between batches.
    if (events.length === BATCH) await new Promise(setImmediate);
  }

  /** Events after the position. A log that cannot be read for a moment is tried again, more and more patiently. */
  private async next(): Promise<readonly LoggedEvent[]> {
    for (let attempt = 0; ; attempt++) {
      try {
        return this.read(this.position, BATCH);
      } catch (reason) {
        if (!(reason instanceof StoreUnavailable) || attempt === RETRIES || this.stopped) throw reason;
        await new Promise((resolve) => setTimeout(resolve, FIRST_RETRY_MS * 2 ** attempt));
      }
    }
  }

  private async sleep(): Promise<void> {
    if (this.woken || this.stopped) return;
    await new Promise<void>((resolve) => (this.rouse = resolve));
    this.rouse = null;
  }
}
