import type { ReadResp } from '@eventstore/db-client/generated/streams_pb';
import type { LoggedEvent, SubscribeOptions, Subscription } from '../port';
import type { ReadCall } from './connection';
import { classify, pauseMs, sleep } from './failures';
import { decodeEvent, isUserEvent, safePosition } from './messages';
import type { RisingTime } from './rising-time';

/** Events handed over at once, at most. */
const BATCH = 500;
/** Answers held in memory before the server is made to wait. */
const HELD = 2_000;

export interface LogSource {
  /** A server-side subscription to user events after a position. */
  open(after: number): Promise<ReadCall>;
  timeAt(position: number): Promise<RisingTime>;
  head(): Promise<number>;
}

/**
 * A subscription that outlives its connections: when one breaks, ends or falls silent, the next goes on from the last event handed
 * over. It ends by itself only where going on is impossible (the handler failed, access is denied, a position is no safe integer).
 */
export class CatchUpSubscription implements Subscription {
  private stopped = false;
  /** All events up to here have been handed over. */
  private position: number;
  private time: RisingTime | null = null;
  private session: Session | null = null;
  private handling = false;
  private watchdog: NodeJS.Timeout | undefined;

  constructor(
    private readonly source: LogSource,
    private readonly options: SubscribeOptions,
    private readonly watchdogMs: number,
    private readonly left: () => void,
  ) {
    this.position = options.after;
  }

  start(): void {
    void this.run();
    this.look(null);
  }

  stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.watchdog);
    this.session?.cancel();
    this.left();
    return Promise.resolve();
  }

  private async run(): Promise<void> {
    for (let failures = 0; !this.stopped; failures++) {
      const before = this.position;
      try {
        await this.follow();
      } catch (thrown) {
        if (thrown instanceof HandlerFailed) return this.end(thrown.error);
        const failure = classify(thrown);
        if (failure.kind === 'final') return this.end(failure.error);
      }
      if (this.position > before) failures = 0;
      if (!this.stopped) await sleep(pauseMs(failures));
    }
  }

  private end(reason: Error): void {
    if (this.stopped) return;
    void this.stop();
    this.options.onEnd?.(reason);
  }

  /** One connection, until it is over. */
  private async follow(): Promise<void> {
    this.time ??= await this.source.timeAt(this.position);
    const session = new Session(await this.source.open(this.position));
    this.session = session;
    try {
      for (let answers = await session.next(); answers && !this.stopped; answers = await session.next()) await this.handOver(answers, this.time);
    } finally {
      session.cancel();
      this.session = null;
    }
  }

  private async handOver(answers: readonly ReadResp[], time: RisingTime): Promise<void> {
    let reached = this.position;
    const events: LoggedEvent[] = [];
    for (const answer of answers) {
      const event = decodeEvent(answer.getEvent());
      const checkpoint = answer.getCheckpoint();
      if (event && event.position > reached && isUserEvent(event)) events.push(time.stamp(event));
      if (event) reached = Math.max(reached, event.position);
      else if (checkpoint) reached = Math.max(reached, safePosition(checkpoint.getCommitPosition()));
    }
    if (events.length > 0) await this.handle(events);
    this.position = reached;
  }

  private async handle(events: readonly LoggedEvent[]): Promise<void> {
    this.handling = true;
    try {
      await this.options.onEvents(events);
    } catch (reason) {
      throw new HandlerFailed(reason instanceof Error ? reason : new Error(String(reason)));
    } finally {
      this.handling = false;
    }
  }

  /**
   * Looks now and then whether the log has gone on without us. A server, or a box between, can drop a subscription and leave the
   * connection open; nothing is ever heard of it again.
   * @param suspect how far we were at the last look, if we were behind and idle then
   */
  private look(suspect: number | null): void {
    this.watchdog = setTimeout(() => {
      void this.behind(suspect).then((now) => {
        if (!this.stopped) this.look(now);
      });
    }, this.watchdogMs);
    this.watchdog.unref();
  }

  private async behind(suspect: number | null): Promise<number | null> {
    // A slow handler is no silent server; and where the head cannot be asked for, this is not the time to doubt the rest.
    const head = await this.source.head().catch(() => this.position);
    if (this.handling || !this.session?.idle || head <= this.position) return null;
    if (suspect !== this.position) return this.position;
    this.session.cancel();
    return null;
  }
}

class HandlerFailed extends Error {
  override readonly name = 'HandlerFailed';
  constructor(readonly error: Error) {
    super(error.message);
  }
}

/** The answers of one server-side subscription, in as large pieces as they come. */
class Session {
  private answers: ReadResp[] = [];
  private over: { readonly error: Error | null } | null = null;
  private rouse: (() => void) | null = null;

  constructor(private readonly call: ReadCall) {
    call.on('data', (answer: ReadResp) => {
      this.answers.push(answer);
      if (this.answers.length >= HELD) call.pause();
      this.rouse?.();
    });
    call.on('error', (error) => this.finish(error));
    call.on('end', () => this.finish(null));
  }

  /** Nothing received is waiting to be handed over. */
  get idle(): boolean {
    return this.answers.length === 0;
  }

  /** `null` where the server ended it, or it was cancelled. @throws the error that broke it */
  async next(): Promise<readonly ReadResp[] | null> {
    while (this.answers.length === 0) {
      if (this.over?.error) throw this.over.error;
      if (this.over) return null;
      await new Promise<void>((resolve) => (this.rouse = resolve));
      this.rouse = null;
      // What came in the same packet is still being unpacked.
      await new Promise(setImmediate);
    }
    const batch = this.answers.splice(0, BATCH);
    if (this.answers.length < HELD / 2) this.call.resume();
    return batch;
  }

  cancel(): void {
    this.finish(null);
    this.call.cancel();
  }

  private finish(error: Error | null): void {
    this.over ??= { error };
    this.rouse?.();
  }
}
