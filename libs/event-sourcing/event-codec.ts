import type { SubjectKeys } from '@rolebook/crypto';
import type { EventToAppend, LoggedEvent, StoredEvent } from '@rolebook/event-store';
import { lazyData, LazyTrace, type Trace } from './lazily';
import type { Actor, DomainEvent, EventDefinition, EventMetadata, Json, JsonObject, Recorded, Upcast } from '@rolebook/kernel';

type AnyDefinition = Omit<EventDefinition<JsonObject>, 'sealed' | 'changes'> & {
  readonly sealed: object;
  changes(data: never): ReturnType<EventDefinition<JsonObject>['changes']>;
};

/** An event of the log that cannot be read, now or ever: tampered with, malformed, or of an unknown type. No key store that is away for a moment. */
export class UnreadableEvent extends Error {
  override readonly name: string = 'UnreadableEvent';
}

/** An event of the log that this version of the service does not know. It is never dropped in silence. */
export class UnknownEventType extends UnreadableEvent {
  override readonly name = 'UnknownEventType';
}

const SEALED = '$sealed';
const SEALED_FOR = '$for';

/**
 * Between the domain's events and the log's bytes. Personal fields leave as one sealed text under the key of the person
 * the event is about, the actor's address and device under the actor's own; they come back opened, or as what the
 * definition puts in their place once the key is destroyed. Older versions come back upcast.
 */
export class EventCodec {
  private readonly definitions = new Map<string, AnyDefinition>();
  private readonly upcasts = new Map<string, Upcast>();
  private readonly lazyClasses = new Map<string, ReturnType<typeof lazyData>>();

  /** @param features the definitions and upcasts of every stream kind of the system */
  constructor(
    private readonly keys: SubjectKeys,
    features: readonly { readonly definitions: Readonly<Record<string, AnyDefinition>>; readonly upcasts?: readonly Upcast[] }[],
  ) {
    for (const feature of features) {
      for (const [type, definition] of Object.entries(feature.definitions)) {
        if (this.definitions.has(type)) throw new Error(`two features define the event ${type}`);
        this.definitions.set(type, definition);
      }
      for (const upcast of feature.upcasts ?? []) this.upcasts.set(upcast.from, upcast);
    }
  }

  /** @throws {UnknownEventType} */
  definition(type: string): AnyDefinition {
    const definition = this.definitions.get(type);
    if (!definition) throw new UnknownEventType(`event type ${type} is not known to this version of the service`);
    return definition;
  }

  /**
   * Events on their way into the log. Makes the keys of people who have none yet.
   * @throws {SubjectErased} where something personal would be written about a person, or by one, whose key is destroyed
   */
  async encode(events: readonly { readonly id: string; readonly event: DomainEvent }[], metadata: EventMetadata): Promise<EventToAppend[]> {
    const drafts = events.map(({ id, event }) => ({ id, event, subject: this.subjectOf(event), ...this.parted(event) }));
    const traced = metadata.ip !== null || metadata.device !== null;
    if (traced && metadata.actor.type !== 'user') await this.keys.load(drafts.flatMap(({ subject }) => subject ?? []));
    const owners = drafts.map(({ subject }) => (traced ? this.ownerOfTrace(metadata, subject) : null));
    const subjects = new Set(owners);
    for (const { secret, subject } of drafts) if (secret) subjects.add(subject);
    subjects.delete(null);
    await this.keys.ensure([...subjects] as string[]);
    return drafts.map(({ id, event, subject, plain, secret }, n) => ({
      id,
      type: event.type,
      data: JSON.stringify(secret ? Object.assign(plain, { [SEALED]: this.keys.seal(required(subject), id, JSON.stringify(secret)) }) : plain),
      metadata: this.sealMetadata(id, owners[n] ?? null, metadata),
    }));
  }

  /**
   * Events as the log gave them, decoded; `position` is 0 where they were read from their stream.
   * @throws {UnreadableEvent} the first that cannot be read
   */
  async decode<Event extends DomainEvent>(stored: readonly (StoredEvent | LoggedEvent)[]): Promise<Recorded<Event>[]> {
    return (await this.decodeEach<Event>(stored)).map(orThrow);
  }

  /**
   * What happened, in order, and nothing of who did it or from where: what a state is folded from. Most of what is sealed is an address and a
   * device; these stay closed, and are not looked at, here.
   * @throws {UnreadableEvent} the first that cannot be read
   */
  async decodeFacts<Event extends DomainEvent>(stored: readonly StoredEvent[]): Promise<Event[]> {
    const drafts = stored.map((event) => orThrow(readable(event, () => {
      const data = parse(event.data);
      return { event, data, subject: this.storedSubject(event.type, data) };
    })));
    await this.keys.load(drafts.flatMap(({ data, subject }) => (SEALED in data && subject !== null ? [subject] : [])));
    return drafts.map(({ event, data }) => orThrow(readable(event, () => this.openData(event, data) as Event)));
  }

  /** As {@link decode}, with what cannot be read in its place: for those who go on with the rest. */
  async decodeEach<Event extends DomainEvent>(stored: readonly (StoredEvent | LoggedEvent)[]): Promise<(Recorded<Event> | UnreadableEvent)[]> {
    const drafts = await this.drafted(stored);
    return drafts.map((draft) => (draft instanceof UnreadableEvent ? draft : readable(draft.event, () => this.opened<Event>(draft))));
  }

  /** Parsed, and the keys of what is sealed in them at hand. */
  private async drafted(stored: readonly (StoredEvent | LoggedEvent)[]) {
    const drafts = stored.map((event) => readable(event, () => this.parsed(event)));
    const subjects: string[] = [];
    for (const draft of drafts) {
      if (draft instanceof UnreadableEvent) continue;
      if (draft.subject !== null) subjects.push(draft.subject);
      if (draft.owner !== null) subjects.push(draft.owner);
    }
    await this.keys.load(subjects);
    return drafts;
  }

  /**
   * As {@link decodeEach}, with what is sealed opened only where it is looked at, once: most of a read model's events have nothing in them
   * that it needs, and opening is the dearest part. What cannot be opened throws then. Sealed fields are getters of a prototype: they
   * are taken by name, and not seen by a spread.
   * @param options.sealed whether anything sealed will be looked at; where not, no keys are fetched, and a look throws
   */
  async decodeEachLazily<Event extends DomainEvent>(stored: readonly LoggedEvent[], { sealed = true } = {}): Promise<(Recorded<Event> | UnreadableEvent)[]> {
    const drafts = sealed ? await this.drafted(stored) : stored.map((event) => readable(event, () => this.parsed(event)));
    return drafts.map((draft) => (draft instanceof UnreadableEvent ? draft : readable(draft.event, () => this.openedLazily<Event>(draft))));
  }

  /** Whose keys these events need to be opened, each once. Of an event that cannot be read, nobody's. */
  sealedFor(stored: readonly StoredEvent[]): readonly string[] {
    const subjects = new Set<string | null>();
    for (const event of stored) {
      const draft = readable(event, () => this.parsed(event));
      if (draft instanceof UnreadableEvent) continue;
      if (draft.data[SEALED] !== undefined) subjects.add(draft.subject);
      subjects.add(draft.owner);
    }
    subjects.delete(null);
    return [...subjects] as string[];
  }

  private openedLazily<Event extends DomainEvent>(draft: ReturnType<EventCodec['parsed']>): Recorded<Event> {
    const { event: stored, data, metadata, subject } = draft;
    const { id, type, stream, revision, recordedAt } = stored;
    if (this.upcasts.has(type)) return this.opened(draft);
    const trace = new LazyTrace(plainMetadata(metadata), () => this.openTrace(id, metadata));
    const sealed = data[SEALED];
    const shown = typeof sealed === 'string' && subject !== null ? new (this.lazyClassOf(type))(data, () => this.openSealed(stored, subject, sealed)) : data;
    return { id, event: { type, data: shown } as unknown as Event, metadata: trace, stream, revision, position: 'position' in stored ? stored.position : 0, recordedAt };
  }

  /** The personal fields of an event, or what stands in their place. */
  private openSealed({ id, type }: StoredEvent, subject: string, sealed: string): JsonObject {
    const plaintext = this.keys.open(subject, id, sealed);
    return plaintext === null ? ((this.upcasts.get(type) ?? this.definition(type)).sealed as JsonObject) : parse(plaintext);
  }

  private lazyClassOf(type: string): ReturnType<typeof lazyData> {
    let known = this.lazyClasses.get(type);
    if (!known) this.lazyClasses.set(type, (known = lazyData(SEALED, Object.keys(this.definition(type).sealed))));
    return known;
  }

  private parsed(event: StoredEvent | LoggedEvent) {
    const [data, metadata] = [parse(event.data), parse(event.metadata)];
    const owner = metadata[SEALED_FOR];
    return { event, data, metadata, subject: this.storedSubject(event.type, data), owner: typeof owner === 'string' ? owner : null };
  }

  // Literals and no spread, here and in what is called from here: what V8 makes of `{ ...a, b }` weighs four times as much and lives on into the old space.
  private opened<Event extends DomainEvent>({ event: stored, data, metadata }: ReturnType<EventCodec['parsed']>): Recorded<Event> {
    const { id, stream, revision, recordedAt } = stored;
    const event = this.openData(stored, data) as Event;
    return { id, event, metadata: this.openMetadata(id, metadata), stream, revision, position: 'position' in stored ? stored.position : 0, recordedAt };
  }

  /** The user an event is about; `null` where it is about none. */
  subjectOf(event: DomainEvent): string | null {
    const { user } = this.definition(event.type);
    return user === null ? null : subject(event.data[user]);
  }

  private storedSubject(type: string, data: JsonObject): string | null {
    const upcast = this.upcasts.get(type);
    const user = upcast ? upcast.user : this.definition(type).user;
    return user === null ? null : subject(data[user]);
  }

  /** An event's plain fields, and its personal ones; `null` where it has none. */
  private parted(event: DomainEvent): { readonly plain: Record<string, Json>; readonly secret: Record<string, Json> | null } {
    const { sealed } = this.definition(event.type);
    const plain: Record<string, Json> = {};
    let secret: Record<string, Json> | null = null;
    for (const [field, value] of Object.entries(event.data)) {
      if (Object.hasOwn(sealed, field)) (secret ??= {})[field] = value;
      else plain[field] = value;
    }
    return { plain, secret };
  }

  private openData(stored: StoredEvent, data: JsonObject): DomainEvent {
    const upcast = this.upcasts.get(stored.type);
    const subject = this.storedSubject(stored.type, data);
    const sealed = data[SEALED];
    let opened = data as Record<string, Json>;
    if (typeof sealed === 'string' && subject !== null) {
      const { [SEALED]: _sealed, ...plain } = data;
      opened = Object.assign(plain, this.openSealed(stored, subject, sealed));
    }
    if (!upcast) return { type: stored.type, data: opened };
    const event = upcast.upcast(opened);
    this.definition(event.type);
    return event;
  }

  /**
   * Whose data the address and device are: the actor's; of somebody not signed in, the person's the event is about; else the business's.
   * An attempt on an erased person's account says nothing about that person any more, and is the business's too.
   */
  private ownerOfTrace({ actor, businessId }: EventMetadata, subject: string | null): string {
    if (actor.type === 'user') return actor.id;
    return subject !== null && !this.keys.isDestroyed(subject) ? subject : businessId;
  }

  private sealMetadata(id: string, owner: string | null, metadata: EventMetadata): string {
    const { ip, device, ...plain } = metadata;
    if (owner === null) return JSON.stringify(plain);
    return JSON.stringify(Object.assign(plain, { [SEALED_FOR]: owner, [SEALED]: this.keys.seal(owner, `${id}/metadata`, JSON.stringify({ ip, device })) }));
  }

  private openMetadata(id: string, stored: JsonObject): EventMetadata {
    const { businessId, actor, commandId, requestId, sessionId, traceparent } = plainMetadata(stored);
    const { ip, device } = this.openTrace(id, stored);
    const metadata: EventMetadata = { businessId, actor, commandId, requestId, sessionId, ip, device };
    return traceparent === undefined ? metadata : { ...metadata, traceparent };
  }

  private openTrace(id: string, stored: JsonObject): Trace {
    const sealed = stored[SEALED];
    const subject = stored[SEALED_FOR];
    const plaintext = typeof sealed === 'string' && typeof subject === 'string' ? this.keys.open(subject, `${id}/metadata`, sealed) : null;
    const { ip, device } = plaintext === null ? { ip: null, device: null } : parse(plaintext);
    return { ip: (ip ?? null) as string | null, device: (device ?? null) as string | null };
  }
}

function plainMetadata(stored: JsonObject): Omit<EventMetadata, keyof Trace> {
  return {
    businessId: text(stored.businessId),
    actor: stored.actor as unknown as Actor,
    commandId: text(stored.commandId),
    requestId: (stored.requestId ?? null) as string | null,
    sessionId: (stored.sessionId ?? null) as string | null,
    ...(typeof stored.traceparent === 'string' && { traceparent: stored.traceparent }),
  };
}

function readable<T>(event: StoredEvent, read: () => T): T | UnreadableEvent {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof UnreadableEvent) return cause;
    return new UnreadableEvent(`event ${event.id} of stream ${event.stream}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

function orThrow<T>(read: T | UnreadableEvent): T {
  if (read instanceof UnreadableEvent) throw read;
  return read;
}

function parse(json: string): JsonObject {
  return JSON.parse(json) as JsonObject;
}

/** An event may be about nobody known, such as a sign-in with an address that is no one's. */
function subject(value: Json | undefined): string | null {
  return value === null ? null : text(value);
}

function text(value: Json | undefined): string {
  if (typeof value !== 'string') throw new Error('a stored event lacks a field that its definition names');
  return value;
}

function required(subject: string | null): string {
  if (subject === null) throw new Error('an event with personal data names nobody whose they are');
  return subject;
}
