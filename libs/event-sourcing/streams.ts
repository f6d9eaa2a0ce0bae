import { LRUCache } from 'lru-cache';
import { SubjectErased } from '@rolebook/crypto';
import { StoreUnavailable, WrongExpectedRevision, type EventStore, type ExpectedRevision } from '@rolebook/event-store';
import { DomainError, timestamp, TurnsByKey, type Decider, type DomainEvent, type EventMetadata, type Recorded } from '@rolebook/kernel';
import { currentTraceParent, traced } from '@rolebook/tracing';
import type { CommandContext } from './command-context';
import type { EventCodec } from './event-codec';

/** A kind of stream: how its state is folded. Its name keeps kinds apart in the cache. */
export interface StreamKind<State, Event extends DomainEvent> extends Pick<Decider<never, State, Event>, 'initialState' | 'evolve'> {
  readonly kind: string;
}

/** A stream as it stands: its state, and the revision of its last event (-1 where it does not exist). */
export interface Snapshot<State> {
  readonly state: State;
  readonly revision: number;
}

/** What a command did to a stream. */
export interface Outcome<State, Event> extends Snapshot<State> {
  readonly events: readonly Event[];
  readonly eventIds: readonly string[];
}

export interface ExecuteOptions<State> {
  /** The revision that the caller has seen (If-Match), if any. */
  readonly expectedRevision?: number | null;
  /**
   * Done between deciding and appending, for what must stand elsewhere before this happens here. The append then succeeds only on the very
   * state this was told of; where somebody was faster it is done again for the newer one. It throws to refuse.
   */
  readonly beforeAppend?: (step: { readonly before: Snapshot<State>; readonly after: Snapshot<State> }) => Promise<void>;
  /** Decides on the state alone, also in a retry: for commands that are no change where they have been done, and must be done again where they have been undone. */
  readonly decideAfresh?: boolean;
}

type Decide<State, Event> = (state: State, revision: number) => readonly Event[];

const ATTEMPTS = 3;
const PAGE = 1000;
/** Events of a history that is long to fold: a millisecond or so. */
const LONG = 50;

/**
 * Streams as the use-cases see them: load and fold, decide, append with the expected revision, and decide again on a conflict.
 * Folded states are kept in a bounded cache and brought up to date from the log at every load, so a decision is never made on a stale one.
 */
export class Streams {
  private readonly cache: LRUCache<string, Snapshot<unknown>>;
  /** Commands of this node on one stream wait for each other, so that only other nodes cause conflicts. */
  private readonly turns = new TurnsByKey();
  private readonly listeners: ((appended: readonly Recorded[]) => void)[] = [];

  constructor(private readonly store: EventStore, private readonly codec: EventCodec, options: { readonly cached?: number } = {}) {
    this.cache = new LRUCache({ max: options.cached ?? 20_000 });
  }

  /** Calls the listener with every event appended here, before its command is acknowledged. */
  onAppended(listener: (appended: readonly Recorded[]) => void): void {
    this.listeners.push(listener);
  }

  /** The stream as it is now. */
  async load<State, Event extends DomainEvent>(kind: StreamKind<State, Event>, stream: string, context?: CommandContext): Promise<Snapshot<State>> {
    const imagined = context?.imagined.get(cacheKey(kind, stream));
    if (imagined) return imagined as Snapshot<State>;
    const snapshot = await this.glance(kind, stream);
    if (snapshot.revision >= 0) this.remember(kind, stream, snapshot);
    return snapshot;
  }

  /**
   * As {@link load}, for somebody who keeps what comes of it: the folded state is not kept as well, where commands' states would have to give way.
   * That of a long history is, for it is dear to fold.
   */
  async glance<State, Event extends DomainEvent>(kind: StreamKind<State, Event>, stream: string): Promise<Snapshot<State>> {
    const cached = this.cache.get(cacheKey(kind, stream)) as Snapshot<State> | undefined;
    const from = cached?.revision ?? -1;
    let { state, revision } = cached ?? { state: kind.initialState, revision: -1 };
    for (;;) {
      const stored = await this.store.readStream(stream, { from: revision + 1, limit: PAGE });
      if (stored.length > 0) for (const event of await this.codec.decodeFacts<Event>(stored)) state = kind.evolve(state, event);
      revision = stored.at(-1)?.revision ?? revision;
      if (stored.length < PAGE) break;
    }
    if (revision - from > LONG) this.remember(kind, stream, { state, revision });
    return { state, revision };
  }

  /** The whole history of a stream, decoded; `position` is 0 in each. */
  async history<Event extends DomainEvent>(stream: string): Promise<readonly Recorded<Event>[]> {
    return this.codec.decode<Event>(await this.store.readStream(stream));
  }

  /**
   * Decides on the current state and appends what was decided; decides again where somebody else was faster, three tries in all.
   * In a dry run nothing is appended; later steps of the same command see the imagined state.
   * @throws {DomainError} what `decide` throws; `stale` where the expected revision has passed; `unauthenticated` where the actor was erased meanwhile
   * @throws {StoreUnavailable} where others were faster three times, too
   */
  async execute<State, Event extends DomainEvent>(
    kind: StreamKind<State, Event>, stream: string, context: CommandContext, decide: Decide<State, Event>,
    options: ExecuteOptions<State> = {},
  ): Promise<Outcome<State, Event>> {
    return this.turns.take(stream, () => this.decideAndAppend(kind, stream, context, decide, options));
  }

  private async decideAndAppend<State, Event extends DomainEvent>(
    kind: StreamKind<State, Event>, stream: string, context: CommandContext, decide: Decide<State, Event>, options: ExecuteOptions<State>,
  ): Promise<Outcome<State, Event>> {
    const seen = options.expectedRevision ?? null;
    const doneBefore = () => (options.decideAfresh ? Promise.resolve(null) : this.doneBefore<State, Event>(kind, stream, context));
    const done = await doneBefore();
    if (done) return done;
    for (let attempt = 1; ; attempt++) {
      const before = await this.load(kind, stream, context);
      if (seen !== null && seen !== before.revision) throw new DomainError('stale', 'Somebody has changed this since you read it; read it again.');
      try {
        return await this.append(kind, stream, context, before, decide(before.state, before.revision), options.beforeAppend);
      } catch (error) {
        const late = await doneBefore(); // what a dead process had sent may arrive only now: then it is not refused, it is done
        if (late) return late;
        if (!isOvertaken(error)) throw error;
        this.cache.delete(cacheKey(kind, stream));
        if (attempt >= ATTEMPTS) throw givenUp(error);
      }
    }
  }

  /** Whether this is a retry of a command that got as far as this stream: what it asked for before that, it need not ask for again. */
  async hasDone(stream: string, context: CommandContext): Promise<boolean> {
    return (await this.doneBy(stream, context)).length > 0;
  }

  /** Appends facts that depend on no state, such as a refused attempt, wherever the stream stands. */
  async record<Event extends DomainEvent>(stream: string, context: CommandContext, events: readonly Event[]): Promise<void> {
    if (context.dryRun) return;
    await this.appendTo(stream, 'any', context, events, context.effects.length);
  }

  /** Forgets a folded state, such as an erased person's. */
  forget(kind: { readonly kind: string }, stream: string): void {
    this.cache.delete(cacheKey(kind, stream));
  }

  private async append<State, Event extends DomainEvent>(
    kind: StreamKind<State, Event>, stream: string, context: CommandContext, before: Snapshot<State>, events: readonly Event[],
    beforeAppend: ExecuteOptions<State>['beforeAppend'],
  ): Promise<Outcome<State, Event>> {
    let state = before.state;
    for (const event of events) state = kind.evolve(state, event);
    const after = { state, revision: before.revision + events.length };
    if (events.length === 0) return { events, eventIds: [], ...after };
    await beforeAppend?.({ before, after });
    if (context.dryRun) {
      context.imagined.set(cacheKey(kind, stream), after);
      const eventIds = events.map((event, n) => {
        const eventId = context.eventId(stream, n);
        context.effects.push({ stream, eventId, event });
        return eventId;
      });
      return { events, eventIds, ...after };
    }
    const eventIds = await this.appendTo(stream, before.revision === -1 ? 'no-stream' : before.revision, context, events, before.revision + 1);
    this.remember(kind, stream, after);
    return { events, eventIds, ...after };
  }

  private async appendTo<Event extends DomainEvent>(
    stream: string, expected: ExpectedRevision, context: CommandContext, events: readonly Event[], salt: number,
  ): Promise<string[]> {
    const identified = events.map((event, n) => ({ id: context.eventId(stream, salt + n), event }));
    const { metadata, result } = await traced('append', { 'rolebook.event_types': events.map(({ type }) => type) }, async () => {
      const written = metadataOf(context);
      return { metadata: written, result: await this.store.append(stream, expected, await this.codec.encode(identified, written)) };
    });
    context.reached(result.position);
    for (const { id, event } of identified) context.effects.push({ stream, eventId: id, event });
    const recorded = identified.map(({ id, event }, n) => ({
      id, event, metadata, stream,
      revision: result.revision - identified.length + 1 + n,
      position: result.position,
      recordedAt: result.recordedAt,
    }));
    for (const listener of this.listeners) listener(recorded);
    return identified.map(({ id }) => id);
  }

  /** In a retry: what this very command did to the stream before its process died, if it got that far. */
  private async doneBefore<State, Event extends DomainEvent>(
    kind: StreamKind<State, Event>, stream: string, context: CommandContext,
  ): Promise<Outcome<State, Event> | null> {
    const mine = await this.doneBy<Event>(stream, context);
    if (mine.length === 0) return null;
    for (const { id, event } of mine) context.effects.push({ stream, eventId: id, event });
    context.reached(await this.store.head());
    const { state, revision } = await this.load(kind, stream);
    return { state, revision, events: mine.map(({ event }) => event), eventIds: mine.map(({ id }) => id) };
  }

  private async doneBy<Event extends DomainEvent>(stream: string, context: CommandContext): Promise<readonly Recorded<Event>[]> {
    if (!context.retried) return [];
    return (await this.history<Event>(stream)).filter(({ metadata }) => metadata.commandId === context.given.commandId);
  }

  private remember(kind: { readonly kind: string }, stream: string, snapshot: Snapshot<unknown>): void {
    const key = cacheKey(kind, stream);
    const cached = this.cache.get(key);
    if (!cached || cached.revision < snapshot.revision) this.cache.set(key, snapshot);
  }
}

/** The same stream may be folded in more than one way. */
function cacheKey({ kind }: { readonly kind: string }, stream: string): string {
  return `${kind} ${stream}`;
}

/** Whether the world moved between reading and appending: the stream went on, or somebody's key was destroyed. Deciding again tells what that means. */
function isOvertaken(error: unknown): error is Error {
  return error instanceof WrongExpectedRevision || error instanceof SubjectErased;
}

/** A person who stays erased at every try is the actor: nobody else's data is written once their state says so. */
function givenUp(error: Error): Error {
  if (error instanceof SubjectErased) return new DomainError('unauthenticated', 'The session has ended; sign in again.');
  return new StoreUnavailable('too many changes to the same thing at once; try again', 1, { cause: error });
}

function metadataOf(context: CommandContext): EventMetadata {
  const { businessId, actor, commandId, requestId, sessionId, ip, device } = context.given;
  const traceparent = currentTraceParent();
  return { businessId, actor, commandId, requestId, sessionId, ip, device, ...(traceparent !== undefined && { traceparent }) };
}

/** When a command happens, as events write it. */
export function momentOf(context: CommandContext): string {
  return timestamp(context.at);
}
