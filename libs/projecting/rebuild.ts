import type { DocumentStore } from '@rolebook/document-store';
import type { EventCodec } from '@rolebook/event-sourcing';
import type { EventStore, LoggedEvent } from '@rolebook/event-store';
import { FoldingStore } from './folding-store';
import { ParkedStreams } from './parked-streams';
import type { Delivery, ParkedStream, Parking, ReadModel } from './read-model';

/** What came of a rebuild. */
export interface Rebuilt {
  readonly name: string;
  /** Position of the log that it reflects. */
  readonly position: number;
  /** Events that it is made of: those of the types that the read model looks at. */
  readonly events: number;
  /** By collection; as many as were found again when it was compared with what was folded. */
  readonly documents: ReadonlyMap<string, number>;
  readonly parked: readonly ParkedStream[];
}

export interface RebuildParts {
  readonly events: Pick<EventStore, 'readAll' | 'readAt' | 'head'>;
  readonly codec: Pick<EventCodec, 'decodeEachLazily'>;
  readonly documents: Pick<DocumentStore, 'open' | 'hold'>;
  readonly onProgress?: (progress: { readonly name: string; readonly position: number; readonly head: number }) => void;
  /** Documents of a collection held in memory at least, twice as many at most. Default: 50,000, some 200 MB. */
  readonly held?: number;
  /**
   * Does its work while nobody else follows the log into the read models: for the moment in which the new one takes the old one's place.
   * Where the store can keep others from writing itself, by default, nothing more is needed.
   */
  readonly alone?: <T>(work: () => Promise<T>) => Promise<T>;
}

const PAGE = 2_000;

/**
 * Makes a read model anew from the log, beside the one that is there, while others follow the log into that one and read it. Folds in
 * memory and writes in bulk, indexes last; compares what is stored with what was folded; goes on from there as the loop does until
 * it is as far as the old one; then takes its place: whoever reads sees all of the old one or all of the new. A process that dies leaves the old one.
 * @throws {Error} where the log ends before its end, or what is stored is not what was folded: the old one then stays
 */
export async function rebuildReadModel(model: ReadModel, parts: RebuildParts): Promise<Rebuilt> {
  return new Rebuild(model, parts).run();
}

class Rebuild {
  private readonly parking = new ParkedInMemory();
  private events = 0;
  private position = 0;

  constructor(private readonly model: ReadModel, private readonly parts: RebuildParts) {}

  async run(): Promise<Rebuilt> {
    const { model, parts: { events, held = 50_000 } } = this;
    const store = new FoldingStore(this.parts.documents, model.rebuild.writtenOnce, held);
    let documents: Rebuilt['documents'];
    try {
      await model.open(store);
      await this.goOn(await events.head());
      // A read model may remember what it wrote; from here on it is opened upon the new collections.
      await model.open(await store.prepare(this.position, model.checkpointIn.name));
      documents = await store.count();
      await this.goOn(await events.head());
      await (this.parts.alone ?? ((work) => work()))(() => this.takePlace(store));
    } catch (error) {
      await store.discard();
      throw error;
    }
    await this.keepParked();
    return { name: model.name, position: this.position, events: this.events, documents, parked: this.parking.list };
  }

  /** While the old collections are held, nobody applies an event to them that the new ones lack. */
  private async takePlace(store: FoldingStore): Promise<void> {
    const { model: { checkpointIn }, parts: { documents, events } } = this;
    const hold = await documents.hold(store.loads(checkpointIn.name));
    try {
      const old = hold.checkpoints.get(checkpointIn.name) ?? 0;
      // One that is ahead of the log is from before a backup was put back, and wrong.
      await this.goOn(Math.min(old, await events.head()));
      await hold.replace();
    } finally {
      await hold.release();
    }
  }

  /** Applies what comes after the position reached, up to another. @throws {Error} where the log ends before */
  private async goOn(to: number): Promise<void> {
    const { model: { name, rebuild: { handles } }, parts: { events, onProgress } } = this;
    const read = (after: number) => events.readAll({ after, limit: PAGE, ...(handles === '*' ? {} : { types: handles }) });
    if (this.position >= to) return;
    for (let next = read(this.position); ;) {
      const page = await next;
      const last = page.at(-1);
      const reached = last ? Math.min(last.position, to) : to;
      if (reached < to) {
        next = read(reached);
        next.catch(() => undefined);
      }
      await this.apply(page.filter(({ position }) => position <= to), reached);
      this.position = reached;
      onProgress?.({ name, position: reached, head: to });
      if (reached === to) break;
    }
    // Of the types that are read, none may be near the end: whether it is there is asked for.
    if ((await events.readAt([to])).length === 0) throw new Error(`${name}: the log ends before position ${to}`);
  }

  private async apply(batch: readonly LoggedEvent[], position: number): Promise<void> {
    const { model } = this;
    const decoded = await this.parts.codec.decodeEachLazily(batch, { sealed: model.rebuild.looksAtSealed });
    const deliveries = batch.map((stored, n): Delivery => ({ stored, recorded: decoded[n] as Delivery['recorded'] }));
    await model.apply(deliveries, position, this.parking);
    this.events += batch.length;
  }

  /** All that was parked before is in doubt, and turned out well unless it was parked again. */
  private async keepParked(): Promise<void> {
    const parked = await ParkedStreams.open(this.parts.documents, this.model.name, 0, () => undefined);
    if (this.parking.list.length > 0) await parked.park(this.parking.list);
    await parked.passed(this.position);
  }
}

/** The streams that a rebuild parks; stored at its end. */
class ParkedInMemory implements Parking {
  private readonly streams = new Map<string, ParkedStream>();

  get list(): readonly ParkedStream[] { return [...this.streams.values()]; }
  at(stream: string): number | undefined { return this.streams.get(stream)?.position; }

  async park(streams: readonly ParkedStream[]): Promise<void> {
    for (const stream of streams) this.streams.set(stream.stream, stream);
  }
}
