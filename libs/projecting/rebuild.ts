import type { DocumentStore } from '@rolebook/document-store';
import type { EventCodec } from '@rolebook/event-sourcing';
import type { EventStore, LoggedEvent } from '@rolebook/event-store';
import { Comparison, type Compared } from './comparison';
import { CannotGoOn, FoldingStore } from './folding-store';
import { ParkedStreams } from './parked-streams';
import { definitionOf, goneOnWith, noteOf, type Progress } from './rebuild-progress';
import type { Delivery, ParkedStream, Parking, ReadModel } from './read-model';

/** What came of a rebuild. */
export interface Rebuilt {
  readonly name: string;
  /** Position of the log that it reflects. */
  readonly position: number;
  /** Events that it is made of: those of the types that the read model looks at. */
  readonly events: number;
  /** How many of them this rebuild has read: fewer where it went on with what an earlier one had left. */
  readonly read: number;
  /** Why what an earlier one had left was thrown away; `null` where it was not, or nothing was left. */
  readonly thrownAway: string | null;
  /** By collection; as many as were found again when it was compared with what was folded. */
  readonly documents: ReadonlyMap<string, number>;
  /** By collection: how the one that was replaced stood to the new one. Empty where that was not asked for. */
  readonly compared: ReadonlyMap<string, Compared>;
  readonly parked: readonly ParkedStream[];
}

export interface RebuildParts {
  readonly events: Pick<EventStore, 'readAll' | 'readAt' | 'head'>;
  readonly codec: Pick<EventCodec, 'decodeEachLazily'>;
  readonly documents: Pick<DocumentStore, 'open' | 'hold'>;
  readonly onProgress?: (progress: { readonly name: string; readonly position: number; readonly head: number }) => void;
  /** Changed documents of a collection held in memory until they are handed on, and as many that were. Default: 50,000, some 200 MB. */
  readonly held?: number;
  /** Events after which it is marked how far the rebuild has come, should it die. Default: 100,000. */
  readonly markedAfter?: number;
  /** Begins at the beginning of the log, whatever an earlier rebuild has left. */
  readonly anew?: boolean;
  /** Compares every document with that of the read model to be replaced, at the same position of the log: costs reading and parsing both once more. */
  readonly compare?: boolean;
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
 * it is as far as the old one; then takes its place: whoever reads sees all of the old one or all of the new. A process that dies leaves the old one,
 * and what it has made so far: the next rebuild goes on with it, where it is of the same read model, the same definition and the same log.
 * @throws {Error} where the log ends before its end, or what is stored is not what was folded: the old one then stays
 */
export async function rebuildReadModel(model: ReadModel, parts: RebuildParts): Promise<Rebuilt> {
  return new Rebuild(model, parts).run();
}

class Rebuild {
  private parking = new ParkedInMemory();
  private events = 0;
  private read = 0;
  private position = 0;
  /** The last event that was applied, which tells this log from another. */
  private last: Pick<LoggedEvent, 'position' | 'id'> | null = null;
  private marked = 0;
  private thrownAway: string | null = null;
  private readonly comparisons = new Map<string, Comparison>();
  private readonly compared = new Map<string, Compared>();

  constructor(private readonly model: ReadModel, private readonly parts: RebuildParts) {}

  async run(): Promise<Rebuilt> {
    const { model, parts: { events } } = this;
    const store = await this.begin();
    let documents: Rebuilt['documents'];
    try {
      await this.goOn(await events.head(), store);
      await this.mark(store);
      // A read model may remember what it wrote; from here on it is opened upon the new collections.
      await model.open(await store.prepare(this.position, model.checkpointIn.name));
      documents = await store.count();
      await this.goOn(await events.head());
      if (this.parts.compare) await this.compare(store);
      await (this.parts.alone ?? ((work) => work()))(() => this.takePlace(store));
    } catch (error) {
      await store.discard();
      throw error;
    }
    await this.keepParked();
    const { position, events: all, read, thrownAway, compared } = this;
    return { name: model.name, position, events: all, read, thrownAway, documents, compared, parked: this.parking.list };
  }

  /** With what an earlier rebuild has left, or from the beginning of the log. */
  private async begin(): Promise<FoldingStore> {
    const { model, parts: { documents, held = 50_000, anew = false } } = this;
    const { writtenOnce } = model.rebuild;
    if (!anew && await (await documents.open(model.checkpointIn)).leftLoad()) {
      const left = new FoldingStore(documents, writtenOnce, held, true);
      try {
        await model.open(left);
        this.restore(await goneOnWith(left.note, definitionOf(model), this.parts.events));
        return left;
      } catch (error) {
        await left.discard();
        if (!(error instanceof CannotGoOn)) throw error;
        this.thrownAway = error.message;
      }
    }
    const empty = new FoldingStore(documents, writtenOnce, held, false);
    await model.open(empty);
    return empty;
  }

  private restore({ position, eventId, events, parked }: Progress): void {
    this.position = position;
    this.last = { position, id: eventId };
    this.events = events;
    this.parking = new ParkedInMemory(parked);
  }

  /** How far it has come, for {@link begin}. */
  private async mark(store: FoldingStore): Promise<void> {
    if (!this.last) return;
    const { position, id: eventId } = this.last;
    this.marked = this.events;
    await store.mark(position, noteOf({ definition: definitionOf(this.model), position, eventId, events: this.events, parked: this.parking.list }));
  }

  private async compare(store: FoldingStore): Promise<void> {
    for (const [name, live, anew] of store.pairs) {
      const comparison = new Comparison(live, anew, this.model.rebuild.patched ?? []);
      await comparison.run();
      this.comparisons.set(name, comparison);
    }
  }

  /** While the old collections are held, nobody applies an event to them that the new ones lack. */
  private async takePlace(store: FoldingStore): Promise<void> {
    const { model: { checkpointIn }, parts: { documents, events } } = this;
    const hold = await documents.hold(store.loads(checkpointIn.name));
    try {
      const old = hold.checkpoints.get(checkpointIn.name) ?? 0;
      // One that is ahead of the log is from before a backup was put back, and wrong.
      await this.goOn(Math.min(old, await events.head()));
      for (const [name, comparison] of this.comparisons) this.compared.set(name, await comparison.end());
      await hold.replace();
    } finally {
      await hold.release();
    }
  }

  /** Applies what comes after the position reached, up to another. @param store where it is marked now and then how far it has come @throws {Error} where the log ends before */
  private async goOn(to: number, store?: FoldingStore): Promise<void> {
    const { model: { name, rebuild: { handles } }, parts: { events, onProgress, markedAfter = 100_000 } } = this;
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
      if (store && (store.isFull || this.events - this.marked >= markedAfter)) await this.mark(store);
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
    this.read += batch.length;
    this.last = batch.at(-1) ?? this.last;
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
  private readonly streams: Map<string, ParkedStream>;

  constructor(streams: readonly ParkedStream[] = []) {
    this.streams = new Map(streams.map((stream) => [stream.stream, stream]));
  }

  get list(): readonly ParkedStream[] { return [...this.streams.values()]; }
  at(stream: string): number | undefined { return this.streams.get(stream)?.position; }

  async park(streams: readonly ParkedStream[]): Promise<void> {
    for (const stream of streams) this.streams.set(stream.stream, stream);
  }
}
