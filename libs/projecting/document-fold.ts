import type { DocumentWrite } from '@rolebook/document-store';
import type { Document, DomainEvent, Projection, Recorded } from '@rolebook/kernel';
import type { Delivery, Parking, ParkedStream } from './read-model';

/**
 * Folds a batch of events into the documents they concern, in order. An event that cannot be applied parks its stream:
 * what came before it in the stream still counts, it and what comes after does not.
 */
export class DocumentFold<Doc extends Document, Event extends DomainEvent> {
  private readonly parkedNow = new Map<string, ParkedStream>();
  private readonly steps: { readonly ids: readonly string[]; readonly recorded: Recorded<Event> }[] = [];
  private readonly documents = new Map<string, { document: Doc | null; position: number }>();

  constructor(private readonly projection: Projection<Doc, Event>, private readonly parking: Pick<Parking, 'at'>, deliveries: readonly Delivery[]) {
    const handled = projection.handles === '*' ? null : new Set<string>(projection.handles);
    for (const { stored, recorded } of deliveries) {
      if (this.isParked(stored)) continue;
      if (recorded instanceof Error) this.park(stored, recorded);
      else if (!handled || handled.has(recorded.event.type)) this.assign(recorded as unknown as Recorded<Event>);
    }
  }

  get newlyParked(): readonly ParkedStream[] {
    return [...this.parkedNow.values()];
  }

  /** The documents that the batch may change. */
  ids(): readonly string[] {
    const ids = new Set<string>();
    for (const step of this.steps) for (const id of step.ids) ids.add(id);
    return [...ids];
  }

  /** Takes the documents as they are stored. Events that one reflects already pass it by. */
  seed(existing: readonly DocumentWrite<Doc>[]): void {
    for (const { id, document, position } of existing) this.documents.set(id, { document, position });
  }

  /** The documents that changed. */
  run(): DocumentWrite<Doc>[] {
    const changed = new Set<string>();
    for (const { ids, recorded } of this.steps) {
      if (this.isParked(recorded)) continue;
      try {
        if (ids.length === 1) this.step(ids[0] as string, recorded, changed);
        else this.evolved(ids, recorded).forEach(({ id, document }) => this.changed(id, document, recorded.position, changed));
      } catch (error) {
        this.park(recorded, error);
      }
    }
    return [...changed].map((id) => ({ id, ...this.documents.get(id)! }));
  }

  /** The common case: one event, one document. */
  private step(id: string, recorded: Recorded<Event>, changed: Set<string>): void {
    const current = this.documents.get(id);
    if (current && recorded.position <= current.position) return;
    this.changed(id, this.projection.evolve(current ? current.document : null, recorded, id), recorded.position, changed);
  }

  private changed(id: string, document: Doc | null, position: number, changed: Set<string>): void {
    this.documents.set(id, { document, position });
    changed.add(id);
  }

  /** What one event makes of all its documents, or none: an event that fails on one of them has happened to none. */
  private evolved(ids: readonly string[], recorded: Recorded<Event>): { readonly id: string; readonly document: Doc | null }[] {
    return ids.flatMap((id) => {
      const current = this.documents.get(id) ?? { document: null, position: 0 };
      return recorded.position <= current.position ? [] : [{ id, document: this.projection.evolve(current.document, recorded, id) }];
    });
  }

  private assign(recorded: Recorded<Event>): void {
    try {
      const ids = this.projection.keys(recorded);
      this.steps.push({ ids: ids.length === 1 ? ids : [...new Set(ids)], recorded });
    } catch (error) {
      this.park(recorded, error);
    }
  }

  private isParked({ stream, position }: { readonly stream: string; readonly position: number }): boolean {
    const at = this.parkedNow.get(stream)?.position ?? this.parking.at(stream);
    return at !== undefined && position >= at;
  }

  /** The first event of a stream that cannot be applied is where it is parked; keys are asked for before anything is folded. */
  private park({ stream, position }: { readonly stream: string; readonly position: number }, error: unknown): void {
    const known = this.parkedNow.get(stream);
    if (known && known.position <= position) return;
    this.parkedNow.set(stream, { stream, position, error: error instanceof Error ? error.message : String(error) });
  }
}
