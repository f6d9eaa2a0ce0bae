import { randomUUID } from 'node:crypto';
import { WrongExpectedRevision, type EventStore, type EventToAppend, type LoggedEvent, type SubscribeOptions, type Subscription } from '../port';

/** What a contract test gets to work with. */
export interface EventStoreFixture {
  readonly store: EventStore;
  /** Puts away what the store leaves behind. The store may be closed already. */
  dispose(): Promise<void>;
}

/** What an adapter decides itself. A server has its own clock, and other tenants. */
export interface EventStoreTraits {
  /** Moments come from the clock that the factory was given, and every log starts empty. */
  readonly embedded: boolean;
}

export const newEvent = (over: Partial<EventToAppend> = {}): EventToAppend => ({ id: randomUUID(), type: 'SomethingHappened', data: '{"n":1}', metadata: '{}', ...over });

export const newEvents = (count: number): EventToAppend[] => Array.from({ length: count }, (_, n) => newEvent({ data: JSON.stringify({ n }) }));

/** A stream that no other test has. */
export const newStream = (kind = 'thing'): string => `${kind}-${randomUUID()}`;

/** The refusal an append ends with; a failure of the test where it ends otherwise. */
export async function refusalOf(append: Promise<unknown>): Promise<WrongExpectedRevision> {
  const reason = await append.then(() => 'stored', (error: unknown) => error);
  if (reason instanceof WrongExpectedRevision) return reason;
  throw new Error(`expected WrongExpectedRevision, got ${String(reason)}`);
}

/** Events of a log after a position, however many. */
export async function everythingAfter(store: EventStore, after: number): Promise<LoggedEvent[]> {
  const events: LoggedEvent[] = [];
  for (;;) {
    const page = await store.readAll({ after: events.at(-1)?.position ?? after, limit: 1000 });
    if (page.length === 0) return events;
    events.push(...page);
  }
}

/** A subscriber that keeps what it is given, and can be waited for. */
export class Collector {
  readonly events: LoggedEvent[] = [];
  readonly batches: number[] = [];
  subscription: Subscription | null = null;
  private watchers: { readonly done: () => boolean; readonly resolve: () => void; readonly reject: (reason: Error) => void }[] = [];

  /** @param handle done with each batch after it was kept */
  static async on(store: EventStore, after: number, handle: SubscribeOptions['onEvents'] = () => undefined): Promise<Collector> {
    const collector = new Collector();
    collector.subscription = await store.subscribe({
      after,
      onEvents: (events) => {
        collector.events.push(...events);
        collector.batches.push(events.length);
        collector.look();
        return handle(events);
      },
      onEnd: (reason) => collector.watchers.forEach(({ reject }) => reject(reason)),
    });
    return collector;
  }

  /** Resolves when it has been given this many events, or the one with this position. */
  async until(goal: { readonly count: number } | { readonly position: number }): Promise<void> {
    const done = () => ('count' in goal ? this.events.length >= goal.count : (this.events.at(-1)?.position ?? 0) >= goal.position);
    await new Promise<void>((resolve, reject) => {
      this.watchers.push({ done, resolve, reject });
      this.look();
    });
  }

  private look(): void {
    for (const { done, resolve } of this.watchers) if (done()) resolve();
  }
}

/** A promise with its handles. */
export function deferred<Value = void>(): { readonly promise: Promise<Value>; readonly resolve: (value: Value) => void } {
  let resolve: (value: Value) => void = () => undefined;
  const promise = new Promise<Value>((fulfil) => (resolve = fulfil));
  return { promise, resolve };
}
