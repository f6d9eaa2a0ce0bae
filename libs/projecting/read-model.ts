import type { LoggedEvent } from '@rolebook/event-store';
import type { Collection, DocumentStore } from '@rolebook/document-store';
import type { Document, DomainEvent, Projection, Recorded } from '@rolebook/kernel';

/** One event for the read models: as stored, and decoded (`null` where it could not be decoded: a poison event). */
export interface Delivery {
  readonly stored: LoggedEvent;
  readonly recorded: Recorded | null;
}

/** Something kept up to date from the log. Its own checkpoint says how far it has come. */
export interface ReadModel {
  /** Name with version, such as `user-directory-1`. */
  readonly name: string;
  /** Makes what it keeps its documents in. @returns the position it has come to */
  open(documents: DocumentStore): Promise<number>;
  /**
   * Applies events in order and then the checkpoint. Doing it again changes nothing.
   * @returns the streams in which an event could not be applied, with why: they are parked for this read model
   */
  apply(deliveries: readonly Delivery[], checkpoint: number, parked: ReadonlySet<string>): Promise<readonly ParkedStream[]>;
}

/** A stream that a read model has stopped following, because one of its events could not be applied. */
export interface ParkedStream {
  readonly stream: string;
  readonly position: number;
  readonly error: string;
}

/** A pure projection kept in a collection of documents. */
export class DocumentReadModel<Doc extends Document, Event extends DomainEvent> implements ReadModel {
  private collection: Collection<Doc> | null = null;
  private readonly handled: ReadonlySet<string> | null;

  constructor(readonly projection: Projection<Doc, Event>) {
    this.handled = projection.handles === '*' ? null : new Set(projection.handles);
  }

  get name(): string { return this.projection.collection.name; }

  async open(documents: DocumentStore): Promise<number> {
    this.collection = await documents.open<Doc>(this.projection.collection);
    return this.collection.checkpoint();
  }

  async apply(deliveries: readonly Delivery[], checkpoint: number, parked: ReadonlySet<string>): Promise<readonly ParkedStream[]> {
    if (!this.collection) throw new Error(`${this.name} is not open`);
    const fold = new DocumentFold(this.projection, parked);
    const mine = deliveries.filter(({ stored, recorded }) => {
      if (recorded && this.handled && !this.handled.has(recorded.event.type)) return false;
      return recorded !== null || fold.park(stored, 'the event could not be decoded');
    });
    fold.assign(mine.map(({ recorded }) => recorded as unknown as Recorded<Event>));
    fold.seed(await this.collection.getMany(fold.ids()));
    const writes = fold.run();
    await this.collection.write(writes, checkpoint);
    return fold.newlyParked;
  }
}

/** Folds a batch of events into the documents they concern. */
class DocumentFold<Doc extends Document, Event extends DomainEvent> {
  readonly newlyParked: ParkedStream[] = [];
  private readonly parked: Set<string>;
  private readonly steps: { readonly id: string; readonly recorded: Recorded<Event> }[] = [];
  private readonly documents = new Map<string, { document: Doc | null; position: number }>();

  constructor(private readonly projection: Projection<Doc, Event>, parked: ReadonlySet<string>) {
    this.parked = new Set(parked);
  }

  park(event: { readonly stream: string; readonly position: number }, error: unknown): false {
    if (!this.parked.has(event.stream)) {
      this.parked.add(event.stream);
      this.newlyParked.push({ stream: event.stream, position: event.position, error: error instanceof Error ? error.message : String(error) });
    }
    return false;
  }

  assign(events: readonly Recorded<Event>[]): void {
    for (const recorded of events) {
      if (this.parked.has(recorded.stream)) continue;
      try {
        for (const id of this.projection.keys(recorded)) this.steps.push({ id, recorded });
      } catch (error) {
        this.park(recorded, error);
      }
    }
  }

  ids(): string[] {
    return [...new Set(this.steps.map(({ id }) => id))];
  }

  seed(existing: readonly { readonly id: string; readonly document: Doc | null; readonly position: number }[]): void {
    for (const { id, document, position } of existing) this.documents.set(id, { document, position });
  }

  run(): { id: string; document: Doc | null; position: number }[] {
    const changed = new Set<string>();
    for (const { id, recorded } of this.steps) {
      const current = this.documents.get(id) ?? { document: null, position: 0 };
      if (recorded.position <= current.position || this.parked.has(recorded.stream)) continue;
      try {
        this.documents.set(id, { document: this.projection.evolve(current.document, recorded, id), position: recorded.position });
        changed.add(id);
      } catch (error) {
        this.park(recorded, error);
      }
    }
    return [...changed].map((id) => ({ id, ...this.documents.get(id)! }));
  }
}
