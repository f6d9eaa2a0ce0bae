import { systemClock, timestamp, type Clock } from '@rolebook/kernel';
import { checkAppend, checkWhole } from './check-arguments';
import { Followers } from './followers';
import {
  StoreUnavailable, WrongExpectedRevision,
  type AppendResult, type EventStore, type EventToAppend, type ExpectedRevision, type LoggedEvent, type ReadAllOptions, type StoredEvent, type SubscribeOptions, type Subscription,
} from './port';

/** The log in memory, for specs and simulations: the whole contract except that nothing outlives the process. */
export class InMemoryEventStore implements EventStore {
  private readonly log: LoggedEvent[] = [];
  private readonly streams = new Map<string, LoggedEvent[]>();
  private readonly byId = new Map<string, LoggedEvent>();
  private readonly followers = new Followers((after, limit) => this.log.slice(after, after + limit));
  private now = 0;
  private closed = false;

  constructor(private readonly clock: Clock = systemClock) {}

  async append(stream: string, expected: ExpectedRevision, events: readonly EventToAppend[]): Promise<AppendResult> {
    checkAppend(stream, expected, events);
    this.checkOpen();
    const history = this.streams.get(stream) ?? [];
    const actual = history.length === 0 ? 'no-stream' : history.length - 1;

    const known = events.flatMap(({ id }) => this.byId.get(id) ?? []);
    if (known.length > 0) {
      if (isWholeAppend(known, stream, events.length)) return resultOf(known);
      throw new WrongExpectedRevision(stream, expected, actual);
    }
    if (expected !== 'any' && expected !== actual) throw new WrongExpectedRevision(stream, expected, actual);

    this.now = Math.max(this.now, Math.floor(this.clock.now()));
    const recordedAt = timestamp(this.now);
    const added = events.map(({ id, type, data, metadata }, index): LoggedEvent =>
      Object.freeze({ id, type, data, metadata, stream, revision: history.length + index, recordedAt, position: this.log.length + index + 1 }));
    for (const event of added) this.byId.set(event.id, event);
    this.log.push(...added);
    history.push(...added);
    this.streams.set(stream, history);
    this.followers.wake();
    return resultOf(added);
  }

  async readStream(stream: string, options: { from?: number; direction?: 'forwards' | 'backwards'; limit?: number } = {}): Promise<readonly StoredEvent[]> {
    const { from, direction = 'forwards', limit = Number.MAX_SAFE_INTEGER } = options;
    if (from !== undefined) checkWhole('from', from);
    checkWhole('limit', limit);
    this.checkOpen();
    const history = this.streams.get(stream) ?? [];
    const found = direction === 'forwards' ? history.slice(from ?? 0) : history.slice(0, from === undefined ? undefined : from + 1).reverse();
    return found.slice(0, limit).map(({ position: _, ...stored }) => stored);
  }

  async readAll({ after, limit, types }: ReadAllOptions): Promise<readonly LoggedEvent[]> {
    checkWhole('after', after);
    checkWhole('limit', limit);
    this.checkOpen();
    return types === undefined ? this.log.slice(after, after + limit) : this.log.slice(after).filter(({ type }) => types.has(type)).slice(0, limit);
  }

  async readAt(positions: readonly number[]): Promise<readonly LoggedEvent[]> {
    for (const position of positions) checkWhole('position', position);
    this.checkOpen();
    return positions.flatMap((position) => this.log[position - 1] ?? []);
  }

  async head(): Promise<number> {
    this.checkOpen();
    return this.log.length;
  }

  async subscribe(options: SubscribeOptions): Promise<Subscription> {
    checkWhole('after', options.after);
    this.checkOpen();
    return this.followers.add(options);
  }

  async ping(): Promise<void> {
    this.checkOpen();
  }

  async close(): Promise<void> {
    this.closed = true;
    this.followers.stop();
  }

  private checkOpen(): void {
    if (this.closed) throw new StoreUnavailable('the event store is closed');
  }
}

/** Whether the events found by their ids are one append, or a run of it, at this very stream: then it is a retry. */
function isWholeAppend(known: readonly LoggedEvent[], stream: string, length: number): boolean {
  const first = known[0]?.revision ?? 0;
  return known.length === length && known.every((event, index) => event.stream === stream && event.revision === first + index);
}

function resultOf(events: readonly LoggedEvent[]): AppendResult {
  const last = events.at(-1);
  if (!last) throw new RangeError('an append has at least one event');
  const { revision, position, recordedAt } = last;
  return { revision, position, recordedAt };
}
