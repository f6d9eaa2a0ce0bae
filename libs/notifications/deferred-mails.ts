import type { Clock } from '@rolebook/kernel';
import { MailDeferred } from '@rolebook/mail';
import type { Entry, OperationalStore } from '@rolebook/operational-store';

const BUCKET = 'deferred-mail';
/** How many are tried at once. */
const AT_ONCE = 8;
const MINUTE_MS = 60_000;
const LONGEST_WAIT_MS = 60 * MINUTE_MS;
/** RFC 5321, section 4.5.4.1: "the give-up time generally needs to be at least 4-5 days". */
const GIVE_UP_MS = 5 * 24 * 60 * MINUTE_MS;

/** One that waits: since when, how often it was put off, and when it is tried next (milliseconds since the epoch). */
interface Deferred { readonly since: number; readonly times: number; readonly nextAt: number }

/**
 * Mails that a mail server put off for themselves alone (greylisting, a full mailbox), so that others need not wait behind them. Each is known by
 * its event's position and written anew when it is tried: after 1, 2, 4 ... minutes, then every hour, for five days. They survive a restart.
 */
export class DeferredMails {
  private timer: NodeJS.Timeout | undefined;
  private round = Promise.resolve();
  private stopped = false;

  constructor(
    private readonly parts: {
      readonly operational: OperationalStore; readonly clock: Clock;
      /** Sends the mail that the event at a position calls for, if it still does. @throws {MailDeferred} where it is put off again */
      readonly send: (position: number) => Promise<void>;
      readonly onProblem: (message: string, details: Record<string, unknown>) => void;
      /** How often it is looked at which are due, in milliseconds. Default: a minute. */
      readonly every?: number;
    },
  ) {}

  start(): void {
    this.arm();
  }

  /** Waits for the tries under way. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.round;
  }

  /** From when this resolves on, the mail is tried again whatever happens. */
  async add(position: number): Promise<void> {
    const { operational, clock } = this.parts;
    const now = clock.now();
    await operational.putMany(BUCKET, [{ key: keyOf(position), value: { since: now, times: 1, nextAt: now + MINUTE_MS }, expiresAt: null }]);
    this.arm();
  }

  /** Only while some wait: who has none is not woken. */
  private arm(): void {
    if (this.stopped || this.timer) return;
    this.timer = setTimeout(() => {
      this.round = this.goRound().then((left) => {
        this.timer = undefined;
        if (left) this.arm();
      });
    }, this.parts.every ?? MINUTE_MS);
  }

  /** @returns whether some are left */
  private async goRound(): Promise<boolean> {
    const { operational, onProblem } = this.parts;
    try {
      let left = false;
      for (let last: string | undefined; !this.stopped;) {
        const some = await operational.scan(BUCKET, { limit: AT_ONCE, ...(last !== undefined && { afterKey: last }) });
        if (some.length === 0) return left;
        const waiting = await Promise.all(some.map((entry) => this.tryAgain(entry)));
        left ||= waiting.some(Boolean);
        last = some.at(-1)?.key;
      }
    } catch (error) {
      onProblem('mails that were put off cannot be looked at for now', { error: messageOf(error) });
    }
    return true;
  }

  /** @returns whether it still waits */
  private async tryAgain({ key, value }: Entry): Promise<boolean> {
    const { operational, clock, send, onProblem } = this.parts;
    const { since, times, nextAt } = value as unknown as Deferred;
    const now = clock.now();
    if (now < nextAt) return true;
    try {
      await send(Number(key));
    } catch (error) {
      if (!(error instanceof MailDeferred)) {
        onProblem('a mail could not be sent and is tried again', { position: Number(key), error: messageOf(error) });
        return true;
      }
      if (now - since < GIVE_UP_MS) {
        const wait = Math.min(MINUTE_MS * 2 ** times, LONGEST_WAIT_MS);
        await operational.putMany(BUCKET, [{ key, value: { since, times: times + 1, nextAt: now + wait }, expiresAt: null }]);
        return true;
      }
      onProblem('a mail was put off for five days and is given up', { position: Number(key), error: error.message });
    }
    await operational.delete(BUCKET, key);
    return false;
  }
}

/** Keys sort as the positions do. */
function keyOf(position: number): string {
  return String(position).padStart(16, '0');
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
