import type { DocumentStore } from '@rolebook/document-store';
import type { ReadModel } from './read-model';

/** Where the checkpoint of a read model stands: any collection it writes with every batch. */
interface Checkpointed { checkpoint(): Promise<number> }

interface Watched {
  readonly name: string;
  readonly collection: Checkpointed;
  /** The last position known; never too far. */
  position: number;
}

const LOOK_EVERY_MS = 10;

/** How far the read models have come where another process keeps them: read from their checkpoints, and only while somebody waits. */
export class RemoteProgress {
  private looking: Promise<void> | null = null;

  private constructor(private readonly watched: readonly Watched[]) {}

  static async of(documents: DocumentStore, readModels: readonly Pick<ReadModel, 'name' | 'checkpointIn'>[]): Promise<RemoteProgress> {
    return new RemoteProgress(await Promise.all(readModels.map(async ({ name, checkpointIn }) => ({ name, collection: await documents.open(checkpointIn), position: 0 }))));
  }

  /** The last position known of all read models; never too far. */
  get position(): number { return this.positionOf(); }

  /** Of those that are named; of all, where none are. 0 for one that is not known. */
  positionOf(names?: readonly string[]): number {
    const watched = names === undefined ? [...this.watched] : names.map((name) => this.watched.find((one) => one.name === name));
    return Math.min(...watched.map((one) => one?.position ?? 0));
  }

  /** Whether the read models, or those that are named, reflect the log up to a position, waiting for it at most so many milliseconds. */
  async caughtUp(position: number, withinMs: number, of?: readonly string[]): Promise<boolean> {
    const end = performance.now() + withinMs;
    for (;;) {
      if (this.positionOf(of) >= position) return true;
      await this.look();
      if (this.positionOf(of) >= position) return true;
      if (performance.now() >= end) return false;
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  }

  /** All who wait share one look. */
  private look(): Promise<void> {
    this.looking ??= Promise.all(this.watched.map(async (watched) => { watched.position = Math.max(watched.position, await watched.collection.checkpoint()); }))
      .then(() => undefined)
      .finally(() => { this.looking = null; });
    return this.looking;
  }
}
