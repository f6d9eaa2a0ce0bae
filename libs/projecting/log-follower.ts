import type { EventStore, SubscribeOptions, Subscription } from '@rolebook/event-store';
import { Perseverance } from './perseverance';

/** Follows the log for good: where a subscription ends by itself, it is taken up again from where its owner is. */
export class LogFollower {
  private readonly perseverance: Perseverance;
  private subscription: Subscription | null = null;
  private stopped = false;

  constructor(
    private readonly events: EventStore,
    private readonly parts: {
      /** Position of the last event that needs not be told of again. */
      after(): number;
      /** As of a subscription. A rejection ends it: the events come again. */
      readonly onEvents: SubscribeOptions['onEvents'];
      /** The subscription has ended by itself, and will be taken up again. */
      readonly onLost: (reason: Error) => void;
      /** It is taken up again. */
      readonly onFound?: () => void;
    },
  ) {
    this.perseverance = new Perseverance(parts.onLost);
  }

  /** Why events do not come at the moment; `null` where they do. */
  get failure(): Error | null { return this.perseverance.failure; }

  /** @throws {StoreUnavailable} where the log is away */
  start(): Promise<void> {
    return this.subscribe();
  }

  /** No event is told of after this resolves. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.perseverance.callOff();
    await this.subscription?.stop();
  }

  private async subscribe(): Promise<void> {
    const subscription = await this.events.subscribe({ after: this.parts.after(), onEvents: this.parts.onEvents, onEnd: (reason) => void this.takeUpAgain(reason) });
    this.subscription = subscription;
    if (this.stopped) await subscription.stop();
  }

  private async takeUpAgain(reason: Error): Promise<void> {
    this.perseverance.report(reason);
    if (await this.perseverance.afterAPause(() => this.subscribe())) this.parts.onFound?.();
  }
}
