import type { Collection, DocumentStore } from '@rolebook/document-store';
import type { CollectionSpec, Document, DomainEvent, Projection } from '@rolebook/kernel';
import { DocumentFold } from './document-fold';
import type { Delivery, Parking, ReadModel, RebuildHints } from './read-model';

/** A pure projection kept in a collection of documents. */
export class DocumentReadModel<Doc extends Document, Event extends DomainEvent> implements ReadModel {
  private collection: Collection<Doc> | null = null;

  /** @param patched fields of its documents that are changed outside of the log as well */
  constructor(readonly projection: Projection<Doc, Event>, private readonly patched: readonly string[] = []) {}

  get name(): string { return this.projection.collection.name; }
  get checkpointIn(): CollectionSpec { return this.projection.collection; }

  get rebuild(): RebuildHints {
    const { handles } = this.projection;
    return { handles: handles === '*' ? '*' : new Set<string>(handles), looksAtSealed: true, writtenOnce: [], patched: this.patched };
  }

  async open(documents: Pick<DocumentStore, 'open'>): Promise<number> {
    this.collection = await documents.open<Doc>(this.projection.collection);
    return this.collection.checkpoint();
  }

  async apply(deliveries: readonly Delivery[], checkpoint: number, parking: Parking): Promise<void> {
    if (!this.collection) throw new Error(`${this.name} is not open`);
    const fold = new DocumentFold(this.projection, parking, deliveries);
    const ids = fold.ids();
    if (ids.length > 0) fold.seed(await this.collection.getMany(ids));
    const writes = fold.run();
    if (fold.newlyParked.length > 0) await parking.park(fold.newlyParked);
    await this.collection.write(writes, checkpoint);
  }
}
