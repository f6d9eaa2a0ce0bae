import type { AppendReq, ReadReq } from '@eventstore/db-client/generated/streams_pb';
import { timestamp } from '@rolebook/kernel';
import { checkAppend, checkWhole } from '../check-arguments';
import {
  StoreUnavailable, WrongExpectedRevision,
  type AppendResult, type EventStore, type EventToAppend, type ExpectedRevision, type LoggedEvent, type ReadAllOptions, type StoredEvent, type SubscribeOptions, type Subscription,
} from '../port';
import { CatchUpSubscription } from './catch-up-subscription';
import { Connection } from './connection';
import { classify, withRetries, type Patience } from './failures';
import {
  appendMessages, decodePage, isServersOwn, lastEventRequest, readAllBackwardsRequest, readAllRequest, readStreamRequest, safePosition, searchRequest, subscribeRequest,
  type Page, type RecordedEvent,
} from './messages';
import { RisingTime, TimeMarks } from './rising-time';

/** Events asked for in one call. */
const PAGE = 1_000;
/** Events looked up one by one that are under way at once. */
const AT_ONCE = 16;

export interface EventStoreDbOptions {
  /** `esdb://user:password@host:2113?tls=true`, or `esdb+discover://` for a cluster. */
  readonly url: string;
  /** How long one attempt, of an append or of a page of a read, may take. Default: 2 s. */
  readonly attemptMs?: number;
  /** How long a call tries, all attempts together, before it is {@link StoreUnavailable}. Default: 5 s. */
  readonly totalMs?: number;
  /** How often a subscription is compared with the log. One that died silently is replaced at the second look. Default: 3 s. */
  readonly watchdogMs?: number;
}

/**
 * The log in EventStoreDB 20.10 or later, or KurrentDB. Sends nothing yet: `ping()` tells whether the server answers.
 *
 * `recordedAt` is the server's `created`, lifted so that it never decreases within one result, within one subscription (reconnects
 * included) and along a chain of `readAll` pages. It differs from `created` only where the clock of the cluster has gone back.
 *
 * With the expected revision `any`, a repeated append is recognised by the server's memory of recent ids (about the last 100,000
 * events); with a revision or `no-stream`, always.
 * @throws {Error} where the url is none
 */
export async function openEventStoreDb(options: EventStoreDbOptions): Promise<EventStore> {
  return new EventStoreDb(options);
}

class EventStoreDb implements EventStore {
  private readonly connection: Connection;
  private readonly patience: Patience;
  private readonly watchdogMs: number;
  private readonly subscriptions = new Set<CatchUpSubscription>();
  private readonly marks = new TimeMarks();
  /** Calls that close() waits for. */
  private readonly pending = new Set<Promise<unknown>>();
  private closed = false;

  constructor({ url, attemptMs = 2_000, totalMs = 5_000, watchdogMs = 3_000 }: EventStoreDbOptions) {
    this.connection = Connection.open(url);
    this.patience = { attemptMs, totalMs };
    this.watchdogMs = watchdogMs;
  }

  async append(stream: string, expected: ExpectedRevision, events: readonly EventToAppend[]): Promise<AppendResult> {
    checkAppend(stream, expected, events);
    if ([stream, ...events.map(({ type }) => type)].some(isServersOwn)) throw new RangeError('names that begin with $ are the server\'s own: such events would be passed over');
    const messages = appendMessages(stream, expected, events);
    return this.patiently(`append to ${stream}`, async (deadlineMs) => {
      const outcome = await this.write(messages, deadlineMs);
      if ('actual' in outcome) await this.checkOwn(stream, expected, events, outcome.actual, deadlineMs);
      return this.resultOf(stream, events.at(-1)?.id, 'position' in outcome ? outcome.position : null, deadlineMs);
    });
  }

  /** @returns the position of the last event, if the server says it; or where the stream was instead of where it was expected */
  private async write(messages: readonly AppendReq[], deadlineMs: number): Promise<{ position: number | null } | { actual: number | 'no-stream' | null }> {
    try {
      const answer = await this.connection.append(messages, deadlineMs);
      const wrong = answer.getWrongExpectedVersion();
      const position = answer.getSuccess()?.getPosition();
      if (!wrong) return { position: position ? safePosition(position.getCommitPosition()) : null };
      if (wrong.hasCurrentRevision()) return { actual: Number(wrong.getCurrentRevision()) };
      return { actual: wrong.hasCurrentNoStream() ? 'no-stream' : null };
    } catch (thrown) {
      const failure = classify(thrown);
      if (failure.kind === 'conflict') return failure;
      throw thrown;
    }
  }

  /**
   * The conflict may be with ourselves: the append was stored, its answer lost, its ids no longer in the server's memory.
   * @throws {WrongExpectedRevision} unless the very events stand where they were meant to
   */
  private async checkOwn(stream: string, expected: ExpectedRevision, events: readonly EventToAppend[], actual: number | 'no-stream' | null, deadlineMs: number): Promise<void> {
    if (expected !== 'any') {
      const first = expected === 'no-stream' ? 0 : expected + 1;
      const there = await this.page(readStreamRequest(stream, 'forwards', first, events.length), deadlineMs);
      if (there.size === events.length && there.events.every(({ id }, index) => id === events[index]?.id)) return;
    }
    throw new WrongExpectedRevision(stream, expected, actual);
  }

  /** Reads the last event back from the log: the server's answer to an append holds no time, and not always a position. */
  private async resultOf(stream: string, id: string | undefined, at: number | null, deadlineMs: number): Promise<AppendResult> {
    const isLast = (event: RecordedEvent) => event.id === id && event.stream === stream;
    let last = at === null ? undefined : (await this.page(readAllRequest(at, 1), deadlineMs)).events.find(isLast);
    for (let from: number | 'end' = 'end'; !last; ) {
      const page: Page = await this.page(searchRequest(stream, from, PAGE), deadlineMs);
      last = page.events.find(isLast);
      if (!last && page.size < PAGE) throw new Error(`event ${id} of ${stream} cannot be read yet`);
      from = page.lastPosition;
    }
    return { revision: last.revision, position: last.position, recordedAt: timestamp(last.createdMs) };
  }

  async readStream(stream: string, options: { from?: number; direction?: 'forwards' | 'backwards'; limit?: number } = {}): Promise<readonly StoredEvent[]> {
    const { direction = 'forwards', limit = Number.MAX_SAFE_INTEGER } = options;
    if (options.from !== undefined) checkWhole('from', options.from);
    checkWhole('limit', limit);
    this.checkOpen();
    const found: RecordedEvent[] = [];
    let from: number | 'end' = options.from ?? (direction === 'forwards' ? 0 : 'end');
    while (found.length < limit) {
      const count = Math.min(PAGE, limit - found.length);
      const request = readStreamRequest(stream, direction, from, count);
      const { events } = await this.patiently(`read ${stream}`, (deadlineMs) => this.page(request, deadlineMs));
      found.push(...events);
      const last = events.at(-1);
      if (!last || events.length < count || (last.revision === 0 && direction === 'backwards')) break;
      from = last.revision + (direction === 'forwards' ? 1 : -1);
    }
    return stampInOrder(found, direction).map(({ position: _, ...stored }) => stored);
  }

  async readAll({ after, limit, types }: ReadAllOptions): Promise<readonly LoggedEvent[]> {
    checkWhole('after', after);
    checkWhole('limit', limit);
    this.checkOpen();
    if (limit === 0) return [];
    const time = await this.timeAt(after);
    const found: LoggedEvent[] = [];
    let last: number | null = null;
    for (let from = after, atEnd = false; !atEnd && found.length < limit; ) {
      // A read includes the event it starts at.
      const count = Math.min(PAGE, limit - found.length) + 1;
      const request = readAllRequest(from, count);
      const page = await this.patiently('read the log', (deadlineMs) => this.page(request, deadlineMs));
      for (const event of page.events) {
        if (event.position <= from || found.length === limit) continue;
        // Also of events passed over: time rises along all of them.
        const stamped = time.stamp(event);
        if (types === undefined || types.has(event.type)) found.push(stamped);
        last = event.position;
      }
      atEnd = page.size < count;
      from = page.lastPosition;
    }
    if (last !== null) this.marks.keep(last, time);
    return found;
  }

  async readAt(positions: readonly number[]): Promise<readonly LoggedEvent[]> {
    for (const position of positions) checkWhole('position', position);
    this.checkOpen();
    const found: (LoggedEvent | null)[] = [];
    for (let n = 0; n < positions.length; n += AT_ONCE) {
      found.push(...(await Promise.all(positions.slice(n, n + AT_ONCE).map((position) => this.eventAt(position)))));
    }
    return found.filter((event) => event !== null);
  }

  /** A read includes the event it starts at, and is refused where none starts. */
  private async eventAt(position: number): Promise<LoggedEvent | null> {
    const { events: [event] } = await this.patiently('read an event', (deadlineMs) => this.page(readAllRequest(position, 1), deadlineMs));
    return event?.position === position ? new RisingTime().stamp(event) : null;
  }

  async head(): Promise<number> {
    let from: number | 'end' = 'end';
    // Usually the first is one of ours. Behind it there may be a run of events of the server's own streams.
    for (let count = 1; ; count = Math.min(PAGE, count * 16)) {
      const request = readAllBackwardsRequest(from, count);
      const page: Page = await this.patiently('find the end of the log', (deadlineMs) => this.page(request, deadlineMs));
      const [last] = page.events;
      if (last) return last.position;
      if (page.size < count) return 0;
      from = page.lastPosition;
    }
  }

  async subscribe(options: SubscribeOptions): Promise<Subscription> {
    checkWhole('after', options.after);
    this.checkOpen();
    const source = { open: (after: number) => this.connection.subscribe(subscribeRequest(after)), timeAt: (position: number) => this.timeAt(position), head: () => this.head() };
    const subscription = new CatchUpSubscription(source, options, this.watchdogMs, () => this.subscriptions.delete(subscription));
    this.subscriptions.add(subscription);
    subscription.start();
    return subscription;
  }

  async ping(): Promise<void> {
    const once = { attemptMs: this.patience.attemptMs, totalMs: this.patience.attemptMs };
    try {
      await this.patiently('ping', (deadlineMs) => this.page(lastEventRequest(), deadlineMs), once);
    } catch (thrown) {
      throw thrown instanceof StoreUnavailable ? thrown : new StoreUnavailable((thrown as Error).message, undefined, { cause: thrown });
    }
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await Promise.all([...this.subscriptions].map((subscription) => subscription.stop()));
    await Promise.allSettled(this.pending);
    await this.connection.close();
  }

  /** The time a walk that starts after a position must not fall behind. */
  private async timeAt(position: number): Promise<RisingTime> {
    const known = position === 0 ? new RisingTime() : this.marks.at(position);
    if (known) return known;
    const { events: [event] } = await this.patiently('read the log', (deadlineMs) => this.page(readAllRequest(position, 1), deadlineMs));
    return new RisingTime(event?.position === position ? event.createdMs : 0);
  }

  private async page(request: ReadReq, deadlineMs: number): Promise<Page> {
    return decodePage(await this.connection.read(request, deadlineMs));
  }

  private async patiently<T>(what: string, work: (deadlineMs: number) => Promise<T>, patience = this.patience): Promise<T> {
    this.checkOpen();
    const call = withRetries(patience, what, work);
    this.pending.add(call);
    try {
      return await call;
    } finally {
      this.pending.delete(call);
    }
  }

  private checkOpen(): void {
    if (this.closed) throw new StoreUnavailable('the event store is closed');
  }
}

function stampInOrder(events: readonly RecordedEvent[], direction: 'forwards' | 'backwards'): readonly LoggedEvent[] {
  const time = new RisingTime();
  const stamp = (event: RecordedEvent) => time.stamp(event);
  return direction === 'forwards' ? events.map(stamp) : events.toReversed().map(stamp).toReversed();
}
