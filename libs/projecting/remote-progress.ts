import type { DocumentStore } from '@rolebook/document-store';
import type { CollectionSpec } from '@rolebook/kernel';

/** Where the checkpoint of a read model stands: any collection it writes with every batch. */
interface Checkpointed { checkpoint(): Promise<number> }

const LOOK_EVERY_MS = 10;

/** How far the read models have come where another process keeps them: read from their checkpoints, and only while somebody waits. */
export class RemoteProgress {
  private known = 0;
  private looking: Promise<void> | null = null;

  private constructor(private readonly collections: readonly Checkpointed[]) {}

  static async of(documents: DocumentStore, specs: readonly CollectionSpec[]): Promise<RemoteProgress> {
    return new RemoteProgress(await Promise.all(specs.map((spec) => documents.open(spec))));
  }

  /** The last position known; never too far. */
  get position(): number { return this.known; }

  /** Whether the read models reflect the log up to a position, waiting for it at most so many milliseconds. */
  async caughtUp(position: number, withinMs: number): Promise<boolean> {
    const end = performance.now() + withinMs;
    for (;;) {
      if (this.known >= position) return true;
      await this.look();
      if (this.known >= position) return true;
      if (performance.now() >= end) return false;
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  }

  /** All who wait share one look. */
  private look(): Promise<void> {
    this.looking ??= Promise.all(this.collections.map((collection) => collection.checkpoint()))
      .then((checkpoints) => { this.known = Math.max(this.known, Math.min(...checkpoints)); })
      .finally(() => { this.looking = null; });
    return this.looking;
  }
}
