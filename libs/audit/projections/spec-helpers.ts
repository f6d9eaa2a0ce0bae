import { InMemoryDocumentStore } from '@rolebook/document-store/in-memory';
import type { Collection } from '@rolebook/document-store';
import type { CollectionSpec, Document } from '@rolebook/kernel';

/** Breaks off in the middle of a write, as a crash would on a store that has no transactions. */
export class Brittle extends InMemoryDocumentStore {
  /** Documents that may be written before it happens; a checkpoint counts as one. */
  budget = Number.POSITIVE_INFINITY;

  override async open<Doc extends Document>(spec: CollectionSpec): Promise<Collection<Doc>> {
    const collection = await super.open<Doc>(spec);
    const write = collection.write.bind(collection);
    collection.write = async (writes, checkpoint) => {
      const done = writes.slice(0, Math.max(0, this.budget));
      const isCut = writes.length >= this.budget;
      this.budget -= writes.length + 1;
      await write(done, isCut ? undefined : checkpoint);
      if (isCut) throw new Error('the machine stopped');
    };
    return collection;
  }
}
