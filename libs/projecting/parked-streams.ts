import type { Collection, DocumentStore } from '@rolebook/document-store';
import type { CollectionSpec, Document } from '@rolebook/kernel';
import type { Parking, ParkedStream } from './read-model';

interface ParkedDocument extends Document, ParkedStream {
  readonly readModel: string;
}

const PARKED: CollectionSpec = { name: 'parked-streams-1', indexes: [] };
const PAGE = 1000;

/** The streams that one read model has parked, kept beside the read models. */
export class ParkedStreams implements Parking {
  private readonly parked = new Map<string, ParkedStream>();
  /** Parked ahead of the checkpoint, by a process that died before it moved it, or before a rebuild: met again, they may be fine now. */
  private readonly inDoubt = new Map<string, ParkedStream>();

  private constructor(private readonly readModel: string, private readonly documents: Collection<ParkedDocument>, private readonly onParked: (stream: ParkedStream) => void) {}

  /** @param checkpoint position that the read model has come to */
  static async open(store: Pick<DocumentStore, 'open'>, readModel: string, checkpoint: number, onParked: (stream: ParkedStream) => void): Promise<ParkedStreams> {
    const opened = new ParkedStreams(readModel, await store.open<ParkedDocument>(PARKED), onParked);
    for await (const document of opened.stored()) {
      const { stream, position, error } = document;
      (position > checkpoint ? opened.inDoubt : opened.parked).set(stream, { stream, position, error });
    }
    return opened;
  }

  get list(): readonly ParkedStream[] {
    return [...this.parked.values()];
  }

  at(stream: string): number | undefined {
    return this.parked.get(stream)?.position;
  }

  async park(streams: readonly ParkedStream[]): Promise<void> {
    await this.documents.write(streams.map((stream) => ({ id: this.idOf(stream), document: { id: this.idOf(stream), readModel: this.readModel, ...stream }, position: guard(stream.position) })));
    for (const stream of streams) {
      this.inDoubt.delete(stream.stream);
      this.parked.set(stream.stream, stream);
      this.onParked(stream);
    }
  }

  /** The read model has come to this position: what was in doubt up to there has turned out well. */
  async passed(checkpoint: number): Promise<void> {
    const well = [...this.inDoubt.values()].filter(({ position }) => position <= checkpoint);
    if (well.length === 0) return;
    await this.documents.write(well.map((stream) => ({ id: this.idOf(stream), document: null, position: guard(checkpoint) + 1 })));
    for (const { stream } of well) this.inDoubt.delete(stream);
  }

  private idOf({ stream }: ParkedStream): string {
    return `${this.readModel}/${stream}`;
  }

  private async *stored(): AsyncGenerator<ParkedDocument> {
    for (let afterId: string | undefined; ;) {
      const page = await this.documents.scan(afterId === undefined ? { limit: PAGE } : { afterId, limit: PAGE });
      for (const { document } of page) if (document?.readModel === this.readModel) yield document;
      const last = page.at(-1);
      if (!last || page.length < PAGE) return;
      afterId = last.id;
    }
  }
}

/** Leaves room, between two events, for taking back what was parked at the first. */
function guard(position: number): number {
  return position * 2;
}
