import { KeyStoreUnavailable } from '@rolebook/crypto';
import { StoreUnavailable, type EventStore, type LoggedEvent } from '@rolebook/event-store';
import type { EventCodec } from '@rolebook/event-sourcing';
import type { Clock, Recorded } from '@rolebook/kernel';
import { MailDeferred, MailRejected, MailUnavailable, type Mail, type Mailer } from '@rolebook/mail';
import type { OperationalStore } from '@rolebook/operational-store';
import { LogFollower } from '@rolebook/projecting';
import { DeferredMails, messageOf } from './deferred-mails';
import { letters, type Desk } from './letters';

const BUCKET = 'mail';
const CHECKPOINT = 'checkpoint';
/** How many mails are under way at once. */
const AT_ONCE = 8;
const LONGEST_PAUSE_MS = 60_000;

/**
 * Sends the mails that events call for: a follower of the log with a checkpoint of its own, so that a mail goes out at least once,
 * whatever crashes, and once in the normal case. While the mail server is away all wait; what it puts off for itself alone does not. Tokens are derived at that moment; no usable one is ever stored.
 */
export class MailFollower {
  private readonly follower: LogFollower;
  private readonly deferred: DeferredMails;
  private position = 0;
  private stopped = false;
  private readonly pauses = new Set<() => void>();

  constructor(
    private readonly parts: {
      readonly events: EventStore; readonly codec: EventCodec; readonly operational: OperationalStore; readonly mailer: Mailer; readonly desk: Desk; readonly clock: Clock;
      readonly onProblem: (message: string, details: Record<string, unknown>) => void;
      /** See {@link DeferredMails}. */
      readonly deferredEvery?: number;
    },
  ) {
    this.follower = new LogFollower(parts.events, {
      after: () => this.position,
      onEvents: (batch) => this.follow(batch),
      onLost: (reason) => parts.onProblem('the mail follower cannot go on for now', { error: reason.message }),
    });
    const { operational, clock, onProblem, deferredEvery } = parts;
    this.deferred = new DeferredMails({ operational, clock, onProblem, send: (position) => this.sendAgain(position), ...(deferredEvery && { every: deferredEvery }) });
  }

  async start(): Promise<void> {
    const entry = await this.parts.operational.get(BUCKET, CHECKPOINT);
    this.position = typeof entry?.value === 'number' ? entry.value : 0;
    await this.follower.start();
    this.deferred.start();
  }

  /** Up to where in the log mails have gone out, or were put off for themselves alone. */
  get sentUpTo(): number { return this.position; }

  /** Waits for the mails under way. */
  async stop(): Promise<void> {
    this.stopped = true;
    for (const wake of this.pauses) wake();
    await Promise.all([this.follower.stop(), this.deferred.stop()]);
  }

  private async follow(batch: readonly LoggedEvent[]): Promise<void> {
    const calling = batch.filter(({ type }) => type in letters);
    for (let i = 0; i < calling.length && !this.stopped; i += AT_ONCE) {
      const group = calling.slice(i, i + AT_ONCE);
      const done = await Promise.all(group.map((event) => this.sendFor(event)));
      if (!done.every(Boolean)) return;
      await this.reached(group.at(-1)!.position); // also while stopping: what has gone out does not go out again
    }
    const last = batch.at(-1);
    if (!this.stopped && last) await this.reached(last.position, calling.length > 0);
  }

  /** Stores the checkpoint where something was sent; where nothing was, going over it again is harmless. */
  private async reached(position: number, store = true): Promise<void> {
    this.position = position;
    if (store) await this.parts.operational.putMany(BUCKET, [{ key: CHECKPOINT, value: position, expiresAt: null }]);
  }

  /** @returns whether it is done with: sent, refused for good, put off or not needed; `false` where it was stopped before */
  private async sendFor(event: LoggedEvent): Promise<boolean> {
    for (let pause = 1_000; !this.stopped; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      try {
        await this.sendOrDefer(event);
        return true;
      } catch (error) {
        this.parts.onProblem('a mail could not be sent and is tried again', { eventId: event.id, error: messageOf(error) });
        await this.pause(error instanceof MailUnavailable ? Math.max(pause, error.retryAfterSeconds * 1_000) : pause);
      }
    }
    return false;
  }

  private async sendOrDefer(event: LoggedEvent): Promise<void> {
    try {
      await this.send(event);
    } catch (error) {
      if (!(error instanceof MailDeferred)) throw error;
      await this.deferred.add(event.position);
      this.parts.onProblem('a mail was put off by the mail server and is tried again later', { eventId: event.id, error: error.message });
    }
  }

  private async sendAgain(position: number): Promise<void> {
    const [event] = await this.parts.events.readAt([position]);
    if (event) await this.send(event);
  }

  /** Sends the mail an event calls for, if any. One that is refused for good is done with. @throws {MailDeferred} {MailUnavailable} */
  private async send(event: LoggedEvent): Promise<void> {
    const mail = await this.write(event);
    if (!mail) return;
    try {
      await this.parts.mailer.send(mail);
    } catch (error) {
      if (!(error instanceof MailRejected)) throw error;
      this.parts.onProblem('a mail was refused for good', { eventId: event.id, error: error.message });
    }
  }

  /**
   * The mail an event calls for; an event that cannot be read or written about holds up no other.
   * @throws {StoreUnavailable} {KeyStoreUnavailable} where the log or the keys are away: that is no fault of the event
   */
  private async write(event: LoggedEvent): Promise<Mail | null> {
    try {
      const [recorded] = await this.parts.codec.decode([event]);
      const write = letters[event.type as keyof typeof letters] as ((desk: Desk, recorded: Recorded<never>) => Promise<Mail | null>) | undefined;
      return recorded && write ? await write(this.parts.desk, recorded as Recorded<never>) : null;
    } catch (error) {
      if (error instanceof StoreUnavailable || error instanceof KeyStoreUnavailable) throw error;
      this.parts.onProblem('a mail could not be written', { eventId: event.id, error: messageOf(error) });
      return null;
    }
  }

  private pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        this.pauses.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, milliseconds);
      this.pauses.add(wake);
    });
  }
}
