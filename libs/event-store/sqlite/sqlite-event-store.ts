import { timestamp, type Clock } from '@rolebook/kernel';
import { checkAppend, checkWhole } from '../check-arguments';
import { Followers } from '../followers';
import {
  StoreUnavailable, WrongExpectedRevision,
  type AppendResult, type EventStore, type EventToAppend, type ExpectedRevision, type LoggedEvent, type ReadAllOptions, type StoredEvent, type SubscribeOptions, type Subscription,
} from '../port';
import { ANY, NO_STREAM, type WriteOutcome, type WriteRequest } from './messages';
import type { LogReader } from './log-reader';
import type { WriterClient } from './writer-client';

/** Events read without a break for others: about two milliseconds. */
const PAGE = 1000;
/** Positions gone through without a break where only events of some types are wanted. */
const STRETCH = 2000;
/** How often to look for what other processes have written. */
const POLL_MS = 100;
/** Events of a bulk load that share a transaction. */
const BULK_GROUP = 4000;

/** An append of a bulk load. */
export interface BulkAppend {
  readonly stream: string;
  /** Default: `any`. */
  readonly expected?: ExpectedRevision;
  readonly events: readonly EventToAppend[];
  /** When it was first recorded, in epoch milliseconds; default: now. Raised where the log is later already. */
  readonly recordedAt?: number;
}

/** The log in one SQLite file: reads on this thread, writes on another. Made by `openSqliteEventStore`. */
export class SqliteEventStore implements EventStore {
  private readonly followers = new Followers((after, limit) => this.reader.all(after, limit));
  private readonly writer: WriterClient;
  private poll: NodeJS.Timeout | null = null;
  private closing: Promise<void> | null = null;

  constructor(private readonly reader: LogReader, startWriter: (onCommit: () => void) => WriterClient, private readonly clock: Clock) {
    this.writer = startWriter(() => this.followers.wake());
  }

  async append(stream: string, expected: ExpectedRevision, events: readonly EventToAppend[]): Promise<AppendResult> {
    checkAppend(stream, expected, events);
    return resultOf(await this.writer.write(this.request(stream, expected, events)), stream, expected);
  }

  /**
   * Loads many appends at great speed, for migrations and benchmarks: the same checks, the same guarantees to each append,
   * but thousands of them to a transaction. After a failure, run it again with the same event ids: what is there already is passed over.
   * @returns position of the last event of the last append
   * @throws {WrongExpectedRevision} for the first append refused; those before it, and some after it, are stored
   * @throws {StoreUnavailable} where the log cannot be written
   */
  async bulkAppend(appends: Iterable<BulkAppend> | AsyncIterable<BulkAppend>): Promise<number> {
    let position = 0;
    let group: BulkAppend[] = [];
    let events = 0;
    let underWay: Promise<void> = Promise.resolve();
    const flush = async () => {
      const ready = group;
      group = [];
      events = 0;
      await underWay;
      // Not awaited here: the next group is made while this one is written.
      underWay = this.writeBulk(ready).then((last) => void (position = last));
      underWay.catch(() => undefined);
    };
    for await (const append of appends) {
      checkAppend(append.stream, append.expected ?? 'any', append.events);
      group.push(append);
      events += append.events.length;
      if (events >= BULK_GROUP) await flush();
    }
    if (group.length > 0) await flush();
    await underWay;
    return position;
  }

  async readStream(stream: string, options: { from?: number; direction?: 'forwards' | 'backwards'; limit?: number } = {}): Promise<readonly StoredEvent[]> {
    const { from, direction = 'forwards', limit = Number.MAX_SAFE_INTEGER } = options;
    if (from !== undefined) checkWhole('from', from);
    checkWhole('limit', limit);
    if (direction === 'forwards') return this.pages(limit, (last, count) => this.reader.forwards(stream, last ? last.revision + 1 : from ?? 0, count));
    return this.pages(limit, (last, count) => (last?.revision === 0 ? [] : this.reader.backwards(stream, last ? last.revision - 1 : from, count)));
  }

  async readAll({ after, limit, types }: ReadAllOptions): Promise<readonly LoggedEvent[]> {
    checkWhole('after', after);
    checkWhole('limit', limit);
    if (types !== undefined) return this.ofTypes(after, limit, types);
    return this.pages<LoggedEvent>(limit, (last, count) => this.reader.all(last?.position ?? after, count));
  }

  async readAt(positions: readonly number[]): Promise<readonly LoggedEvent[]> {
    for (const position of positions) checkWhole('position', position);
    const found: LoggedEvent[] = [];
    for (let n = 0; n < positions.length; n += PAGE) {
      if (n > 0) await new Promise(setImmediate);
      found.push(...this.reader.at(positions.slice(n, n + PAGE)));
    }
    return found;
  }

  async head(): Promise<number> {
    return this.reader.head();
  }

  async subscribe(options: SubscribeOptions): Promise<Subscription> {
    checkWhole('after', options.after);
    if (this.closing) throw new StoreUnavailable('the event store is closed');
    this.poll ??= setInterval(() => this.lookForOthers(), POLL_MS);
    return this.followers.add(options);
  }

  async ping(): Promise<void> {
    this.reader.head();
  }

  close(): Promise<void> {
    return (this.closing ??= this.shut());
  }

  private async shut(): Promise<void> {
    this.stopLooking();
    this.followers.stop();
    // The writer goes last, so that it is the one to fold the write-ahead log into the file.
    this.reader.close();
    await this.writer.close();
  }

  private async writeBulk(group: readonly BulkAppend[]): Promise<number> {
    const outcomes = await this.writer.writeGroup(group.map(({ stream, expected = 'any', events, recordedAt }) => this.request(stream, expected, events, recordedAt)));
    let last = 0;
    group.forEach(({ stream, expected = 'any' }, index) => {
      last = resultOf(outcomes[index] as WriteOutcome, stream, expected).position;
    });
    return last;
  }

  private request(stream: string, expected: ExpectedRevision, events: readonly EventToAppend[], at = this.clock.now()): WriteRequest {
    return { stream, expected: expected === 'any' ? ANY : expected === 'no-stream' ? NO_STREAM : expected, at: Math.floor(at), events };
  }

  /** Up to `limit` events, read in pages, with a break for others between them. */
  private async pages<Event extends StoredEvent>(limit: number, read: (last: Event | undefined, count: number) => Event[]): Promise<Event[]> {
    const first = read(undefined, Math.min(limit, PAGE));
    let size = first.length;
    while (size === PAGE && first.length < limit) {
      await new Promise(setImmediate);
      const page = read(first.at(-1), Math.min(limit - first.length, PAGE));
      size = page.length;
      first.push(...page);
    }
    return first;
  }

  private async ofTypes(after: number, limit: number, types: ReadonlySet<string>): Promise<LoggedEvent[]> {
    const wanted = JSON.stringify([...types]);
    const head = this.reader.head();
    const found: LoggedEvent[] = [];
    for (let from = after; from < head && found.length < limit; from += STRETCH) {
      if (from > after) await new Promise(setImmediate);
      for (const event of this.reader.ofTypes(from, from + STRETCH, wanted, limit - found.length)) found.push(event);
    }
    return found;
  }

  private lookForOthers(): void {
    if (this.followers.size === 0) return this.stopLooking();
    try {
      if (this.reader.hasChanged()) this.followers.wake();
    } catch {
      // The followers try themselves, and say it where it matters.
      this.followers.wake();
    }
  }

  private stopLooking(): void {
    if (this.poll) clearInterval(this.poll);
    this.poll = null;
  }
}

function resultOf(outcome: WriteOutcome, stream: string, expected: ExpectedRevision): AppendResult {
  if (!outcome.stored) throw new WrongExpectedRevision(stream, expected, outcome.actual === NO_STREAM ? 'no-stream' : outcome.actual);
  const { revision, position, at } = outcome;
  return { revision, position, recordedAt: timestamp(at) };
}
